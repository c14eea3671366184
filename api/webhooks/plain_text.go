package webhooks

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText is what a person reads of a mail that has HTML only.
func plainText(text string) string {
	var out strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(text))
	hidden := 0
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end, or nothing more that can be read
			return strings.TrimSpace(out.String())
		case html.TextToken:
			if hidden == 0 {
				out.WriteString(html.UnescapeString(string(tokens.Raw())))
			}
		case html.StartTagToken:
			switch name, _ := tokens.TagName(); atom.Lookup(name) {
			case atom.Script, atom.Style, atom.Title, atom.Head:
				hidden++
			case atom.P, atom.Div, atom.Tr, atom.Li, atom.Br:
				out.WriteByte('\n')
			}
		case html.SelfClosingTagToken:
			if name, _ := tokens.TagName(); atom.Lookup(name) == atom.Br {
				out.WriteByte('\n')
			}
		case html.EndTagToken:
			switch name, _ := tokens.TagName(); atom.Lookup(name) {
			case atom.Script, atom.Style, atom.Title, atom.Head:
				hidden = max(0, hidden-1)
			}
		}
	}
}
