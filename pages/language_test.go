package pages_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/links"
)

func TestPagesSpeakTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	for _, tc := range []struct{ person, browser, want string }{
		{"de", "fr", "de"}, {"de-AT", "", "de"}, {"pt_BR", "es-MX, en;q=0.5", "es"}, {"", "fr-CH, de;q=0.9", "fr"}, {"", "ja", "en"}, {"", "", "en"},
		{"", ";;;q=x", "en"}, {"EN-gb", "de", "en"},
	} {
		h.exec(`update contacts set language = nullif($1, '')`, tc.person)
		w := h.serve(h.pages, links.Preferences, h.links.Token(links.Preferences, who, 0), http.MethodGet, "", func(r *http.Request) {
			r.Header.Set("Accept-Language", tc.browser)
		})
		require.Contains(t, w.Body.String(), `<html lang="`+tc.want+`">`, "%+v", tc)
		require.Equal(t, tc.want, w.Header().Get("Content-Language"))
		require.Equal(t, "Accept-Language", w.Header().Get("Vary"))
	}
}

// A word that one language lacks would be a page that cannot be shown.
func TestEveryLanguageHasEveryWord(t *testing.T) {
	t.Parallel()
	blanks := regexp.MustCompile(`%[^%]`)
	read := func(tag string) map[string]string {
		raw, err := os.ReadFile("words/" + tag + ".json")
		require.NoError(t, err)
		var w map[string]string
		require.NoError(t, json.Unmarshal(raw, &w))
		for key, text := range w {
			require.NotEmpty(t, strings.TrimSpace(text), "%s of %s", key, tag)
			w[key] = strings.Join(blanks.FindAllString(text, -1), " ")
		}
		return w
	}
	english := read("en")
	require.Equal(t, "%s", english["unsubscribe.ask"])
	for _, tag := range []string{"de", "es", "fr"} {
		require.Equal(t, english, read(tag), tag)
	}
}
