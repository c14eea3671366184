package templates

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
)

// plain writes the body of a mail as text: the same words, with the address of a link behind it.
func (d document) plain() string {
	return strings.TrimSpace(d.blocks(d.root, "\n\n"))
}

// blocks joins the blocks below n.
func (d document) blocks(n ast.Node, between string) string {
	var parts []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if part := strings.Trim(d.block(c), "\n"); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, between)
}

func (d document) block(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Paragraph:
		link := button(n)
		if link == nil {
			return d.inline(n)
		}
		to := d.address(link.Destination)
		if to == "" {
			return ""
		}
		return d.inline(link) + ":\n" + to
	case *ast.TextBlock:
		return d.inline(n)
	case *ast.Heading:
		words := d.inline(n)
		if n.Level <= 2 {
			return words + "\n" + strings.Repeat("-", min(utf8.RuneCountInString(words), 60))
		}
		return words
	case *ast.List:
		return d.list(n)
	case *ast.Blockquote:
		return indent(d.blocks(n, "\n\n"), "> ", "> ")
	case *ast.ThematicBreak:
		return "* * *"
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return indent(d.put(strings.TrimRight(d.raw(n), "\n"), asIs), "    ", "    ")
	}
	return ""
}

func (d document) list(n *ast.List) string {
	between, number := "\n\n", n.Start
	if n.IsTight {
		between = "\n"
	}
	var items []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		bullet := "- "
		if n.IsOrdered() {
			bullet = strconv.Itoa(number) + ". "
			number++
		}
		if item := d.blocks(c, between); item != "" {
			items = append(items, indent(item, bullet, strings.Repeat(" ", len(bullet))))
		}
	}
	return strings.Join(items, between)
}

// indent puts first before the first line and rest before the others.
func indent(text, first, rest string) string {
	return first + strings.ReplaceAll(text, "\n", "\n"+rest)
}

func (d document) inline(n ast.Node) string {
	var out strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			out.WriteString(d.put(d.literal(c), asIs))
			if c.SoftLineBreak() || c.HardLineBreak() {
				out.WriteByte('\n')
			}
		case *ast.String:
			out.WriteString(d.put(string(c.Value), asIs))
		case *ast.AutoLink:
			out.WriteString(d.put(string(c.Label(d.source)), asIs))
		case *ast.Link:
			words, to := d.inline(c), d.address(c.Destination)
			out.WriteString(words)
			if shown := strings.TrimPrefix(strings.TrimPrefix(to, "mailto:"), "tel:"); to != "" && shown != words {
				out.WriteString(" (" + shown + ")")
			}
		case *ast.Image:
			if alt := d.put(d.words(c), asIs); alt != "" {
				out.WriteString("[" + alt + "]")
			}
		case *ast.RawHTML:
		default:
			out.WriteString(d.inline(c))
		}
	}
	return out.String()
}
