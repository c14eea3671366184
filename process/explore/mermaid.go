package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/perdura/perdura/process"
)

// Mermaid returns the map as a Mermaid flow chart (https://mermaid.js.org/syntax/flowchart.html). Failures and
// cancellations that simply end the run are left out unless Everything is asked for; those that lead to compensation
// are dotted.
func (g *Graph) Mermaid(opts ...Draw) string {
	v := g.view(opts)
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	v.writeBranch(&b, "", "  ")
	for _, l := range v.lines {
		arrow := "-->"
		if l.trouble {
			arrow = "-.->"
		}
		if l.label == "" {
			fmt.Fprintf(&b, "  %s %s %s\n", l.from, arrow, l.to)
		} else {
			fmt.Fprintf(&b, "  %s %s|\"%s\"| %s\n", l.from, arrow, escapeMermaid(l.label), l.to)
		}
	}
	b.WriteString(mermaidStyles)
	for _, class := range []process.PointKind{PointStart, process.PointInput, process.PointStep, process.PointWait,
		process.PointDecision, process.PointChild, process.PointFork, process.PointEnd} {
		var ids []string
		for _, n := range v.nodes {
			if n.Kind == class && !g.endsBadly(n.ID) || class == process.PointFork && n.Kind == process.PointJoin {
				ids = append(ids, n.ID)
			}
		}
		if len(ids) > 0 {
			fmt.Fprintf(&b, "  class %s %s\n", strings.Join(ids, ","), "k"+string(class))
		}
	}
	for _, n := range v.nodes {
		if g.endsBadly(n.ID) {
			fmt.Fprintf(&b, "  class %s kbad\n", n.ID)
		}
	}
	return b.String()
}

const mermaidStyles = `  classDef kstart fill:#1f2937,color:#ffffff,stroke:#1f2937
  classDef kinput fill:#eef2ff,color:#1e1b4b,stroke:#6366f1
  classDef kstep fill:#ffffff,color:#111827,stroke:#475569
  classDef kwait fill:#fff7ed,color:#431407,stroke:#ea580c
  classDef kdecision fill:#fefce8,color:#422006,stroke:#ca8a04
  classDef kchild fill:#f0fdfa,color:#042f2e,stroke:#0d9488
  classDef kfork fill:#e2e8f0,color:#0f172a,stroke:#64748b
  classDef kend fill:#f0fdf4,color:#052e16,stroke:#16a34a,stroke-width:3px
  classDef kbad fill:#fef2f2,color:#450a0a,stroke:#b91c1c,stroke-width:3px
`

// writeBranch writes the nodes of one branch, and the branches within it as boxes.
func (v view) writeBranch(b *strings.Builder, branch, indent string) {
	for _, n := range v.nodes {
		if n.Branch == branch {
			fmt.Fprintf(b, "%s%s%s\n", indent, n.ID, mermaidShape(n))
		}
	}
	for _, inner := range v.branchesWithin(branch) {
		title := inner[strings.LastIndex(inner, "/")+1:]
		fmt.Fprintf(b, "%ssubgraph %s[\"%s\"]\n", indent, nodeID(process.Point{Kind: "branch", Label: inner}), escapeMermaid(title))
		v.writeBranch(b, inner, indent+"  ")
		fmt.Fprintf(b, "%send\n", indent)
	}
}

// branchesWithin lists the branches of the forks that stand in a branch, and that have something in them.
func (v view) branchesWithin(branch string) []string {
	var inner []string
	for _, n := range v.nodes {
		if n.Kind != process.PointFork || n.Branch != branch {
			continue
		}
		for _, name := range n.Options {
			full := branchName(process.Point{Branch: n.Branch, Label: n.Label}, name)
			filled := slices.ContainsFunc(v.nodes, func(m Node) bool { return m.Branch == full })
			if filled && !slices.Contains(inner, full) {
				inner = append(inner, full)
			}
		}
	}
	return inner
}

func mermaidShape(n Node) string {
	label := escapeMermaid(n.Label)
	switch n.Kind {
	case PointStart:
		return `(["` + label + `"])`
	case process.PointInput:
		return `[/"` + label + `"/]`
	case process.PointWait:
		return `{{"` + label + `<br/><i>waits ` + escapeMermaid(n.Detail) + `</i>"}}`
	case process.PointDecision:
		return `{"` + label + `"}`
	case process.PointChild:
		return `[["` + label + `<br/><i>process ` + escapeMermaid(n.Detail) + `</i>"]]`
	case process.PointFork:
		return `[/"` + label + `: at the same time"\]`
	case process.PointJoin:
		return `[\"` + label + `: all done"/]`
	case process.PointEnd:
		return `(["` + label + `"])`
	default:
		if n.Waiting != "" {
			label += "<br/><i>may " + escapeMermaid(n.Waiting) + "</i>"
		}
		return `["` + label + `"]`
	}
}

// escapeMermaid writes text so that it can stand between quotes: Mermaid knows decimal entities (#34;) and HTML tags.
func escapeMermaid(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case strings.ContainsRune("\"#&;<>`|[]{}()\\", r) || r < ' ':
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
