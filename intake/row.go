package intake

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Row is one row of a file. Errors say why it cannot be a lead; Raw is then what is kept to show it.
type Row struct {
	Number int // from 1, the row of names not counted
	Raw    json.RawMessage
	Errors []RowError
}

// RowError says what is wrong with one cell.
type RowError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// column says where a cell goes: a field of Submission, a consent, or an attribute.
type column struct {
	name  string
	field int // index in Submission; -1 for attributes and consents
	max   int // characters
	kind  columnKind
}

type columnKind int

const (
	textColumn columnKind = iota
	attributeColumn
	consentColumn
)

const (
	maxColumns   = 100
	longestName  = 64
	longestValue = 1000
)

// aliases are other names under which exports of common programs hold our fields.
var aliases = map[string]string{
	"e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email",
	"telephone": "phone", "tel": "phone", "mobile": "phone", "phone_number": "phone", "mobile_phone": "phone",
	"firstname": "first_name", "given_name": "first_name", "lastname": "last_name", "surname": "last_name", "family_name": "last_name",
	"organisation": "company", "organization": "company", "company_name": "company", "account": "company",
	"zip": "postcode", "zip_code": "postcode", "postal_code": "postcode", "state": "region", "province": "region",
	"address": "street", "town": "city", "timezone": "time_zone", "lead_source": "source", "comment": "message", "notes": "message",
}

var notName = regexp.MustCompile(`[^\p{L}\p{N}.]+`)

// columnsOf maps the row of names.
func columnsOf(names []string) ([]column, error) {
	if len(names) > maxColumns {
		return nil, &FileError{Line: 1, Message: fmt.Sprintf("names more than %d columns", maxColumns)}
	}
	columns := make([]column, len(names))
	seen := map[string]bool{}
	reachable := false
	for i, original := range names {
		name := strings.Trim(notName.ReplaceAllString(strings.ToLower(strings.TrimSpace(original)), "_"), "_")
		if other, ok := aliases[name]; ok {
			name = other
		}
		c := columnOf(name)
		switch {
		case c.name == "":
			return nil, &FileError{Line: 1, Message: fmt.Sprintf("names no column %d", i+1)}
		case utf8.RuneCountInString(c.name) > longestName:
			return nil, &FileError{Line: 1, Message: fmt.Sprintf("has a name of more than %d characters for column %d", longestName, i+1)}
		case seen[name]:
			return nil, &FileError{Line: 1, Message: fmt.Sprintf("names column %d as one before it", i+1)}
		}
		seen[name] = true
		reachable = reachable || c.kind == textColumn && (c.name == "email" || c.name == "phone")
		columns[i] = c
	}
	if !reachable {
		return nil, &FileError{Line: 1, Message: "names neither an email nor a phone column: the first row must name the columns"}
	}
	return columns, nil
}

var submission = reflect.TypeFor[Submission]()

func columnOf(name string) column {
	for i := range submission.NumField() {
		f := submission.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name && f.Type.Kind() == reflect.String {
			return column{name: name, field: i, max: maxLength(f.Tag.Get("jsonschema"))}
		}
	}
	for _, prefix := range []string{"consent.", "consent_"} {
		if purpose, ok := strings.CutPrefix(name, prefix); ok {
			return column{name: purpose, field: -1, max: longestValue, kind: consentColumn}
		}
	}
	return column{name: strings.TrimPrefix(name, "attributes."), field: -1, max: longestValue, kind: attributeColumn}
}

func maxLength(tag string) int {
	if _, rest, ok := strings.Cut(tag, "maxLength="); ok {
		digits, _, _ := strings.Cut(rest, ",")
		if n, err := strconv.Atoi(digits); err == nil {
			return n
		}
	}
	return longestValue
}

// rowOf makes a row of its cells. Channel and source of the file are filled in by whoever receives it.
func rowOf(number int, columns []column, cells []string) Row {
	row := Row{Number: number}
	if len(cells) != len(columns) {
		row.Errors = []RowError{{"row", fmt.Sprintf("has %d cells, the first row names %d columns", len(cells), len(columns))}}
		row.Raw = kept(cells)
		return row
	}
	s := Submission{Attributes: map[string]any{}, Consent: map[string]bool{}}
	v := reflect.ValueOf(&s).Elem()
	for i, c := range columns {
		cell := strings.TrimSpace(cells[i])
		if cell == "" {
			continue
		}
		if n := utf8.RuneCountInString(cell); n > c.max {
			row.Errors = append(row.Errors, RowError{c.name, fmt.Sprintf("must have at most %d characters, has %d", c.max, n)})
			continue
		}
		switch c.kind {
		case textColumn:
			v.Field(c.field).SetString(cell)
		case attributeColumn:
			s.Attributes[c.name] = cell
		case consentColumn:
			granted, known := answers[strings.ToLower(cell)]
			if !known {
				row.Errors = append(row.Errors, RowError{"consent." + c.name, "must be yes or no"})
				continue
			}
			s.Consent[c.name] = granted
		}
	}
	s.Channel = "import"
	if len(row.Errors) > 0 {
		row.Raw = kept(cells)
		return row
	}
	row.Raw, _ = json.Marshal(s) // texts and booleans only: it cannot fail
	return row
}

var answers = map[string]bool{"yes": true, "true": true, "1": true, "y": true, "no": false, "false": false, "0": false, "n": false}

// kept is how a row that is no lead is kept: its cells, so that somebody can mend it.
func kept(cells []string) json.RawMessage {
	raw, _ := json.Marshal(map[string][]string{"cells": cells}) // texts only: it cannot fail
	return raw
}
