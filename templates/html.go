package templates

import (
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// Styles stand at the elements, because many mailboxes know nothing else; classes are for the dark colours.
const (
	styleText    = "margin:0 0 16px;font-size:16px;line-height:24px"
	styleList    = "margin:0 0 16px;padding-inline-start:24px;font-size:16px;line-height:24px"
	styleItem    = "margin:0 0 8px"
	styleQuote   = "margin:0 0 16px;padding-inline-start:16px;border-inline-start:4px solid #c3c9d4"
	styleRule    = "border:0;border-top:1px solid #d5d9e0;margin:24px 0"
	styleCode    = "font-family:ui-monospace,Consolas,monospace;font-size:15px"
	styleBlock   = "margin:0 0 16px;white-space:pre-wrap;" + styleCode
	styleLink    = "color:#1a4fb4;text-decoration:underline"
	styleButton  = "display:inline-block;padding:12px 24px;border-radius:6px;background-color:#1a4fb4;color:#ffffff;font-weight:bold;text-decoration:none"
	styleImage   = "display:block;max-width:100%;height:auto;border:0"
	styleHeading = "margin:8px 0 12px;line-height:1.3;font-size:"
)

var headingSizes = [...]string{"24px", "20px", "18px", "16px", "16px", "16px"}

// markupOf writes the body of a mail as HTML.
func (d document) markupOf() string {
	w := htmlWriter{document: d}
	w.children(d.root)
	return strings.TrimSpace(w.out.String())
}

type htmlWriter struct {
	document
	out strings.Builder
}

func (w *htmlWriter) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c)
	}
}

func (w *htmlWriter) within(tag, attributes string, n ast.Node) {
	w.out.WriteString("<" + tag + attributes + ">")
	w.children(n)
	w.out.WriteString("</" + tag + ">")
	if n.Type() == ast.TypeBlock {
		w.out.WriteByte('\n')
	}
}

func (w *htmlWriter) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph:
		w.paragraph(n)
	case *ast.TextBlock:
		w.children(n)
	case *ast.Heading:
		w.within("h"+strconv.Itoa(n.Level), style(styleHeading+headingSizes[n.Level-1]), n)
	case *ast.List:
		tag, attributes := "ul", style(styleList)
		if n.IsOrdered() {
			tag = "ol"
			if n.Start != 1 {
				attributes += ` start="` + strconv.Itoa(n.Start) + `"`
			}
		}
		w.within(tag, attributes, n)
	case *ast.ListItem:
		w.within("li", style(styleItem), n)
	case *ast.Blockquote:
		w.within("blockquote", style(styleQuote), n)
	case *ast.ThematicBreak:
		w.out.WriteString("<hr" + style(styleRule) + ">\n")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		w.out.WriteString("<pre" + style(styleBlock) + ">" + w.escape(w.raw(n)) + "</pre>\n")
	case *ast.CodeSpan:
		w.within("code", style(styleCode), n)
	case *ast.Emphasis:
		w.within([]string{"em", "strong"}[min(n.Level, 2)-1], "", n)
	case *ast.Link:
		w.link(w.address(n.Destination), n)
	case *ast.AutoLink:
		w.autoLink(n)
	case *ast.Image:
		w.picture(n)
	case *ast.Text:
		w.out.WriteString(w.escape(w.literal(n)))
		switch {
		case n.HardLineBreak():
			w.out.WriteString("<br>\n")
		case n.SoftLineBreak():
			w.out.WriteByte('\n')
		}
	case *ast.String:
		w.out.WriteString(w.escape(string(n.Value)))
	}
}

func (w *htmlWriter) paragraph(n *ast.Paragraph) {
	link := button(n)
	if link == nil {
		w.within("p", style(styleText), n)
		return
	}
	if to := w.address(link.Destination); to != "" {
		w.out.WriteString("<p" + style("margin:24px 0") + `><a class="button" href="` + html.EscapeString(to) + `"` + style(styleButton) + ">")
		w.children(link)
		w.out.WriteString("</a></p>\n")
	}
}

func (w *htmlWriter) link(to string, n ast.Node) {
	if to == "" {
		w.children(n)
		return
	}
	w.within("a", ` class="link" href="`+html.EscapeString(to)+`"`+style(styleLink), n)
}

func (w *htmlWriter) autoLink(n *ast.AutoLink) {
	to := string(n.URL(w.source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(to), "mailto:") {
		to = "mailto:" + to
	}
	label := w.put(html.EscapeString(string(n.Label(w.source))), func(m mark) string { return html.EscapeString(m.value) })
	if to = w.address([]byte(to)); to == "" {
		w.out.WriteString(label)
		return
	}
	w.out.WriteString(`<a class="link" href="` + html.EscapeString(to) + `"` + style(styleLink) + ">" + label + "</a>")
}

func (w *htmlWriter) picture(n *ast.Image) {
	alt := html.EscapeString(w.put(w.words(n), asIs))
	if from := w.image(n.Destination); from != "" {
		w.out.WriteString(`<img src="` + html.EscapeString(from) + `" alt="` + alt + `"` + style(styleImage) + ">")
		return
	}
	w.out.WriteString(alt)
}

// escape writes text as HTML, values included. A value that is a link of ours is one that can be followed.
func (w *htmlWriter) escape(text string) string {
	return w.put(html.EscapeString(text), func(m mark) string {
		if m.typ == Link {
			to := html.EscapeString(m.value)
			return `<a class="link" href="` + to + `"` + style(styleLink) + ">" + to + "</a>"
		}
		return html.EscapeString(m.value)
	})
}

func style(css string) string { return ` style="` + css + `"` }
