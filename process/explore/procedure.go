package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/perdura/perdura/process"
)

// Procedure returns the written procedure as Markdown: what the process is for, what starts it, what it is told on the
// way, its steps by number with the ways on from each, and how it ends.
func (g *Graph) Procedure() string {
	p := procedure{g: g, v: g.view(nil), number: map[string]int{}}
	for _, n := range p.v.nodes {
		switch n.Kind {
		case PointStart, process.PointEnd, process.PointJoin:
		default:
			p.number[n.ID] = len(p.number) + 1
		}
	}
	p.head()
	p.steps()
	p.endings()
	return p.b.String()
}

type procedure struct {
	b      strings.Builder
	g      *Graph
	v      view
	number map[string]int
}

func (p *procedure) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *procedure) head() {
	d := p.g.Process
	p.line("# Procedure: %s\n", escapeMarkdown(d.Name))
	if d.Purpose != "" {
		p.line("%s\n", escapeMarkdown(d.Purpose))
	}
	if d.Owner != "" {
		p.line("- **Owner:** %s", escapeMarkdown(d.Owner))
	}
	started := "on request"
	if d.Standing != nil {
		started = "by itself, and one run always goes on"
	}
	for _, t := range d.Triggers {
		if t.Signal == "" {
			started += fmt.Sprintf(", or by the event `%s`: %s", t.Event, escapeMarkdown(strings.TrimSuffix(t.Purpose, ".")))
		}
	}
	p.line("- **Starts** %s.", started)
	p.line("- **A second start** for the same subject %s.", secondStart[d.Reentry])
	if d.Pinned {
		p.line("- **A new build** of the process is for new runs: those that go on end on the build that they began on.")
	} else {
		p.line("- **A new build** of the process takes over the runs that go on.")
	}
	for _, s := range d.Signals {
		p.line("- **Is told** `%s`: %s.%s", s.Name, escapeMarkdown(strings.TrimSuffix(s.Purpose, ".")), p.toldBy(s.Name))
	}
	for _, u := range d.Updates {
		p.line("- **Is asked** `%s`, and answers with a verdict: %s.", u.Name, escapeMarkdown(strings.TrimSuffix(u.Purpose, ".")))
	}
}

var secondStart = map[process.Reentry]string{
	process.OneAtATime: "joins the run that goes on",
	process.AfterExit:  "is refused while a run goes on, and begins anew after it",
	process.OnceEver:   "is always refused",
	process.Many:       "begins a run of its own",
}

// toldBy lists the events that bring a signal by themselves.
func (p *procedure) toldBy(signal string) string {
	var events []string
	for _, t := range p.g.Process.Triggers {
		if t.Signal == signal {
			events = append(events, "`"+t.Event+"`")
		}
	}
	if len(events) == 0 {
		return ""
	}
	return " The event " + strings.Join(events, " or ") + " does so by itself."
}

func (p *procedure) steps() {
	p.line("\n## Steps\n")
	for _, n := range p.v.nodes {
		if p.number[n.ID] == 0 {
			continue
		}
		p.line("%d. %s%s", p.number[n.ID], p.inBranch(n), p.heading(n))
		if n.Kind == process.PointFork {
			p.fork(n)
			continue
		}
		p.ways(n.ID)
	}
}

func (p *procedure) inBranch(n Node) string {
	if n.Branch == "" {
		return ""
	}
	return "*" + escapeMarkdown(strings.ReplaceAll(n.Branch, "/", ", ")) + ":* "
}

func (p *procedure) heading(n Node) string {
	label := "**" + escapeMarkdown(n.Label) + "**"
	switch n.Kind {
	case process.PointWait:
		return label + " (waits " + escapeMarkdown(n.Detail) + ")"
	case process.PointDecision, process.PointInput:
		return label + " (decision)"
	case process.PointChild:
		return label + " (process `" + n.Detail + "`)"
	case process.PointFork:
		return label + ": these go on at the same time"
	case process.PointStep:
		if n.Waiting != "" {
			return label + " (`" + n.Detail + "`, may " + escapeMarkdown(n.Waiting) + ")"
		}
		return label + " (`" + n.Detail + "`)"
	}
	return label
}

// fork tells where each branch begins, and what follows when all are done.
func (p *procedure) fork(n Node) {
	join := ""
	for _, m := range p.v.nodes {
		if m.Kind == process.PointJoin && m.Branch == n.Branch && m.Label == n.Label {
			join = m.ID
		}
	}
	for _, name := range n.Options {
		for _, e := range p.g.Edges {
			if e.From == n.ID && e.Outcome == name && e.To != join {
				p.line("    - %s: %s", escapeMarkdown(name), p.goal(e.To))
			}
		}
	}
	for _, l := range p.v.lines {
		switch {
		case l.from != join || join == "":
		case l.label == "" || l.label == "done":
			p.line("    - when all are done: %s", p.goal(l.to))
		case l.label == string(process.Failed):
			p.line("    - when one of them failed: %s", p.goal(l.to))
		default:
			p.line("    - when all are done, %s: %s", escapeMarkdown(l.label), p.goal(l.to))
		}
	}
}

func (p *procedure) ways(id string) {
	for _, l := range p.v.lines {
		switch {
		case l.from != id:
		case l.label == "":
			p.line("    - then %s", p.goal(l.to))
		default:
			p.line("    - %s: %s", escapeMarkdown(l.label), p.goal(l.to))
		}
	}
}

// goal names where a way leads.
func (p *procedure) goal(id string) string {
	n := p.g.Node(id)
	switch n.Kind {
	case process.PointEnd:
		return "the process ends: **" + escapeMarkdown(n.Label) + "**"
	case process.PointJoin:
		return "this branch is done"
	}
	return fmt.Sprintf("go to step %d (%s)", p.number[id], escapeMarkdown(n.Label))
}

func (p *procedure) endings() {
	p.line("\n## Endings\n")
	for _, n := range p.v.nodes {
		if n.Kind == process.PointEnd && slices.Contains(p.g.Process.Endings, n.Label) {
			p.line("- **%s**", escapeMarkdown(n.Label))
		}
	}
	var failing, cancellable []string
	for _, e := range p.g.Edges {
		n := p.g.Node(e.From)
		if n.Kind == process.PointJoin || !p.g.isTrouble(e) || !slices.ContainsFunc(p.v.nodes, func(m Node) bool { return m.ID == n.ID }) {
			continue
		}
		list := &failing
		if e.Outcome == string(process.Cancelled) {
			list = &cancellable
		}
		if label := quote(escapeMarkdown(n.Label)); !slices.Contains(*list, label) {
			*list = append(*list, label)
		}
	}
	p.line("\n## When something goes wrong\n")
	if len(failing) > 0 {
		p.line("- A provider that stays down is tried again for a day. Then %s may fail; unless the steps say otherwise, the process ends as failed.", strings.Join(failing, ", "))
	}
	if len(cancellable) > 0 {
		p.line("- The process can be cancelled while it stands at %s; unless the steps say otherwise, it ends as cancelled.", strings.Join(cancellable, ", "))
	}
	if len(failing)+len(cancellable) == 0 {
		p.line("- Its steps are tried until they succeed, and there is no wait at which it could be cancelled.")
	}
}

// escapeMarkdown keeps words from being read as markup.
func escapeMarkdown(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if strings.ContainsRune("\\`*_[]<>#|", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
