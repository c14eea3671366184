package explore

import (
	"strings"

	"github.com/perdura/perdura/process"
)

// A step of the kit that does more than one thing names its parts after itself: "Send the letter: wait for a good time"
// belongs to "Send the letter". On a map such a step is one box, and what its parts decide leads on from there.

// fold returns the graph with each such step as one node. Parts of a step that stands in several places stay, since
// nobody could say whose they are.
func (g *Graph) fold(edges []Edge) *Graph {
	owner := g.owners()
	whose := func(id string) string {
		if to, part := owner[id]; part {
			return to
		}
		return id
	}
	folded := &Graph{Process: g.Process}
	for _, n := range g.Nodes {
		if _, part := owner[n.ID]; part {
			continue
		}
		for _, p := range g.Nodes {
			if owner[p.ID] == n.ID && p.Kind == process.PointWait {
				n.Waiting = strings.TrimPrefix(p.Label, n.Label+partSign)
			}
		}
		folded.Nodes = append(folded.Nodes, n)
	}
	index := map[link]int{}
	for _, e := range edges {
		from, to := whose(e.From), whose(e.To)
		if from == to && (from != e.From || to != e.To) {
			continue // from one part to another
		}
		if from != e.From && g.endsBadly(e.To) {
			continue // a cancelled step cleans up behind itself
		}
		if from != e.From {
			e = g.leaving(e, edges, owner)
		}
		e.From, e.To = from, to
		key := link{e.From, e.Outcome, e.To}
		if i, known := index[key]; known {
			joined := &folded.Edges[i]
			joined.Passes += e.Passes
			joined.First, joined.Last = min(joined.First, e.First), max(joined.Last, e.Last)
			continue
		}
		index[key] = len(folded.Edges)
		folded.Edges = append(folded.Edges, e)
	}
	return folded
}

const partSign = ": "

// owners maps the parts of steps to the steps.
func (g *Graph) owners() map[string]string {
	type place struct{ branch, label string }
	steps := map[place][]string{}
	for _, n := range g.Nodes {
		if n.Kind == process.PointStep {
			steps[place{n.Branch, n.Label}] = append(steps[place{n.Branch, n.Label}], n.ID)
		}
	}
	owner := map[string]string{}
	for _, n := range g.Nodes {
		whole, _, isPart := strings.Cut(n.Label, partSign)
		if at := steps[place{n.Branch, whole}]; isPart && len(at) == 1 && (n.Kind == process.PointStep || n.Kind == process.PointWait) {
			owner[n.ID] = at[0]
		}
	}
	return owner
}

// leaving words an edge that leaves a part: by its own outcome, or, where a part has only one way on, by how that part
// was come to.
func (g *Graph) leaving(e Edge, edges []Edge, owner map[string]string) Edge {
	if g.Node(e.From).Kind != process.PointStep {
		return e
	}
	var words []string
	for _, in := range edges {
		if in.To == e.From && owner[in.From] == owner[e.From] {
			words = append(words, g.wording(in))
		}
	}
	if len(words) > 0 {
		e.Outcome = strings.Join(words, " / ")
	}
	e.First, e.Last = 1, 1
	return e
}
