package templates

import (
	"net/url"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"golang.org/x/text/language"
)

// hollow are link texts that say nothing to somebody who hears the links of a mail read out (WCAG 2.4.4).
var hollow = []string{
	"here", "click", "click here", "this", "this link", "link", "more", "read more", "go",
	"hier", "hier klicken", "klicken sie hier", "klick", "mehr", "mehr lesen", "dieser link",
	"aquí", "aqui", "haga clic", "haga clic aquí", "haz clic aquí", "clic", "enlace", "más", "leer más",
	"ici", "cliquez", "cliquez ici", "cliquer ici", "lien", "ce lien", "plus", "en savoir plus",
}

// markdown checks a body: links, pictures, and that there is no HTML in it.
func (c *checker) markdown(at, source string) {
	pieces, _ := parse(source)
	d := readMarkdown(fill(pieces, Examples(), format{language.English}))
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.HTMLBlock:
			c.wrong(at, "%sHTML is not taken: write Markdown", d.line(n))
		case *ast.RawHTML:
			c.wrong(at, "%sHTML is not taken: write Markdown", d.lineAt(n.Segments.At(0).Start))
		case *ast.Link:
			c.link(at, d, n)
		case *ast.AutoLink:
			if to := string(n.URL(d.source)); n.AutoLinkType != ast.AutoLinkEmail && d.address([]byte(to)) == "" {
				c.wrong(at, "%sonly http, https, mailto and tel addresses can be links", d.line(n))
			}
		case *ast.Image:
			c.picture(at, d, n)
		}
		return ast.WalkContinue, nil
	})
}

func (c *checker) link(at string, d document, n *ast.Link) {
	words := strings.TrimSpace(d.words(n))
	said := strings.ToLower(strings.Trim(words, " .:!…→>»"))
	switch {
	case words == "":
		c.wrong(at, "%sa link needs words", d.line(n))
	case slices.Contains(hollow, said):
		c.wrong(at, "%sthe link text %q does not say where the link leads", d.line(n), words)
	}
	switch destination := resolve(n.Destination); {
	case !writtenHost(d, destination):
		c.wrong(at, "%sthe address of a link must be a link variable, or begin with a written https://host/, mailto: or tel:", d.line(n))
	case d.address(n.Destination) == "":
		c.wrong(at, "%sonly http, https, mailto and tel addresses can be links", d.line(n))
	}
}

// writtenHost reports whether no value can decide where a link leads: it is a link of ours as a whole, or scheme and host
// are written in the template. A mail address or telephone number may be a value.
func writtenHost(d document, destination string) bool {
	first := strings.IndexFunc(destination, isMark)
	if first < 0 {
		return true
	}
	before := destination[:first]
	if lower := strings.ToLower(before); strings.HasPrefix(lower, "mailto:") || strings.HasPrefix(lower, "tel:") {
		return true
	}
	if before == "" {
		r := []rune(destination)
		_, own := d.ownLink(r[0])
		return own && len(r) == 1
	}
	u, err := url.Parse(before)
	return err == nil && u.Host != "" && strings.ContainsAny(strings.TrimPrefix(before, u.Scheme+"://"), "/?#")
}

func (c *checker) picture(at string, d document, n *ast.Image) {
	if strings.TrimSpace(d.words(n)) == "" {
		c.wrong(at, "%sa picture needs words for those who do not see it: ![what it shows](https://…)", d.line(n))
	}
	if d.image(n.Destination) == "" {
		c.wrong(at, "%sthe address of a picture must begin with https:// and have no variables", d.line(n))
	}
}

// line says where a node is, as "line 3: "; empty when that is not known.
func (d document) line(n ast.Node) string {
	for at := n; at != nil; at = at.Parent() {
		if at.Type() == ast.TypeInline {
			if start, ok := firstText(at); ok {
				return d.lineAt(start)
			}
			continue
		}
		if lines := at.Lines(); lines != nil && lines.Len() > 0 {
			return d.lineAt(lines.At(0).Start)
		}
	}
	return ""
}

func firstText(n ast.Node) (int, bool) {
	if t, ok := n.(*ast.Text); ok {
		return t.Segment.Start, true
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if at, ok := firstText(c); ok {
			return at, true
		}
	}
	return 0, false
}

// lineAt counts lines in the text with marks, which has the lines of its source.
func (d document) lineAt(offset int) string {
	line, _, _ := strings.Cut(place(string(d.source), offset), ",")
	return line + ": "
}
