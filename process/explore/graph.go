package explore

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"

	"github.com/perdura/perdura/process"
)

// PointStart is the kind of the node where every run begins.
const PointStart process.PointKind = "start"

// Graph is the map of a process: what was seen on all paths, laid over each other.
type Graph struct {
	Process process.Description
	// Nodes stand in the order in which paths first came to them; the first is the start.
	Nodes []Node
	Edges []Edge
}

// Node is one place of the map. A step that is taken in several situations, and goes on differently in each, has one
// node for each.
type Node struct {
	// ID is made of letters, digits and underscores, and stays the same while kind, branch and label do.
	ID            string
	Kind          process.PointKind
	Branch, Label string
	Detail        string
	// Waiting is what a step may wait for before it is done, when that is folded into it: see view.
	Waiting string
	// Options are the ways on that the contract names, taken or not.
	Options []string
}

// Edge leads from one place to the next. Several edges may leave with the same outcome: the code then tells them apart
// by something it did not name as a decision, such as a count.
type Edge struct {
	From, To string
	// Outcome is the option taken at From; empty where there is only one way on.
	Outcome string
	// Passes counts how often paths went here.
	Passes int
	// First and Last are the lowest and highest visit of From, 1 for its first on a path, that left this way.
	First, Last int
	// Back marks an edge that leads to an earlier place: a loop.
	Back bool
}

// Node returns the node with that ID, or nil.
func (g *Graph) Node(id string) *Node {
	for i := range g.Nodes {
		if g.Nodes[i].ID == id {
			return &g.Nodes[i]
		}
	}
	return nil
}

// markLoops marks the edges that lead back to a place on the way that led to them, seen from the start.
func (g *Graph) markLoops() {
	out := map[string][]int{}
	for i := range g.Edges {
		g.Edges[i].Back = false
		out[g.Edges[i].From] = append(out[g.Edges[i].From], i)
	}
	const open, done = 1, 2
	seen := map[string]int{}
	var visit func(id string)
	visit = func(id string) {
		seen[id] = open
		for _, i := range out[id] {
			switch seen[g.Edges[i].To] {
			case open:
				g.Edges[i].Back = true
			case 0:
				visit(g.Edges[i].To)
			}
		}
		seen[id] = done
	}
	for _, n := range g.Nodes {
		if seen[n.ID] == 0 {
			visit(n.ID)
		}
	}
}

var notIDRune = regexp.MustCompile(`[^a-z0-9]+`)

func nodeID(p process.Point) string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s\x00%s\x00%s", p.Kind, p.Branch, p.Label)
	words := strings.Trim(notIDRune.ReplaceAllString(strings.ToLower(p.Label), "_"), "_")
	if len(words) > 32 {
		words = strings.TrimRight(words[:32], "_")
	}
	return fmt.Sprintf("%s_%s_%08x", p.Kind, words, h.Sum32())
}
