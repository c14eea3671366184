package sandbox

import (
	"html"
	"regexp"
	"slices"
	"strings"
)

const maxLinks = 50

var (
	hrefs = regexp.MustCompile(`(?i)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
	urls  = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"']+`)
)

// links returns the http links of a message, in order and without repeats:
// those of its HTML, or of its text when the HTML has none.
func links(m *Message) []string {
	var found []string
	keep := func(link string) {
		lower := strings.ToLower(link)
		if (strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")) &&
			!slices.Contains(found, link) && len(found) < maxLinks {
			found = append(found, link)
		}
	}
	for _, match := range hrefs.FindAllStringSubmatch(m.HTML, 10*maxLinks) {
		keep(strings.TrimSpace(html.UnescapeString(match[1] + match[2] + match[3])))
	}
	if len(found) == 0 {
		for _, link := range urls.FindAllString(m.Text, 10*maxLinks) {
			keep(strings.TrimRight(link, ".,;:!?)]}"))
		}
	}
	return found
}
