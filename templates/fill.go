package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values stand in a text as single characters of the private use area until its form is settled, so that no value is
// ever read as Markdown, markup or an address.
const (
	firstMark = '\uE000'
	lastMark  = '\uF8FF'
	// maxMarks is how many variables one text may have.
	maxMarks = lastMark - firstMark + 1
)

func isMark(r rune) bool { return r >= firstMark && r <= lastMark }

// filled is a text whose variables have values. marks[n] is the value that stands as firstMark+n.
type filled struct {
	text  string
	marks []mark
}

// mark is a value in words, with the variable it is of.
type mark struct {
	value string
	typ   Type
}

// fill puts marks where values are. Where one is missing, the blank or comma that was meant for it goes as well: "Hello
// {{contact.first_name}}, …" becomes "Hello, …", and "{{contact.first_name}}, …" at the start of a line "…".
func fill(pieces []piece, v Values, f format) filled {
	var out strings.Builder
	var done filled
	gap := false
	for _, p := range pieces {
		if p.variable == "" {
			text := strings.Map(dropMark, p.text)
			if gap && text != "" {
				text = closeGap(&out, text)
			}
			out.WriteString(text)
			gap = gap && text == ""
			continue
		}
		value := f.value(variables[p.variable], v[p.variable])
		if value == "" {
			value = f.value(variables[p.variable], p.text)
		}
		if value == "" || len(done.marks) == maxMarks {
			gap = true
			continue
		}
		gap = false
		out.WriteRune(firstMark + rune(len(done.marks)))
		done.marks = append(done.marks, mark{value, variables[p.variable].Type})
	}
	done.text = out.String()
	if gap {
		done.text = strings.TrimRight(done.text, " \t,")
	}
	return done
}

func dropMark(r rune) rune {
	if isMark(r) {
		return -1
	}
	return r
}

// closeGap joins what is written with what comes after a missing value.
func closeGap(out *strings.Builder, next string) string {
	before := out.String()
	atStart := before == "" || strings.HasSuffix(before, "\n")
	first, _ := utf8.DecodeRuneInString(next)
	switch {
	case atStart:
		return strings.TrimLeft(next, " \t,;:")
	case strings.ContainsRune(",.;:!?)\n", first):
		trimmed := strings.TrimRight(before, " \t")
		if last, _ := utf8.DecodeLastRuneInString(trimmed); first == ',' && (last == ',' || last == '\n' || trimmed == "") {
			next = strings.TrimLeft(next, ",")
		}
		out.Reset()
		out.WriteString(trimmed)
		return next
	case strings.HasSuffix(before, " "):
		return strings.TrimLeft(next, " \t")
	}
	return next
}

// oneLine makes a value harmless in every place: one line, no control characters, no marks that turn the direction of
// writing for what comes after it.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) && r != '\u00A0' && r != '\u202F':
			return ' '
		case unicode.IsControl(r), isMark(r), r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u200E', r == '\u200F', r == '\uFEFF':
			return -1
		}
		return r
	}, s)
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return strings.Trim(s, " ")
}

// put replaces the marks in text, each by what write makes of it.
func (f filled) put(text string, write func(mark) string) string {
	if !strings.ContainsFunc(text, isMark) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if n := int(r - firstMark); isMark(r) && n < len(f.marks) {
			out.WriteString(write(f.marks[n]))
		} else if !isMark(r) {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func asIs(m mark) string { return m.value }
