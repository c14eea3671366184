package templates_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/templates"
)

func said(problems []definitions.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Field+": "+p.Message)
	}
	return out
}

// A misspelt variable is found when the template is saved: by its name, and by line and column.
func TestVariablesAreCheckedWhenSaved(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"Hello {{contact.first_name}}":             "",
		`Hello {{ contact.first_name | "there" }}`: "",
		`Hello {{contact.first_name | "a }} b"}}`:  "",
		"Hello {{contact.frist_name}}":             `line 1, column 7: "contact.frist_name" is not a variable: did you mean "contact.first_name"?`,
		"Grüße,\n\nliebe {{kunde}}":                `line 3, column 7: "kunde" is not a variable: GET /v1/template-variables lists them`,
		"Hello {{contact}}":                        `line 1, column 7: "contact" is not a variable: GET /v1/template-variables lists them`,
		"Hello {{contact.first_name":               `line 1, column 7: "{{" is not closed by "}}" on the same line`,
		"Hello {{contact.\nfirst_name}}":           `line 1, column 7: "{{" is not closed by "}}" on the same line`,
		"Hello contact.first_name}}":               `line 1, column 25: "}}" without "{{" before it`,
		"Hello {{contact.first_name | there}}":     `line 1, column 7: after "contact.first_name" and | there must be words in quotation marks`,
		"Hello {{if contact.first_name}}":          `line 1, column 7: "if contact.first_name" is not a variable: write {{name}} or {{name | "words for those who have none"}}`,
		"Hello \uE000":                             "line 1, column 7: a character of Unicode's private use area, which means nothing to readers",
		"Hello \xff":                               "is not correct UTF-8",
		strings.Repeat("{{contact.name}} ", 6401):  "has more than 6400 variables",
	} {
		problems, _ := templates.Check(letter(source))
		var wants []string
		if want != "" {
			wants = []string{"languages.en.email.body: " + want}
		}
		if strings.HasSuffix(want, "has more than 6400 variables") {
			wants = append([]string{"languages.en.email.body: is longer than 100000 bytes"}, wants[1:]...)
		}
		require.Equal(t, wants, said(problems), "%.60q", source)
	}
}

// Links and pictures lead where the author wrote, and everybody can follow them.
func TestBodiesAreChecked(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"[Our shop](https://example.com/{{contact.first_name}})": "",
		"[Your survey]({{survey.link}})":                         "",
		"[Write to us](mailto:{{owner.email}})":                  "",
		"[Call us](tel:{{owner.phone}})":                         "",
		"[Your page]({{contact.first_name}})":                    "the address of a link must be a link variable",
		"[Your page](https://{{contact.company}}/)":              "the address of a link must be a link variable",
		"[Run it](javascript:alert)":                             "only http, https, mailto and tel addresses can be links",
		"[Look](https://user:pass@example.com/)":                 "only http, https, mailto and tel addresses can be links",
		"[here](https://example.com)":                            `the link text "here" does not say where the link leads`,
		"[](https://example.com)":                                "a link needs words",
		"Hello\n\n<b>Ada</b>":                                    "line 3: HTML is not taken: write Markdown",
		"Hello\n\n<script>alert(1)</script>":                     "line 3: HTML is not taken: write Markdown",
		"![](https://example.com/a.png)":                         "a picture needs words for those who do not see it",
		"![A garden](http://example.com/a.png)":                  "the address of a picture must begin with https://",
		"![A garden](https://example.com/{{contact.name}}.png)":  "the address of a picture must begin with https://",
		"![A garden](https://{{contact.company}}/a.png)":         "the address of a picture must begin with https://",
		"  ": "must not be empty",
	} {
		problems, _ := templates.Check(letter(body))
		if want == "" {
			require.Empty(t, problems, body)
			continue
		}
		require.Contains(t, fmt.Sprint(said(problems)), want, body)
		require.Contains(t, problems[0].Field, "languages.en.email.body")
	}
}

func TestTheRestOfATemplateIsChecked(t *testing.T) {
	t.Parallel()
	mail := func(subject string) *templates.EmailWords { return &templates.EmailWords{Subject: subject, Body: "x"} }
	for want, spoil := range map[string]func(*templates.Template){
		"class: must be transactional or marketing":                               func(x *templates.Template) { x.Class = gate.Internal },
		"purpose: is needed for marketing":                                        func(x *templates.Template) { x.Purpose = "" },
		"topic: is needed for marketing":                                          func(x *templates.Template) { x.Topic = "" },
		"topic: must be small letters":                                            func(x *templates.Template) { x.Topic = "News!" },
		"purpose: must be empty for a transactional template":                     func(x *templates.Template) { x.Class = gate.Transactional },
		"languages: must have one language or more":                               func(x *templates.Template) { x.Languages = nil },
		"fallback: must be one of the languages":                                  func(x *templates.Template) { x.Fallback = "de" },
		"languages.en: must have words for mail or for text messages":             func(x *templates.Template) { x.Languages["en"] = templates.Words{} },
		"languages.de-at: must be a language tag in its canonical form":           func(x *templates.Template) { x.Languages["de-at"] = x.Languages["en"] },
		"languages.de.sms: is missing: en, the fallback, has it":                  func(x *templates.Template) { x.Languages["de"] = templates.Words{Email: mail("A")} },
		"languages.en.email.subject: must not be empty":                           func(x *templates.Template) { x.Languages["en"] = templates.Words{Email: mail(" ")} },
		"languages.en.email.subject: must be one line without control characters": func(x *templates.Template) { x.Languages["en"] = templates.Words{Email: mail("A\nBcc: b@example.com")} },
		"languages.en.email.subject: is longer than a header may be": func(x *templates.Template) {
			x.Languages["en"] = templates.Words{Email: mail(strings.Repeat("ü", 400))}
		},
		"languages.en.sms: takes 11 parts with the example values; at most 10":          func(x *templates.Template) { x.Languages["en"] = templates.Words{SMS: strings.Repeat("a", 1531)} },
		"languages.en.sms: must not have control characters":                            func(x *templates.Template) { x.Languages["en"] = templates.Words{SMS: "a\x07"} },
		`languages.en.sms: line 1, column 4: "nam" is not a variable: GET /v1/template`: func(x *templates.Template) { x.Languages["en"] = templates.Words{SMS: "Hi {{nam}}"} },
	} {
		x := letter("Hello")
		x.Languages["en"] = templates.Words{Email: mail("Hello"), SMS: "Hello, STOP ends this"}
		problems, _ := templates.Check(x)
		require.Empty(t, problems)
		spoil(&x)
		problems, _ = templates.Check(x)
		require.Contains(t, strings.Join(said(problems), "\n"), want)
	}
}

// What costs money or is cut off is said, and does not keep anybody from saving.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for sms, want := range map[string][]string{
		"Hello. STOP": nil,
		"Hello.":      {`languages.en.sms: does not say how to end such messages: add "STOP" or {{unsubscribe.link}}`},
		"It’s new. STOP": {"languages.en.sms: line 1, column 3: '’' (U+2019) is not in the GSM alphabet: the message is sent as UCS-2, " +
			"with 70 characters instead of 160 in a part"},
		strings.Repeat("a", 455) + " STOP": {"languages.en.sms: takes 4 parts with the example values, each of which costs"},
		strings.Repeat("a", 454) + " STOP": nil,
	} {
		problems, warnings := templates.Check(in(map[string]templates.Words{"en": {SMS: sms}}))
		require.Empty(t, problems)
		require.Equal(t, want, said(warnings), "%.40q", sms)
	}
	x := letter("Hello")
	x.Languages["en"].Email.Subject = strings.Repeat("a", 61)
	x.Languages["en"].Email.Preheader = strings.Repeat("a", 111)
	_, warnings := templates.Check(x)
	require.Equal(t, []string{
		"languages.en.email.subject: has 61 characters with the example values; many mailboxes show no more than 60",
		"languages.en.email.preheader: is longer than the 110 characters that mailboxes show",
	}, said(warnings))
}
