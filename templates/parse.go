package templates

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// piece is a stretch of text, or a variable with the words for those who have none.
type piece struct {
	text     string // the stretch; of a variable its fallback
	variable string
	at       int // byte offset in the source
}

// fault is something wrong at a place.
type fault struct {
	at      int
	message string
}

var (
	variableForm = regexp.MustCompile(`^\s*([a-z_]+(?:\.[a-z_]+)*)\s*$`)
	fallbackForm = regexp.MustCompile(`^\s*"((?:[^"\\]|\\["\\])*)"\s*$`)
)

// parse cuts a source into pieces. There is no more to the language than {{name}} and {{name | "words"}}: what depends on
// a condition belongs into the process, which then sends another template.
func parse(source string) (pieces []piece, faults []fault) {
	for rest, at := source, 0; rest != ""; {
		open := strings.Index(rest, "{{")
		if stray := strings.Index(rest, "}}"); stray >= 0 && (open < 0 || stray < open) {
			faults = append(faults, fault{at + stray, `"}}" without "{{" before it`})
		}
		if open < 0 {
			return append(pieces, piece{text: rest, at: at}), faults
		}
		if open > 0 {
			pieces = append(pieces, piece{text: rest[:open], at: at})
		}
		inside, after, closed := closing(rest[open+2:])
		if !closed {
			return pieces, append(faults, fault{at + open, `"{{" is not closed by "}}" on the same line`})
		}
		p, wrong := readVariable(inside)
		if wrong != "" {
			faults = append(faults, fault{at + open, wrong})
		} else {
			p.at = at + open
			pieces = append(pieces, p)
		}
		at += len(rest) - len(after)
		rest = after
	}
	return pieces, faults
}

// closing finds the "}}" that ends a variable; one within quotation marks does not.
func closing(s string) (inside, after string, ok bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\n':
			return "", "", false
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && strings.HasPrefix(s[i:], "}}"):
			return s[:i], s[i+2:], true
		}
	}
	return "", "", false
}

func readVariable(inside string) (piece, string) {
	name, fallback, has := strings.Cut(inside, "|")
	m := variableForm.FindStringSubmatch(name)
	if m == nil {
		return piece{}, fmt.Sprintf("%q is not a variable: write {{name}} or {{name | \"words for those who have none\"}}", strings.TrimSpace(inside))
	}
	p := piece{variable: m[1]}
	if has {
		f := fallbackForm.FindStringSubmatch(fallback)
		if f == nil {
			return piece{}, fmt.Sprintf("after %q and | there must be words in quotation marks", m[1])
		}
		p.text = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(f[1])
	}
	return p, ""
}

// place says where an offset is: line and column in characters, both from 1.
func place(source string, at int) string {
	before := source[:min(at, len(source))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// nearest says what a misspelt variable may have meant.
func nearest(name string) string {
	best, distance := "", 4
	for _, v := range registry {
		if d := edits(name, v.Name); d < distance {
			best, distance = v.Name, d
		}
	}
	if best == "" {
		return "GET /v1/template-variables lists them"
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
}
