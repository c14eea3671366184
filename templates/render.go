package templates

import (
	"errors"
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
)

// Frame is what every mail has around its words.
type Frame struct {
	// Sender is the company, and Address its postal address; lines are parted by newlines or commas as they come.
	Sender  string
	Address string
	// Unsubscribe and Preferences are the person's own pages. Mail of class marketing needs both.
	Unsubscribe string
	Preferences string
}

// ErrNoWords means that a template has nothing for a channel.
var ErrNoWords = errors.New("the template has no words for this channel")

// ErrNoWayOut means that a marketing mail was to be made without links to leave.
var ErrNoWayOut = errors.New("a marketing mail needs the links to unsubscribe and to the preferences")

// maxSubject is how long a subject may be, in octets as it is written in the header (RFC 5322, 2.1.1; RFC 2047).
const maxSubject = 998 - len("Subject: ")

// Render makes a message of t for a channel. lang is the reader's, BCP 47: the exact language if t has it, else its base
// (de for de-AT), else t.Fallback; the answer says which it was. Numbers and days are written as the reader's region does.
// Errors: ErrNoWords, ErrNoWayOut.
func Render(t Template, channel provider.Channel, lang string, v Values, frame Frame) (Rendered, error) {
	chosen, words := t.choose(lang)
	f := format{formatTag(chosen, lang)}
	switch {
	case channel == provider.SMS && words.SMS != "":
		text := renderSMS(words.SMS, v, f)
		parts, _ := Segments(text)
		return Rendered{Language: chosen, Text: text, Segments: parts}, nil
	case channel == provider.Email && words.Email != nil:
	default:
		return Rendered{}, fmt.Errorf("render template %q, version %d, for %s: %w", t.Name, t.Version, channel, ErrNoWords)
	}
	if t.Class == gate.Marketing && (!isWebLink(frame.Unsubscribe) || !isWebLink(frame.Preferences)) {
		return Rendered{}, fmt.Errorf("render template %q, version %d: %w", t.Name, t.Version, ErrNoWayOut)
	}
	body := readMarkdown(fillSource(words.Email.Body, v, f))
	preheader := oneLine(renderLine(words.Email.Preheader, v, f))
	subject := fitSubject(oneLine(renderLine(words.Email.Subject, v, f)))
	foot := footerOf(t.Class, chosen, frame)
	html, err := layout(page{
		Language: chosen, Direction: direction(f.tag), Subject: subject, Preheader: preheader, Body: body.markupOf(), Footer: foot,
	})
	if err != nil {
		return Rendered{}, fmt.Errorf("render template %q, version %d: %w", t.Name, t.Version, err)
	}
	return Rendered{Language: chosen, Subject: subject, Text: body.plain() + "\n\n" + foot.plain(), HTML: html}, nil
}

// choose finds the words for a reader.
func (d Definition) choose(lang string) (string, Words) {
	if tag, err := language.Parse(lang); err == nil {
		for name := tag.String(); name != ""; {
			if words, ok := d.Languages[name]; ok {
				return name, words
			}
			cut := strings.LastIndexByte(name, '-')
			name = name[:max(cut, 0)]
		}
	}
	return d.Fallback, d.Languages[d.Fallback]
}

// formatTag is the reader's own tag when the words are in its language, so that an Austrian reads Austrian numbers.
func formatTag(chosen, reader string) language.Tag {
	words := language.Make(chosen)
	own, err := language.Parse(reader)
	if err != nil {
		return words
	}
	a, _ := words.Base()
	if b, _ := own.Base(); a == b {
		return own
	}
	return words
}

// direction is rtl for the scripts that are written from right to left.
func direction(tag language.Tag) string {
	script, _ := tag.Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg", "Samr", "Mand":
		return "rtl"
	}
	return "ltr"
}

func fillSource(source string, v Values, f format) filled {
	pieces, _ := parse(source)
	return fill(pieces, v, f)
}

func renderLine(source string, v Values, f format) string {
	done := fillSource(source, v, f)
	return done.put(done.text, asIs)
}

var (
	manyBlanks = regexp.MustCompile(`[ \t]{2,}`)
	manyLines  = regexp.MustCompile(`[ \t]*\n([ \t]*\n)+`)
)

// renderSMS leaves no gaps where values are missing.
func renderSMS(source string, v Values, f format) string {
	text := renderLine(strings.ReplaceAll(source, "\r\n", "\n"), v, f)
	return strings.TrimSpace(manyLines.ReplaceAllString(manyBlanks.ReplaceAllString(text, " "), "\n\n"))
}

// fitSubject shortens a subject that values have made too long for a header.
func fitSubject(subject string) string {
	if encodedLength(subject) <= maxSubject {
		return subject
	}
	letters := []rune(subject)
	for low, high := 0, len(letters); ; {
		if high-low <= 1 {
			return strings.TrimSpace(string(letters[:low])) + "…"
		}
		if middle := (low + high) / 2; encodedLength(string(letters[:middle])+"…") <= maxSubject {
			low = middle
		} else {
			high = middle
		}
	}
}

func encodedLength(subject string) int { return len(mime.QEncoding.Encode("utf-8", subject)) }

// Lacks names the variables that a reader's words use without having a value or words instead, sorted.
func (t Template) Lacks(channel provider.Channel, lang string, v Values) []string {
	chosen, words := t.choose(lang)
	sources := []string{words.SMS}
	if channel == provider.Email && words.Email != nil {
		sources = []string{words.Email.Subject, words.Email.Preheader, words.Email.Body}
	}
	var names []string
	for _, source := range sources {
		pieces, _ := parse(source)
		for _, p := range pieces {
			if p.variable != "" && p.text == "" && (format{formatTag(chosen, lang)}).value(variables[p.variable], v[p.variable]) == "" {
				names = append(names, p.variable)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Warnings is what the author of a rendered text message should know; none for mail.
func (r Rendered) Warnings() []definitions.Problem {
	if r.Segments == 0 {
		return nil
	}
	return wideWarning("text", r.Text)
}
