package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// languages are those that the pages speak; the first is for everybody whose own is missing.
var languages = []string{"en", "de", "es", "fr"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.German, language.Spanish, language.French})

// words are the texts of one language by key. %s is filled by Say.
type words map[string]string

func readWords() (map[string]words, error) {
	all := map[string]words{}
	for _, tag := range languages {
		raw, err := files.ReadFile("words/" + tag + ".json")
		if err != nil {
			return nil, err
		}
		var w words
		if err := json.Unmarshal(raw, &w); err != nil {
			return nil, fmt.Errorf("read the words in %s: %w", tag, err)
		}
		all[tag] = w
	}
	return all, nil
}

// language is the one to answer in: the person's if the pages speak it, else the browser's, else English.
func (p *Pages) language(person string, h http.Header) string {
	if tag, ok := speaks(person); ok {
		return tag
	}
	// The header is bounded by the server; a malformed one wants nothing.
	wanted, _, err := language.ParseAcceptLanguage(h.Get("Accept-Language"))
	if err != nil {
		return languages[0]
	}
	_, i, sure := matcher.Match(wanted...)
	if sure == language.No {
		return languages[0]
	}
	return languages[i]
}

// speaks is the language of the pages that a BCP 47 tag belongs to.
func speaks(tag string) (string, bool) {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(tag), "_", "-"), "-")
	for _, l := range languages {
		if l == base {
			return l, true
		}
	}
	return "", false
}

// Say is a text in the page's language.
func (p page) Say(key string, args ...any) (string, error) {
	text, ok := p.words[key]
	if !ok {
		return "", fmt.Errorf("there are no words for %s", key)
	}
	if len(args) == 0 {
		return text, nil
	}
	return fmt.Sprintf(text, args...), nil
}

// Purpose is a consent's purpose in words; empty means everything.
func (p page) Purpose(name string) string {
	if name == "" {
		return p.words["everything"]
	}
	if text, ok := p.words["purpose."+name]; ok {
		return text
	}
	return p.words["this"]
}

// Topic is a topic in words; one that a company has added stands under its own name.
func (p page) Topic(name string) string {
	if text, ok := p.words["topic."+name]; ok {
		return text
	}
	return strings.ReplaceAll(name, "-", " ")
}
