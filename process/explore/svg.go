package explore

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/perdura/perdura/process"
)

const margin = 28.0

// look is how a kind of place is drawn.
type look struct{ fill, stroke, ink string }

var looks = map[process.PointKind]look{
	PointStart:            {"#1f2937", "#1f2937", "#ffffff"},
	process.PointInput:    {"#eef2ff", "#4f46e5", "#1e1b4b"},
	process.PointStep:     {"#ffffff", "#475569", "#111827"},
	process.PointWait:     {"#fff7ed", "#c2410c", "#431407"},
	process.PointDecision: {"#fefce8", "#a16207", "#422006"},
	process.PointChild:    {"#f0fdfa", "#0f766e", "#042f2e"},
	process.PointFork:     {"#e2e8f0", "#64748b", "#0f172a"},
	process.PointJoin:     {"#e2e8f0", "#64748b", "#0f172a"},
	process.PointEnd:      {"#f0fdf4", "#15803d", "#052e16"},
	process.PointRenewal:  {"#f8fafc", "#94a3b8", "#334155"},
	pointReturn:           {"#ffffff", "#94a3b8", "#475569"},
}

var badEnd = look{"#fef2f2", "#b91c1c", "#450a0a"}

// SVG returns the map as a drawing for a white page: no scripts, no outside fonts, with a title and a description for
// those who cannot see it. It shows what Mermaid shows, but for the lines back to a place to which many lead. It errs when the drawing is not well-formed XML.
func (g *Graph) SVG(opts ...Draw) ([]byte, error) {
	l := newLayout(g.view(opts).withReturns())
	lanes := 0
	for _, r := range l.routes {
		if r.back {
			lanes++
		}
	}
	w, h := l.w+2*margin+float64(lanes)*laneWidth, l.h+2*margin
	for _, r := range l.routes {
		if r.back {
			w = max(w, l.w+2*margin+float64(lanes)*laneWidth+textWidth(r.label)*0.85)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-labelledby="title desc" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="14">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n", escapeXML("Map of the process "+g.Process.Name))
	fmt.Fprintf(&b, "<desc id=\"desc\">%s</desc>\n", escapeXML(g.inWords()))
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 1 10 5 0 9z" fill="#475569"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="#ffffff"/>`+"\n", w, h)
	fmt.Fprintf(&b, `<g transform="translate(%.0f %.0f)">`+"\n", margin, margin)
	l.drawBranches(&b)
	l.drawLines(&b)
	for i := range l.boxes {
		if l.boxes[i].node != nil {
			k := looks[l.boxes[i].node.Kind]
			if kind := l.boxes[i].node.Kind; kind == process.PointEnd && g.endsBadly(l.boxes[i].node.ID) {
				k = badEnd
			}
			l.boxes[i].draw(&b, k)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes(), wellFormed(b.Bytes())
}

func (b *box) draw(out *bytes.Buffer, k look) {
	left, top := b.x-b.w/2, b.y-b.h/2
	fmt.Fprintf(out, `<g id="%s"><title>%s</title>`, b.node.ID, escapeXML(b.node.Label))
	switch b.node.Kind {
	case process.PointDecision:
		fmt.Fprintf(out, `<path d="M%.1f %.1f l14 %.1f h%.1f l14 %.1f l-14 %.1f h%.1f z" fill="%s" stroke="%s" stroke-width="1.6"/>`,
			left, b.y, -b.h/2, b.w-28, b.h/2, b.h/2, -(b.w - 28), k.fill, k.stroke)
	default:
		radius, width := 6.0, 1.4
		switch b.node.Kind {
		case PointStart, process.PointEnd:
			radius, width = b.h/2, 2.4
		case pointReturn:
			radius, width = b.h/2, 1
		}
		fmt.Fprintf(out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f" fill="%s" stroke="%s" stroke-width="%.1f"/>`,
			left, top, b.w, b.h, radius, k.fill, k.stroke, width)
	}
	textX := b.x
	switch b.node.Kind {
	case process.PointChild:
		fmt.Fprintf(out, `<path d="M%.1f %.1f v%.1f M%.1f %.1f v%.1f" stroke="%s"/>`, left+7, top, b.h, left+b.w-7, top, b.h, k.stroke)
	case process.PointWait: // a clock
		textX += 10
		fmt.Fprintf(out, `<circle cx="%.1f" cy="%.1f" r="8" fill="#ffffff" stroke="%s" stroke-width="1.6"/><path d="M%.1f %.1f v-5 M%.1f %.1f h4" stroke="%s" stroke-width="1.6"/>`,
			left+17, b.y, k.stroke, left+17, b.y, left+17, b.y, k.stroke)
	}
	lines := len(b.text)
	if b.small != "" {
		lines++
	}
	y := b.y - float64(lines-1)*lineHeight/2 + 5
	for _, line := range b.text {
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="%s">%s</text>`, textX, y, k.ink, escapeXML(line))
		y += lineHeight
	}
	if b.small != "" {
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="12" font-style="italic" fill="%s">%s</text>`, textX, y, k.ink, escapeXML(b.small))
	}
	out.WriteString("</g>\n")
}

// inWords tells the map to those who cannot see it.
func (g *Graph) inWords() string {
	count := map[process.PointKind]int{}
	var ends []string
	for _, n := range g.view(nil).nodes {
		count[n.Kind]++
		if n.Kind == process.PointEnd {
			ends = append(ends, n.Label)
		}
	}
	return fmt.Sprintf("%s Flow chart from top to bottom with %d steps, %d waits, %d decisions and %d other processes. It ends in one of these ways: %s.",
		g.Process.Purpose, count[process.PointStep], count[process.PointWait], count[process.PointDecision], count[process.PointChild], strings.Join(ends, ", "))
}

func escapeXML(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a bytes.Buffer does not fail
	return b.String()
}

func wellFormed(svg []byte) error {
	if err := xml.Unmarshal(svg, new(struct{})); err != nil {
		return fmt.Errorf("draw the map: the SVG is not well-formed: %w", err)
	}
	return nil
}
