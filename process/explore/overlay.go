package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/perdura/perdura/process"
)

// rounds bounds how often the overlay parts nodes: a chain of steps that undo others needs a round for each.
const rounds = 8

// overlay lays paths over each other. Points of the same words become one node. Only a step or child is parted when what
// follows shows that it is done in different situations: no way on from one arrival is ever taken from another.
type overlay struct {
	ids   map[spot]string
	parts map[arrival]int // which part of a node an arrival leads to; 0 for the first
	count map[string]int  // parts beyond the first, by node

	nodes []Node
	index map[string]int
	edges []Edge
	links map[link]int
	// onward holds, for each node and arrival, the ways on, in the order they were seen.
	arrivals map[string][]arrival
	onward   map[string]map[arrival][]link
}

// tail is the last place of a branch, how it was left, and how it had been reached.
type tail struct {
	node, outcome string
	by            arrival
}

// arrival is a way to come to a node: from where, with which outcome.
type arrival struct{ node, from, outcome string }

type link struct{ from, outcome, to string }

func layOver(d process.Description, paths []Path) *Graph {
	o := &overlay{ids: map[spot]string{}, parts: map[arrival]int{}, count: map[string]int{}}
	for range rounds {
		o.draw(d, paths)
		if !o.part() {
			break
		}
	}
	o.draw(d, paths)
	g := &Graph{Process: d, Nodes: o.nodes, Edges: o.edges}
	g.markLoops()
	return g
}

func (o *overlay) draw(d process.Description, paths []Path) {
	o.nodes, o.edges = nil, nil
	o.index, o.links = map[string]int{}, map[link]int{}
	o.arrivals, o.onward = map[string][]arrival{}, map[string]map[arrival][]link{}
	start := o.node(process.Point{Kind: PointStart, Label: "Start"}, 0)
	for _, p := range paths {
		o.add(d, start, p)
	}
}

func (o *overlay) add(d process.Description, start string, p Path) {
	tails := map[string]tail{"": {node: start}}
	visits := map[string]int{start: 1}
	for _, m := range p.Moves {
		point := m.Point
		if point.Kind == process.PointEnd {
			point.Label, point.Options = endLabel(d, m.Taken), nil
		}
		if point.Kind == process.PointJoin {
			id := o.node(point, 0)
			visits[id]++
			for _, name := range point.Options {
				o.link(tails[branchName(point, name)], id, visits)
			}
			tails[point.Branch] = tail{node: id, outcome: m.Taken}
			continue
		}
		from := tails[point.Branch]
		by := arrival{o.id(point), from.node, from.outcome}
		id := o.node(point, o.parts[by])
		o.link(from, id, visits)
		visits[id]++
		if point.Kind == process.PointFork {
			for _, name := range point.Options {
				tails[branchName(point, name)] = tail{node: id, outcome: name}
			}
			continue
		}
		if o.onward[id] == nil {
			o.onward[id] = map[arrival][]link{}
		}
		if _, known := o.onward[id][by]; !known {
			o.onward[id][by] = nil
			o.arrivals[id] = append(o.arrivals[id], by)
		}
		tails[point.Branch] = tail{id, m.Taken, by}
	}
}

// endLabel gives all failures one ending: the way there says which it was.
func endLabel(d process.Description, ending string) string {
	if !slices.Contains(d.Endings, ending) && strings.HasPrefix(ending, string(process.Failed)) {
		return string(process.Failed)
	}
	return ending
}

// id remembers the IDs of nodes, which every move of every path asks for.
func (o *overlay) id(p process.Point) string {
	s := spotOf(p)
	id, ok := o.ids[s]
	if !ok {
		id = nodeID(p)
		o.ids[s] = id
	}
	return id
}

func (o *overlay) node(p process.Point, part int) string {
	id := o.id(p)
	if part > 0 {
		id = fmt.Sprintf("%s_%d", id, part+1)
	}
	i, ok := o.index[id]
	if !ok {
		i = len(o.nodes)
		o.index[id] = i
		o.nodes = append(o.nodes, Node{ID: id, Kind: p.Kind, Branch: p.Branch, Label: p.Label, Detail: p.Detail})
	}
	for _, option := range p.Options {
		if n := &o.nodes[i]; !slices.Contains(n.Options, option) {
			n.Options = append(n.Options, option)
		}
	}
	return id
}

func (o *overlay) link(from tail, to string, visits map[string]int) {
	l := link{from.node, from.outcome, to}
	visit := visits[from.node]
	i, ok := o.links[l]
	if !ok {
		i = len(o.edges)
		o.links[l] = i
		o.edges = append(o.edges, Edge{From: l.from, To: to, Outcome: l.outcome, First: visit, Last: visit})
	}
	e := &o.edges[i]
	e.Passes++
	e.First, e.Last = min(e.First, visit), max(e.Last, visit)
	if seen := o.onward[from.node]; seen != nil && !slices.Contains(seen[from.by], l) {
		seen[from.by] = append(seen[from.by], l)
	}
}

// part gives the arrivals at a node that share no way on parts of their own. It returns false when nothing changed.
func (o *overlay) part() bool {
	changed := false
	for _, n := range o.nodes {
		if n.Kind != process.PointStep && n.Kind != process.PointChild {
			continue // the ways on of a decision or a wait differ because of what is decided there
		}
		var groups [][]arrival
		var ways [][]link
		for _, by := range o.arrivals[n.ID] {
			onward := o.onward[n.ID][by]
			merged, mergedWays := []arrival{by}, slices.Clone(onward)
			var keptGroups [][]arrival
			var keptWays [][]link
			for i := range groups {
				if len(onward) == 0 || len(ways[i]) == 0 || shareAny(ways[i], mergedWays) {
					merged = append(groups[i], merged...)
					mergedWays = append(ways[i], mergedWays...)
					continue
				}
				keptGroups, keptWays = append(keptGroups, groups[i]), append(keptWays, ways[i])
			}
			groups, ways = append(keptGroups, merged), append(keptWays, mergedWays)
		}
		slices.SortStableFunc(groups, func(a, b []arrival) int {
			return slices.Index(o.arrivals[n.ID], a[0]) - slices.Index(o.arrivals[n.ID], b[0])
		})
		for _, group := range groups[min(1, len(groups)):] {
			base := group[0].node
			o.count[base]++
			for _, by := range group {
				o.parts[by] = o.count[base]
			}
			changed = true
		}
	}
	return changed
}

func shareAny(a, b []link) bool {
	return slices.ContainsFunc(a, func(l link) bool { return slices.Contains(b, l) })
}
