package templates

import (
	"bytes"
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	markup "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// markdown reads CommonMark, and addresses in a text as links.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Linkify)).Parser()

// document is a body as a tree, with the values that stand in it.
type document struct {
	filled
	source []byte
	root   ast.Node
}

func readMarkdown(f filled) document {
	source := []byte(f.text)
	return document{filled: f, source: source, root: markdown.Parse(text.NewReader(source))}
}

// literal is what a reader sees of a text node, marks included: goldmark resolves escapes and entities.
func (d document) literal(n *ast.Text) string {
	if n.IsRaw() {
		return string(n.Segment.Value(d.source))
	}
	return resolve(n.Segment.Value(d.source))
}

func resolve(source []byte) string {
	var out bytes.Buffer
	w := writer{&out}
	markup.DefaultWriter.Write(w, source)
	return html.UnescapeString(out.String())
}

// writer is a buffer as goldmark wants it.
type writer struct{ *bytes.Buffer }

func (writer) Available() int { return 0 }
func (writer) Buffered() int  { return 0 }
func (writer) Flush() error   { return nil }

// words are the words below a node, marks included.
func (d document) words(n ast.Node) string {
	var out strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			out.WriteString(d.literal(c))
			if c.SoftLineBreak() || c.HardLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(c.Value)
		case *ast.AutoLink:
			out.Write(c.Label(d.source))
		case *ast.RawHTML:
		default:
			out.WriteString(d.words(c))
		}
	}
	return out.String()
}

// raw are the lines of a block of code.
func (d document) raw(n ast.Node) string {
	var out strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		out.Write(line.Value(d.source))
	}
	return out.String()
}

// address is where a link leads; empty when that is nowhere. A value of type Link may be a whole address, a mail address
// or telephone number what follows mailto: or tel:, and any value a part of the path or query of a written address.
func (d document) address(destination []byte) string {
	to := resolve(destination)
	if r := []rune(to); len(r) == 1 && isMark(r[0]) {
		if m := d.marks[r[0]-firstMark]; m.typ == Link {
			return m.value
		}
		return ""
	}
	to = d.put(to, func(m mark) string {
		if m.typ == Mail || m.typ == Phone {
			return strings.ReplaceAll(url.PathEscape(m.value), "%20", "")
		}
		return strings.ReplaceAll(url.QueryEscape(m.value), "+", "%20")
	})
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" || u.User != nil {
			return ""
		}
	case "mailto", "tel":
		if u.Opaque == "" {
			return ""
		}
	default:
		return ""
	}
	return u.String()
}

// image is where a picture lies: only https.
func (d document) image(destination []byte) string {
	from := resolve(destination)
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsFunc(from, isMark) {
		return ""
	}
	return u.String()
}

// button returns the link that a paragraph consists of.
func button(p ast.Node) *ast.Link {
	if p.ChildCount() != 1 {
		return nil
	}
	link, ok := p.FirstChild().(*ast.Link)
	if !ok {
		return nil
	}
	if _, picture := link.FirstChild().(*ast.Image); picture {
		return nil
	}
	return link
}

// ownLink returns the value when a text is one mark of type Link: it is shown as the link it is.
func (d document) ownLink(r rune) (string, bool) {
	if n := int(r - firstMark); isMark(r) && n < len(d.marks) && d.marks[n].typ == Link {
		return d.marks[n].value, true
	}
	return "", false
}
