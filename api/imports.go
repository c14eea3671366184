package api

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/intake"
)

const mediaCSV = "text/csv"

// Import is the progress of a file of leads.
type Import struct {
	ID          uuid.UUID         `json:"id"`
	State       string            `json:"state" jsonschema:"enum=receiving,enum=running,enum=completed,enum=failed"`
	Source      string            `json:"source"`
	Rows        int32             `json:"rows"`
	Processed   int32             `json:"processed"`
	Created     int32             `json:"created"`
	Merged      int32             `json:"merged"`
	Rejected    int32             `json:"rejected"`
	CreatedAt   time.Time         `json:"created_at"`
	CompletedAt *time.Time        `json:"completed_at,omitempty"`
	Links       map[string]string `json:"links"`
}

type importQuery struct {
	Source string `json:"source,omitempty" jsonschema:"maxLength=100,default=import" jsonschema_description:"source of the rows that name none"`
}

func (s *Server) importOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/leads/imports", ID: "importLeads", Tag: "imports", Access: access.ImportsWrite, Query: typeOf[importQuery](),
			Summary: "Import a file of leads",
			Description: "Comma-, semicolon- or tab-separated text in UTF-8 (RFC 4180) of at most 200,000 rows. The first row names the columns: the fields of a lead, " +
				"`consent.PURPOSE`, and anything else as an attribute; an email or phone column is needed. The file is kept whole or not at all; rows that cannot be leads are listed as rejected.",
			Body:    &Body{Import: true, Media: []Media{{Type: mediaCSV, Example: "email,first_name,company\nada@example.com,Ada,Example Ltd\n"}}},
			Answers: []Answer{answer[Import](202, "The file is kept, and its rows are captured in the background.", "Location")},
			Handle:  s.importLeads,
		},
		{
			Method: http.MethodGet, Path: "/v1/leads/imports/{id}", ID: "getImport", Tag: "imports", Access: access.ImportsRead,
			Summary: "How far an import has come", Answers: []Answer{answer[Import](200, "The progress.")}, Handle: s.getImport,
		},
		{
			Method: http.MethodGet, Path: "/v1/leads/imports/{id}/rejects", ID: "listRejects", Tag: "imports", Access: access.ImportsRead, Query: typeOf[Paging](),
			Summary: "The rows that were rejected, with the reasons", Description: "A page as JSON; or all of them as CSV, when Accept asks for text/csv. Cells that a spreadsheet would take for a formula are prefixed with an apostrophe.",
			Answers: []Answer{{Status: 200, Text: "The rejected rows.", Media: []Media{{Type: mediaJSON, Schema: typeOf[Page[Reject]]()}, {Type: mediaCSV}}}},
			Handle:  s.listRejects,
		},
	}
}

// importLeads takes the file to disk first: a slow sender then holds no transaction, and the digest is known before the
// Idempotency-Key is reserved.
func (s *Server) importLeads(c *Call) error {
	var in importQuery
	if err := c.DecodeQuery(&in); err != nil {
		return err
	}
	fill(&in.Source, "import")
	file, digest, err := spool(c.Request().Body)
	if err != nil {
		return err
	}
	defer file.Close()
	return s.idempotently(c, digest, func(c *Call) error {
		id, err := s.receive(c, file, in.Source)
		if err != nil {
			return err
		}
		s.wake()
		c.Response().Header().Set("Location", link("v1/leads/imports", id.String()))
		row, err := query.New().GetLeadImport(c.Ctx(), s.pool, id)
		if err != nil {
			return fmt.Errorf("read an import: %w", err)
		}
		return c.JSON(http.StatusAccepted, importView(row))
	})
}

func (s *Server) receive(c *Call, file io.Reader, source string) (id uuid.UUID, err error) {
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		id, err = intake.Receive(c.Ctx(), tx, s.clock.Now(), file, source, intake.Origin{Key: c.Effect(), Actor: c.Actor()})
		return err
	})
	var bad *intake.FileError
	if errors.As(err, &bad) {
		field := "body"
		if bad.Line > 0 {
			field = "line " + strconv.Itoa(bad.Line)
		}
		return id, problem.Invalid(problem.Field{Field: field, Message: bad.Message})
	}
	return id, err
}

// spool writes the body to a file that nobody else can open and that is gone when it is closed.
func spool(body io.Reader) (file *os.File, digest []byte, err error) {
	if file, err = os.CreateTemp("", "perdura-import-*"); err != nil {
		return nil, nil, fmt.Errorf("take a file of leads to disk: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	if err = os.Remove(file.Name()); err != nil {
		return nil, nil, fmt.Errorf("take a file of leads to disk: %w", err)
	}
	hash := sha256.New()
	if _, err = io.Copy(io.MultiWriter(file, hash), body); err != nil {
		return nil, nil, bodyError(err)
	}
	if _, err = file.Seek(0, io.SeekStart); err != nil {
		return nil, nil, fmt.Errorf("take a file of leads to disk: %w", err)
	}
	return file, hash.Sum(nil), nil
}

func (s *Server) getImport(c *Call) error {
	row, err := s.findImport(c)
	if err != nil {
		return err
	}
	return c.OK(importView(row))
}

func (s *Server) findImport(c *Call) (query.LeadImport, error) {
	row, err := query.New().GetLeadImport(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return row, problem.NotFound("import", c.Param("id"))
	}
	if err != nil {
		return row, fmt.Errorf("read an import: %w", err)
	}
	return row, nil
}

func importView(r query.LeadImport) Import {
	self := link("v1/leads/imports", r.ID.String())
	return Import{
		ID: r.ID, State: r.State, Source: r.Source, Rows: r.Total, Processed: r.Processed, Created: r.Created, Merged: r.Merged,
		Rejected: r.Rejected, CreatedAt: r.CreatedAt.UTC(), CompletedAt: utc(r.CompletedAt),
		Links: map[string]string{"self": self, "rejects": self + "/rejects"},
	}
}
