package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"

	"github.com/perdura/perdura/api/problem"
)

// Page is the part of a list that fits one answer.
type Page[T any] struct {
	Items []T `json:"items"`
	// NextCursor asks for the next page; absent on the last.
	NextCursor string `json:"next_cursor,omitempty" jsonschema_description:"pass it as cursor for the next page; absent on the last"`
}

// Paging are the query parameters of every list.
type Paging struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=200,default=50" jsonschema_description:"items on a page"`
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=1000" jsonschema_description:"next_cursor of the page before"`
}

const standardLimit = 50

func (p Paging) limit() int {
	if p.Limit == 0 {
		return standardLimit
	}
	return p.Limit
}

// page cuts rows, of which one more than limit was asked for, to a page. place is where the list goes on behind a row.
func page[R, T, P any](list string, limit int, rows []R, view func(R) T, place func(R) P) Page[T] {
	out := Page[T]{Items: make([]T, 0, min(limit, len(rows)))}
	for _, r := range rows[:min(limit, len(rows))] {
		out.Items = append(out.Items, view(r))
	}
	if len(rows) > limit {
		out.NextCursor = writeCursor(list, place(rows[limit-1]))
	}
	return out
}

// writeCursor makes an opaque cursor of a place. list names the list and its filters: a cursor fits no other.
func writeCursor[P any](list string, place P) string {
	raw, err := json.Marshal(place)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(fingerprint(list), raw...))
}

// readCursor reads the place in a cursor; nil when there is no cursor.
func readCursor[P any](list, cursor string) (*P, error) {
	if cursor == "" {
		return nil, nil
	}
	bad := problem.BadRequest("Start the list anew, without a cursor.",
		problem.Field{Field: "cursor", Message: "is not a cursor that this list, with these filters, gave out"})
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	mark := fingerprint(list)
	if err != nil || !bytes.HasPrefix(raw, mark) {
		return nil, bad
	}
	dec := json.NewDecoder(bytes.NewReader(raw[len(mark):]))
	dec.DisallowUnknownFields()
	place := new(P)
	if err := dec.Decode(place); err != nil {
		return nil, bad
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, bad
	}
	return place, nil
}

func fingerprint(list string) []byte {
	h := fnv.New64a()
	fmt.Fprint(h, list)
	return h.Sum(nil)
}
