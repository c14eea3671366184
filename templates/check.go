package templates

import (
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
)

// Limits of a template.
const (
	maxLanguages  = 60
	maxBody       = 100_000 // bytes
	longSubject   = 60      // characters: telephones show no more
	longPreheader = 110
	maxSegments   = 10
	manySegments  = 3
)

var wordForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,49}$`)

// Check returns what is wrong with a template, and what its author should know. Fields are paths such as
// "languages.de.email.subject".
func Check(t Template) (problems, warnings []definitions.Problem) {
	c := checker{}
	c.kind(t)
	c.languages(t)
	return c.problems, c.warnings
}

type checker struct{ problems, warnings []definitions.Problem }

func (c *checker) wrong(field, message string, args ...any) {
	c.problems = append(c.problems, definitions.Problem{Field: field, Message: fmt.Sprintf(message, args...)})
}

func (c *checker) warn(field, message string, args ...any) {
	c.warnings = append(c.warnings, definitions.Problem{Field: field, Message: fmt.Sprintf(message, args...)})
}

func (c *checker) kind(t Template) {
	switch t.Class {
	case gate.Marketing:
		if t.Purpose == "" {
			c.wrong("purpose", "is needed for marketing: the consent that it goes by, such as email_marketing")
		}
		if t.Topic == "" {
			c.wrong("topic", "is needed for marketing: what a person may opt out of, such as news")
		}
	case gate.Transactional:
		if t.Purpose != "" {
			c.wrong("purpose", "must be empty for a transactional template, which needs no consent")
		}
	default:
		c.wrong("class", "must be transactional or marketing")
	}
	for _, f := range []struct{ field, value string }{{"purpose", t.Purpose}, {"topic", t.Topic}} {
		if f.value != "" && !wordForm.MatchString(f.value) {
			c.wrong(f.field, "must be small letters, digits, - and _, at most 50")
		}
	}
}

func (c *checker) languages(t Template) {
	if len(t.Languages) == 0 {
		c.wrong("languages", "must have one language or more")
		return
	}
	if len(t.Languages) > maxLanguages {
		c.wrong("languages", "must be %d or fewer", maxLanguages)
		return
	}
	base, has := t.Languages[t.Fallback]
	if !has {
		c.wrong("fallback", "must be one of the languages of the template")
	} else if base.Email == nil && base.SMS == "" {
		c.wrong(inLanguage(t.Fallback), "must have words for mail or for text messages")
	}
	for _, name := range sorted(t.Languages) {
		words, at := t.Languages[name], inLanguage(name)
		if tag, err := language.Parse(name); err != nil || tag.String() != name {
			c.wrong(at, "must be a language tag in its canonical form, such as en, de-AT or pt-BR (BCP 47)")
		}
		if has && name != t.Fallback {
			c.sameChannels(at, t.Fallback, words, base)
		}
		if words.Email != nil {
			c.email(at+".email", *words.Email)
		}
		if words.SMS != "" {
			c.sms(at+".sms", words.SMS, t.Class)
		}
	}
}

// sameChannels sees to it that whoever reads a language is reached as the others are.
func (c *checker) sameChannels(at, fallback string, words, base Words) {
	for _, channel := range []struct {
		field     string
		has, must bool
	}{{at + ".email", words.Email != nil, base.Email != nil}, {at + ".sms", words.SMS != "", base.SMS != ""}} {
		switch {
		case channel.must && !channel.has:
			c.wrong(channel.field, "is missing: %s, the fallback, has it, and every language has the same channels", fallback)
		case channel.has && !channel.must:
			c.wrong(channel.field, "is too much: %s, the fallback, does not have it, and every language has the same channels", fallback)
		}
	}
}

func (c *checker) email(at string, m EmailWords) {
	if c.line(at+".subject", m.Subject) {
		shown := example(m.Subject)
		switch {
		case shown == "":
			c.wrong(at+".subject", "must not be empty")
		case len(mime.QEncoding.Encode("utf-8", m.Subject)) > maxSubject:
			c.wrong(at+".subject", "is longer than a header may be: 998 octets once encoded (RFC 5322)")
		case utf8.RuneCountInString(shown) > longSubject:
			c.warn(at+".subject", "has %d characters with the example values; many mailboxes show no more than %d", utf8.RuneCountInString(shown), longSubject)
		}
	}
	if m.Preheader != "" && c.line(at+".preheader", m.Preheader) && utf8.RuneCountInString(example(m.Preheader)) > longPreheader {
		c.warn(at+".preheader", "is longer than the %d characters that mailboxes show", longPreheader)
	}
	switch {
	case strings.TrimSpace(m.Body) == "":
		c.wrong(at+".body", "must not be empty")
	case len(m.Body) > maxBody:
		c.wrong(at+".body", "is longer than %d bytes", maxBody)
	case c.syntax(at+".body", m.Body):
		c.markdown(at+".body", m.Body)
	}
}

// line checks a text of one line; it reports whether its variables are right.
func (c *checker) line(at, source string) bool {
	if strings.ContainsFunc(source, func(r rune) bool { return r < ' ' || r == 0x7F || r == 0x85 || r == 0x2028 || r == 0x2029 }) {
		c.wrong(at, "must be one line without control characters")
		return false
	}
	return c.syntax(at, source)
}

// syntax checks the variables of a text.
func (c *checker) syntax(at, source string) bool {
	before := len(c.problems)
	if !utf8.ValidString(source) {
		c.wrong(at, "is not correct UTF-8")
		return false
	}
	if i := strings.IndexFunc(source, isMark); i >= 0 {
		c.wrong(at, "%s: a character of Unicode's private use area, which means nothing to readers", place(source, i))
	}
	pieces, faults := parse(source)
	count := 0
	for _, p := range pieces {
		if p.variable == "" {
			continue
		}
		count++
		if _, known := variables[p.variable]; !known {
			faults = append(faults, fault{p.at, fmt.Sprintf("%q is not a variable: %s", p.variable, nearest(p.variable))})
		}
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return a.at - b.at })
	for _, f := range faults {
		c.wrong(at, "%s: %s", place(source, f.at), f.message)
	}
	if count > maxMarks {
		c.wrong(at, "has more than %d variables", maxMarks)
	}
	return len(c.problems) == before
}

func (c *checker) sms(at, source, class string) {
	if strings.ContainsFunc(source, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' || r == 0x7F }) {
		c.wrong(at, "must not have control characters")
		return
	}
	if !c.syntax(at, source) {
		return
	}
	text := renderSMS(source, Examples(), format{language.English})
	if text == "" {
		c.wrong(at, "must not be empty")
		return
	}
	parts, _ := Segments(text)
	switch {
	case parts > maxSegments:
		c.wrong(at, "takes %d parts with the example values; at most %d", parts, maxSegments)
	case parts > manySegments:
		c.warn(at, "takes %d parts with the example values, each of which costs", parts)
	}
	c.warnings = append(c.warnings, wideWarning(at, source)...)
	if class == gate.Marketing && !strings.Contains(source, "STOP") && !strings.Contains(source, "{{unsubscribe.link") {
		c.warn(at, "does not say how to end such messages: add \"STOP\" or {{unsubscribe.link}}")
	}
}

// wideWarning names the character because of which a text message has less than half the room.
func wideWarning(at, text string) []definitions.Problem {
	_, wide := Segments(text)
	if wide == 0 {
		return nil
	}
	return []definitions.Problem{{Field: at, Message: fmt.Sprintf(
		"%s: %s is not in the GSM alphabet: the message is sent as UCS-2, with %d characters instead of %d in a part",
		place(text, strings.IndexRune(text, wide)), strconv.QuoteRune(wide)+fmt.Sprintf(" (%U)", wide), ucsAlone, gsmAlone)}}
}

func example(source string) string {
	return oneLine(renderLine(source, Examples(), format{language.English}))
}

func inLanguage(name string) string { return "languages." + name }

func sorted[T any](languages map[string]T) []string {
	names := make([]string, 0, len(languages))
	for name := range languages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
