package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/intake"
)

// Reject is a row of a file that became no lead.
type Reject struct {
	Row    int32             `json:"row" jsonschema_description:"from 1, the row of names not counted"`
	Errors []intake.RowError `json:"errors"`
	Raw    json.RawMessage   `json:"raw" jsonschema_description:"the row by field, or its cells when it does not fit the columns"`
}

type rejectPlace struct {
	Row int32 `json:"r"`
}

// rejectBatch is how many rows one query brings while rejects are written as CSV.
const rejectBatch = 1000

func (s *Server) listRejects(c *Call) error {
	var f Paging
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	row, err := s.findImport(c)
	if err != nil {
		return err
	}
	if wants(c, mediaJSON, mediaCSV) == mediaCSV {
		return s.writeRejects(c, row.ID)
	}
	list := "rejects" + row.ID.String()
	place, err := readCursor[rejectPlace](list, f.Cursor)
	if err != nil {
		return err
	}
	after := int32(0)
	if place != nil {
		after = place.Row
	}
	rows, err := s.rejects(c.Ctx(), row.ID, after, f.limit()+1)
	if err != nil {
		return err
	}
	return c.OK(page(list, f.limit(), rows, func(r Reject) Reject { return r }, func(r Reject) rejectPlace { return rejectPlace{r.Row} }))
}

func (s *Server) rejects(ctx context.Context, importID uuid.UUID, after int32, limit int) ([]Reject, error) {
	rows, err := query.New().ListRejectedRows(ctx, s.pool, query.ListRejectedRowsParams{ImportID: importID, After: after, MaxRows: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list rejected rows: %w", err)
	}
	out := make([]Reject, len(rows))
	for i, r := range rows {
		out[i] = Reject{Row: r.RowNo, Raw: r.Raw, Errors: []intake.RowError{}}
		if !r.Errors.Valid {
			continue
		}
		if err := json.Unmarshal(r.Errors.RawMessage, &out[i].Errors); err != nil {
			return nil, fmt.Errorf("list rejected rows: the errors of row %d are damaged: %w", r.RowNo, err)
		}
	}
	return out, nil
}

// writeRejects streams every rejected row as CSV: the row, the reasons, then the lead's fields or the bare cells.
func (s *Server) writeRejects(c *Call, importID uuid.UUID) error {
	rows, err := s.rejects(c.Ctx(), importID, 0, rejectBatch)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", mediaCSV+"; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="rejects-`+importID.String()+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.Response())
	fields := []string{"email", "phone", "first_name", "last_name", "company", "source", "country", "language", "campaign", "message"}
	if err := w.Write(slices.Concat([]string{"row", "reasons"}, fields, []string{"attributes", "cells"})); err != nil {
		return err
	}
	for len(rows) > 0 {
		for _, r := range rows {
			if err := w.Write(rejectCells(r, fields)); err != nil {
				return err
			}
		}
		if rows, err = s.rejects(c.Ctx(), importID, rows[len(rows)-1].Row, rejectBatch); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func rejectCells(r Reject, fields []string) []string {
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(r.Raw, &raw) // a row of another form has no fields to show
	var reasons []string
	for _, e := range r.Errors {
		reasons = append(reasons, e.Field+" "+e.Message)
	}
	cells := []string{strconv.Itoa(int(r.Row)), harmless(strings.Join(reasons, "; "))}
	for _, f := range fields {
		var text string
		_ = json.Unmarshal(raw[f], &text)
		cells = append(cells, harmless(text))
	}
	return append(cells, harmless(string(raw["attributes"])), harmless(string(raw["cells"])))
}

// harmless keeps spreadsheets from running a cell as a formula (OWASP, CSV injection).
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// wants is the one of the offered media types that the caller's Accept header likes best (RFC 9110, section 12.5.1);
// the first when it names none of them.
func wants(c *Call, offers ...string) string {
	best, bestQ := offers[0], 0.0
	for _, entry := range strings.Split(c.Request().Header.Get("Accept"), ",") {
		typ, params, _ := strings.Cut(entry, ";")
		q := 1.0
		for _, p := range strings.Split(params, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				q, _ = strconv.ParseFloat(v, 64)
			}
		}
		typ = strings.ToLower(strings.TrimSpace(typ))
		if i := slices.Index(offers, typ); i >= 0 && q > bestQ {
			best, bestQ = offers[i], q
		}
	}
	return best
}
