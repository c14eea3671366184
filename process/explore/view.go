package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/perdura/perdura/process"
)

// view is a Graph as it is shown: without what every process has in common (failures, refusals and cancellations that
// simply end the run), with the parts of a step folded into it, and with one line between two places.
type view struct {
	nodes []Node
	lines []line
}

// line is all edges from one node to another.
type line struct {
	from, to string
	label    string
	// trouble is set when only failures and cancellations go this way.
	trouble bool
	back    bool
}

// Draw changes how a map is drawn.
type Draw func(*drawing)

type drawing struct{ everything bool }

// Everything also shows failures and cancellations that simply end the run, the parts of steps, and where a run goes on
// as a new one.
func Everything() Draw { return func(d *drawing) { d.everything = true } }

func (g *Graph) view(opts []Draw) view {
	var d drawing
	for _, opt := range opts {
		opt(&d)
	}
	edges := g.Edges
	if !d.everything {
		edges = g.withoutRenewals(edges)
		edges = slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool {
			return g.endsBadly(e.To) && (g.isTrouble(e) || strings.HasPrefix(e.Outcome, "refused: "))
		})
		g = g.fold(edges)
		edges = g.Edges
	}
	reach := map[string]bool{g.Nodes[0].ID: true}
	for grown := true; grown; {
		grown = false
		for _, e := range edges {
			if reach[e.From] && !reach[e.To] {
				reach[e.To], grown = true, true
			}
		}
	}
	var v view
	for _, n := range g.Nodes {
		if reach[n.ID] {
			v.nodes = append(v.nodes, n)
		}
	}
	shown := &Graph{Process: g.Process, Nodes: v.nodes}
	for _, e := range edges {
		if reach[e.From] {
			shown.Edges = append(shown.Edges, e)
		}
	}
	shown.markLoops()
	v.lines = shown.lines()
	return v
}

// isTrouble tells whether an edge is a failure or a cancellation. Whatever spoils one branch has spoilt the fork.
func (g *Graph) isTrouble(e Edge) bool {
	if g.Node(e.From).Kind == process.PointJoin {
		return e.Outcome != "done"
	}
	return e.Outcome == string(process.Failed) || e.Outcome == string(process.Cancelled)
}

// endsBadly tells whether id is an ending that says no more than that the run failed or was cancelled.
func (g *Graph) endsBadly(id string) bool {
	n := g.Node(id)
	return n.Kind == process.PointEnd && !slices.Contains(g.Process.Endings, n.Label) &&
		(n.Label == string(process.Cancelled) || n.Label == string(process.Failed))
}

// withoutRenewals leads the edges into a renewal to where the run goes on without one.
func (g *Graph) withoutRenewals(edges []Edge) []Edge {
	for _, n := range g.Nodes {
		if n.Kind != process.PointRenewal {
			continue
		}
		var in, out, others []Edge
		for _, e := range edges {
			switch {
			case e.To == n.ID:
				in = append(in, e)
			case e.From == n.ID && e.Outcome == "no":
				out = append(out, e)
			case e.From != n.ID:
				others = append(others, e)
			}
		}
		for _, i := range in {
			for _, o := range out {
				i.To = o.To
				others = append(others, i)
			}
		}
		edges = others
	}
	return edges
}

// lines joins the edges between each two places and words what stands on them.
func (g *Graph) lines() []line {
	var lines []line
	words := map[[2]string][]string{}
	for _, e := range g.Edges {
		pair := [2]string{e.From, e.To}
		if _, ok := words[pair]; !ok {
			lines = append(lines, line{from: e.From, to: e.To, trouble: true, back: e.Back})
		}
		words[pair] = append(words[pair], g.wording(e))
		for i := range lines {
			if lines[i].from == e.From && lines[i].to == e.To {
				lines[i].trouble = lines[i].trouble && g.isTrouble(e)
			}
		}
	}
	for i := range lines {
		l := &lines[i]
		if g.saysNothing(l.from) {
			continue
		}
		all := words[[2]string{l.from, l.to}]
		if g.Node(l.from).Kind == process.PointJoin && slices.Contains(all, "") {
			continue // goes on whatever became of the branches
		}
		all = slices.DeleteFunc(all, func(w string) bool { return w == "" })
		if plain := slices.IndexFunc(all, func(w string) bool { return w == "again" || strings.HasPrefix(w, "after ") }); plain >= 0 {
			all = all[plain : plain+1] // whatever the outcome
		}
		if len(all) > manyWords && g.parts(l.from) {
			all = []string{"otherwise"}
		}
		l.label = strings.Join(slices.Compact(all), " / ")
	}
	return lines
}

// manyWords are more outcomes on one line than anybody reads.
const manyWords = 3

// saysNothing tells whether the outcomes of a node need no words: there is one way on, or branches begin.
func (g *Graph) saysNothing(id string) bool {
	kind := g.Node(id).Kind
	if kind == process.PointFork || kind == PointStart {
		return true
	}
	outcomes := map[string]bool{}
	for _, e := range g.Edges {
		if e.From == id {
			outcomes[e.Outcome] = true
		}
	}
	if kind == process.PointDecision || kind == process.PointInput {
		return false
	}
	if kind == process.PointWait && len(outcomes) > 1 {
		return false
	}
	return !g.parts(id)
}

// parts tells whether the ways on from a node lead to several places.
func (g *Graph) parts(id string) bool {
	targets := map[string]bool{}
	for _, e := range g.Edges {
		if e.From == id {
			targets[e.To] = true
		}
	}
	return len(targets) > 1
}

// wording says when an edge is taken. Where the same outcome leads to several places, the count of visits may tell.
func (g *Graph) wording(e Edge) string {
	others, later := false, false
	for _, o := range g.Edges {
		if o.From == e.From && o.Outcome == e.Outcome && o.To != e.To {
			others = true
			later = later || o.Last >= e.First
		}
	}
	word := e.Outcome
	switch {
	case word == "done":
		word = ""
	case g.Node(e.From).Kind == process.PointJoin && word != string(process.Cancelled):
		word = string(process.Failed) // which refusal it was stands in the branch
	}
	switch {
	case !others && word == "":
		return e.Outcome
	case !others:
		return word
	case e.First == e.Last && e.First > 1 && !later:
		return strings.TrimSpace(fmt.Sprintf("%s after %d times", word, e.First))
	case e.Back:
		return strings.TrimSpace(word + " again")
	default:
		return word
	}
}
