package contracts

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/perdura/perdura/evidence"
)

// Document is a contract in words, ready to be printed.
type Document struct {
	ID       uuid.UUID `json:"id"`
	Language string    `json:"language"`
	Title    string    `json:"title"`
	Date     time.Time `json:"date"`
	// Until is the last moment at which the customer may sign.
	Until    time.Time `json:"until"`
	Seller   []string  `json:"seller"`   // lines
	Customer []string  `json:"customer"` // lines
	Clauses  []Clause  `json:"clauses"`
}

// Compose puts the facts of a deal into the words of the template. What Missing lists is left empty.
func (t Template) Compose(id uuid.UUID, f Facts, until time.Time) Document {
	d := Document{
		ID: id, Language: t.Language, Title: t.fill(t.Title, f), Date: f.Date.UTC().Truncate(time.Second), Until: until.UTC().Truncate(time.Second),
		Seller: lines(f.Seller, f.OwnerName), Customer: lines(f.CustomerCompany, f.CustomerName, f.CustomerAddress, f.CustomerEmail),
	}
	for _, c := range t.Clauses {
		d.Clauses = append(d.Clauses, Clause{t.fill(c.Heading, f), t.fill(c.Text, f)})
	}
	return d
}

func lines(texts ...string) (out []string) {
	for _, text := range texts {
		if text != "" {
			out = append(out, printable(text))
		}
	}
	return out
}

// printable replaces what a PDF cannot hold: control characters, and signs beyond the first 65,536 of Unicode.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r > 0xffff, unicode.IsControl(r):
			return '\ufffd'
		}
		return r
	}, strings.ReplaceAll(text, "\r\n", "\n"))
}

// Hash is that of the words, which every page of the document shows.
func (d Document) Hash() (evidence.Hash, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return evidence.Hash{}, fmt.Errorf("hash the words of a contract: %w", err)
	}
	return evidence.Sum(raw), nil
}
