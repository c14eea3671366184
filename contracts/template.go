// Package contracts writes contracts from templates, has them signed step by step, and keeps the evidence of every step.
// Processes, pages and the API all go through it, so that a contract moves by one set of rules.
package contracts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/definitions"
)

// Template is one version of the words of a contract, with how long things may take.
type Template struct {
	// Language is that of the words, as a BCP 47 tag; the document's own words speak en, de, es and fr.
	Language string `json:"language" jsonschema:"enum=en,enum=de,enum=es,enum=fr"`
	// Title and clauses may speak of variables, as {{customer.name}}.
	Title   string   `json:"title"`
	Clauses []Clause `json:"clauses"`
	// Valid is how long the customer may sign, such as 14d.
	Valid definitions.Span `json:"valid"`
	// Reminders are how long after the invitation the customer is reminded.
	Reminders []definitions.Span `json:"reminders,omitempty"`
	// Countersign is how long our side has to sign after the customer.
	Countersign definitions.Span `json:"countersign"`
}

// Clause is a numbered part of a contract. Its text is in paragraphs, with an empty line between them.
type Clause struct {
	Heading string `json:"heading"`
	Text    string `json:"text"`
}

// Kind is the contract templates among the definitions.
var Kind = definitions.NewKind("contract-template", "What contracts say, in numbered clauses, and how long they may be signed.", Check,
	map[string]Template{Standard: standard})

// Standard is the template that exists before anybody writes one.
const Standard = "contract"

const day = 24 * time.Hour

var slot = regexp.MustCompile(`\{\{\s*([a-z_]+\.[a-z_]+)\s*\}\}`)

// Check returns what is wrong with a template.
func Check(t Template) []definitions.Problem {
	c := &check{}
	if tag, err := language.Parse(t.Language); err != nil || !slices.Contains(languages, tag.String()) {
		c.wrong("language", "must be one of "+strings.Join(languages, ", "))
	}
	c.text("title", t.Title, 200)
	if len(t.Clauses) == 0 {
		c.wrong("clauses", "must have at least one")
	}
	for i, clause := range t.Clauses {
		c.text(fmt.Sprintf("clauses[%d].heading", i), clause.Heading, 200)
		c.text(fmt.Sprintf("clauses[%d].text", i), clause.Text, 20_000)
	}
	c.span("valid", t.Valid, day, 365*day)
	c.span("countersign", t.Countersign, time.Hour, 90*day)
	last := time.Duration(0)
	for i, r := range t.Reminders {
		field := fmt.Sprintf("reminders[%d]", i)
		c.span(field, r, time.Hour, 365*day)
		if d := r.Duration(); d <= last || d >= t.Valid.Duration() {
			c.wrong(field, "must come after the one before it, and before the end of valid")
		}
		last = r.Duration()
	}
	return c.problems
}

type check struct{ problems []definitions.Problem }

func (c *check) wrong(field, message string) {
	c.problems = append(c.problems, definitions.Problem{Field: field, Message: message})
}

// text may speak of nothing but the variables that there are.
func (c *check) text(field, text string, most int) {
	switch {
	case strings.TrimSpace(text) == "":
		c.wrong(field, "must not be empty")
	case len(text) > most:
		c.wrong(field, fmt.Sprintf("must not be longer than %d bytes", most))
	}
	for _, name := range spoken(text) {
		if _, known := variables[name]; !known {
			c.wrong(field, fmt.Sprintf("speaks of {{%s}}, which is none of %s", name, strings.Join(Variables(), ", ")))
		}
	}
	if rest := slot.ReplaceAllString(text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		c.wrong(field, "has braces that are no variable: write it as {{customer.name}}")
	}
}

func (c *check) span(field string, s definitions.Span, least, most time.Duration) {
	d, err := s.Parse()
	switch {
	case err != nil:
		c.wrong(field, err.Error())
	case d < least || d > most:
		c.wrong(field, fmt.Sprintf("must be %s to %s", hours(least), hours(most)))
	}
}

func hours(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dh", d/time.Hour)
}

// spoken are the names of the variables that a text speaks of.
func spoken(text string) []string {
	var names []string
	for _, m := range slot.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}
