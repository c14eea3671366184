package templates_test

import (
	"mime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/templates"
)

var frame = templates.Frame{
	Sender: "Example Ltd", Address: "1 Example Street\nExample Town", Unsubscribe: "https://example.com/u/1", Preferences: "https://example.com/p/1",
}

// letter is a marketing template with one body in English.
func letter(body string) templates.Template {
	return in(map[string]templates.Words{"en": {Email: &templates.EmailWords{Subject: "Hello", Body: body}}})
}

func in(words map[string]templates.Words) templates.Template {
	return templates.Template{
		Name: "letter", Version: 3, Class: gate.Marketing, Purpose: "email_marketing", Topic: "news",
		Definition: templates.Definition{Fallback: "en", Languages: words},
	}
}

func render(t *testing.T, tmpl templates.Template, language string, v templates.Values) templates.Rendered {
	t.Helper()
	problems, _ := templates.Check(tmpl)
	require.Empty(t, problems, "only what could be saved is rendered")
	r, err := templates.Render(tmpl, provider.Email, language, v, frame)
	require.NoError(t, err)
	return r
}

// The exact language, else the one that it is a variety of, else the fallback; the answer says which.
func TestTheWordsAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	say := func(s string) templates.Words {
		return templates.Words{Email: &templates.EmailWords{Subject: s, Body: s}}
	}
	tmpl := in(map[string]templates.Words{"en": say("Hello"), "de": say("Guten Tag"), "de-CH": say("Grüezi"), "zh-Hant": say("您好")})
	for reader, want := range map[string]string{
		"de": "de", "de-AT": "de", "de-CH": "de-CH", "DE-ch": "de-CH", "de-Latn-CH": "de", "zh-Hant-TW": "zh-Hant", "zh": "en", "fr": "en", "": "en", "???": "en", "en-GB": "en",
	} {
		r := render(t, tmpl, reader, nil)
		require.Equal(t, want, r.Language, reader)
		require.Equal(t, tmpl.Languages[want].Email.Subject, r.Subject, reader)
		require.Contains(t, r.HTML, `<html lang="`+want+`"`)
	}
}

// A value is never markup, whoever wrote it: not HTML, not Markdown, not a link, not a new line of a header.
func TestValuesAreWords(t *testing.T) {
	t.Parallel()
	tmpl := in(map[string]templates.Words{"en": {Email: &templates.EmailWords{
		Subject: "For {{contact.first_name}}", Preheader: "{{contact.first_name}}",
		Body: "# {{contact.first_name}}\n\nHello **{{contact.first_name}}**, see [our shop](https://example.com/?q={{contact.first_name}}).\n\n- {{contact.first_name}}",
	}}})
	for name, value := range map[string]string{
		"script": `<script>alert("1")</script>`, "attribute": `" onload="alert(1)`, "markdown": "[click](https://evil.example) **bold** `code` <b>",
		"header": "Ada\r\nBcc: everyone@example.com", "entity": "&lt;b&gt; &amp;", "direction": "Ada\u202Etxt.exe", "private": "Ada\uE000\uE001",
	} {
		r := render(t, tmpl, "en", templates.Values{"contact.first_name": value})
		require.NotContains(t, r.HTML, "<script", name)
		require.NotContains(t, r.HTML, "<b>", name)
		require.NotContains(t, r.HTML, `" onload=`, name)
		require.NotContains(t, r.HTML, `href="https://evil.example`, name)
		require.NotContains(t, r.Subject, "\n", name)
		require.NotContains(t, r.Subject+r.Text+r.HTML, "\u202E", name)
		require.NotContains(t, r.Subject+r.Text+r.HTML, "\uE000", name)
		require.Equal(t, 1, strings.Count(r.HTML, "our shop"), name)
	}
	r := render(t, tmpl, "en", templates.Values{"contact.first_name": "Zoë & <Co>"})
	require.Equal(t, "For Zoë & <Co>", r.Subject)
	require.Contains(t, r.HTML, "<strong>Zoë &amp; &lt;Co&gt;</strong>")
	require.Contains(t, r.HTML, `href="https://example.com/?q=Zo%C3%AB%20%26%20%3CCo%3E"`)
	require.Contains(t, r.Text, "Hello Zoë & <Co>, see our shop (https://example.com/?q=Zo%C3%AB%20%26%20%3CCo%3E).")
}

// Whoever reads plain text misses nothing: the words, where links lead, and how to leave.
func TestThePlainTextPart(t *testing.T) {
	t.Parallel()
	r := render(t, letter("# News\n\nSee [our shop](https://example.com/shop).\n\n1. one\n2. two\n\n> quoted\n\n[Answer the survey]({{survey.link}})\n\n![A garden](https://example.com/a.png)"),
		"en", templates.Values{"survey.link": "https://example.com/s/1"})
	require.Equal(t, `News
----

See our shop (https://example.com/shop).

1. one
2. two

> quoted

Answer the survey:
https://example.com/s/1

[A garden]

-- `+`
Example Ltd
1 Example Street
Example Town
You receive this e-mail because you agreed to hear from Example Ltd, or are a customer.
Unsubscribe: https://example.com/u/1
Choose what you receive: https://example.com/p/1
`, r.Text)
	require.Contains(t, r.HTML, `href="https://example.com/u/1"`)
	require.NotContains(t, r.HTML, "<script")
}

func TestMissingValuesLeaveNoGap(t *testing.T) {
	t.Parallel()
	tmpl := in(map[string]templates.Words{"en": {
		Email: &templates.EmailWords{Subject: "{{contact.first_name}}, news for you", Body: "Hello {{contact.first_name}}, dear {{contact.name | \"reader\"}}."},
		SMS:   "Hello {{contact.first_name}}, call {{owner.name | \"us\"}}. STOP",
	}})
	r := render(t, tmpl, "en", nil)
	require.Equal(t, "news for you", r.Subject)
	require.True(t, strings.HasPrefix(r.Text, "Hello, dear reader.\n"), r.Text)
	sms, err := templates.Render(tmpl, provider.SMS, "en", templates.Values{"owner.name": "Robin"}, templates.Frame{})
	require.NoError(t, err)
	require.Equal(t, templates.Rendered{Language: "en", Text: "Hello, call Robin. STOP", Segments: 1}, sms)
	require.Equal(t, []string{"contact.first_name"}, tmpl.Lacks(provider.Email, "en", nil))
	require.Empty(t, tmpl.Lacks(provider.Email, "en", templates.Values{"contact.first_name": "Ada"}))
}

// A subject is UTF-8 and fits into a header of RFC 5322, whatever values make of it.
func TestSubjects(t *testing.T) {
	t.Parallel()
	tmpl := in(map[string]templates.Words{"en": {Email: &templates.EmailWords{Subject: "Grüße an {{contact.name}} 🌱", Body: "x"}}})
	require.Equal(t, "Grüße an Zoë 🌱", render(t, tmpl, "en", templates.Values{"contact.name": "Zoë"}).Subject)
	require.Equal(t, "Grüße an \uFFFD 🌱", render(t, tmpl, "en", templates.Values{"contact.name": "\xff"}).Subject)
	long := render(t, tmpl, "en", templates.Values{"contact.name": strings.Repeat("ö", 2000)}).Subject
	require.True(t, strings.HasSuffix(long, "…"))
	require.LessOrEqual(t, len("Subject: "+mime.QEncoding.Encode("utf-8", long)), 998)
	require.Greater(t, len("Subject: "+mime.QEncoding.Encode("utf-8", long+"öö")), 998, "no more is cut off than has to be")
	decoded, err := new(mime.WordDecoder).DecodeHeader(mime.QEncoding.Encode("utf-8", long))
	require.NoError(t, err)
	require.Equal(t, long, decoded)
}

func TestWhatCannotBeRendered(t *testing.T) {
	t.Parallel()
	_, err := templates.Render(letter("x"), provider.SMS, "en", nil, frame)
	require.ErrorIs(t, err, templates.ErrNoWords)
	_, err = templates.Render(letter("x"), provider.Webhook, "en", nil, frame)
	require.ErrorIs(t, err, templates.ErrNoWords)
	for name, f := range map[string]templates.Frame{
		"no links": {}, "no preferences": {Unsubscribe: frame.Unsubscribe}, "no unsubscribe": {Preferences: frame.Preferences},
		"no web links": {Unsubscribe: "javascript:alert(1)", Preferences: "mailto:a@example.com"},
	} {
		_, err = templates.Render(letter("x"), provider.Email, "en", nil, f)
		require.ErrorIs(t, err, templates.ErrNoWayOut, name)
	}
	owed := letter("x")
	owed.Class, owed.Purpose = gate.Transactional, ""
	r, err := templates.Render(owed, provider.Email, "en", nil, templates.Frame{})
	require.NoError(t, err, "what is owed needs no way out")
	require.NotContains(t, r.Text, "Unsubscribe")
}
