package templates_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/templates"
)

// A value of the wrong type is refused by the name of its variable.
func TestValuesAreTyped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, problem string }{
		{"contact.first_name", `"Ada"`, ""},
		{"contact.first_name", `""`, ""},
		{"contact.first_name", `7`, "must be a text"},
		{"contact.first_name", `{"a": 1}`, "must be a text"},
		{"contact.firstname", `"Ada"`, `is not a variable: did you mean "contact.first_name"?`},
		{"colour", `"red"`, "is not a variable: GET /v1/template-variables lists them"},
		{"task.due", `"2026-03-02T14:30:00Z"`, ""},
		{"task.due", `"tomorrow"`, "must be a time as in 2026-03-02T14:30:00Z (RFC 3339)"},
		{"coupon.expires", `"2026-03-02"`, "must be a time as in 2026-03-02T14:30:00Z (RFC 3339)"},
		{"coupon.value", `"10%"`, ""},
		{"coupon.value", `"100 %"`, ""},
		{"coupon.value", `{"amount_minor": 500, "currency": "EUR"}`, ""},
		{"coupon.value", `"101%"`, `must be a share such as "10%" or {"amount_minor": 500, "currency": "EUR"}`},
		{"coupon.value", `"a lot"`, `must be a share such as "10%" or {"amount_minor": 500, "currency": "EUR"}`},
		{"coupon.value", `5`, `must be a share such as "10%" or {"amount_minor": 500, "currency": "EUR"}`},
		{"coupon.value", `{"amount_minor": 500, "currency": "Euro"}`, "currency: must be a code of ISO 4217 such as EUR"},
		{"survey.link", `"https://example.com/s/1"`, ""},
		{"survey.link", `"javascript:alert(1)"`, "must be an http or https address"},
		{"survey.link", `"https://user@example.com/"`, "must be an http or https address"},
	} {
		values, problems := templates.ReadValues(map[string]json.RawMessage{tc.name: json.RawMessage(tc.value)})
		if tc.problem == "" {
			require.Empty(t, problems, tc.value)
			require.Contains(t, values, tc.name)
			continue
		}
		require.Equal(t, []definitions.Problem{{Field: tc.name, Message: tc.problem}}, problems, tc.value)
		require.NotContains(t, values, tc.name)
	}
}

// Days, amounts and shares are written the way the reader's region does.
func TestValuesAreWrittenAsTheReaderDoes(t *testing.T) {
	t.Parallel()
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	words := templates.Words{Email: &templates.EmailWords{Subject: "x", Body: "{{task.due}} / {{coupon.expires}} / {{coupon.value}}"}}
	tmpl := in(map[string]templates.Words{"en": words, "de": words, "es": words, "fr": words, "ja": words})
	moment, day := time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC).In(madrid), time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		reader string
		value  any
		want   string
	}{
		{"en", templates.Percent(10), "2 March 2026, 15:30 CET / 1 December 2026 / 10%"},
		{"en-US", templates.Money{Minor: 123450, Currency: "USD"}, "March 2, 2026, 3:30 PM CET / December 1, 2026 / $1,234.50"},
		{"de", templates.Money{Minor: 123450, Currency: "EUR"}, "2. März 2026, 15:30 CET / 1. Dezember 2026 / 1.234,50\u00A0€"},
		{"es", templates.Percent(5), "2 de marzo de 2026, 15:30 CET / 1 de diciembre de 2026 / 5\u00A0%"},
		{"fr", templates.Percent(5), "2 mars 2026, 15:30 CET / 1er décembre 2026 / 5\u00A0%"},
		{"ja", templates.Money{Minor: 500, Currency: "JPY"}, "2026-03-02, 15:30 CET / 2026-12-01 / 500\u00A0￥"},
	} {
		r := render(t, tmpl, tc.reader, templates.Values{"task.due": moment, "coupon.expires": day, "coupon.value": tc.value})
		line, _, _ := strings.Cut(r.Text, "\n")
		require.Equal(t, tc.want, line, tc.reader)
	}
	r, err := templates.Render(tmpl, provider.Email, "en", templates.Values{
		"task.due": time.Time{}, "coupon.value": templates.Money{Minor: 1, Currency: "???"},
	}, frame)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(r.Text, "/ /\n"), "what means nothing is left out")
}
