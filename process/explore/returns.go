package explore

import "github.com/perdura/perdura/process"

// pointReturn is the kind of a mark in a drawing that says where the run goes back to.
const pointReturn process.PointKind = "return"

// loopsDrawn is how many lines back to one place are drawn. Where more lead back, nobody follows them with the eye: each
// ends at a mark that names the place.
const loopsDrawn = 3

// withReturns puts marks in place of lines, where too many lead back to one place.
func (v view) withReturns() view {
	loops, names := map[string]int{}, map[string]string{}
	for _, l := range v.lines {
		if l.back {
			loops[l.to]++
		}
	}
	for _, n := range v.nodes {
		names[n.ID] = n.Label
	}
	marked := view{nodes: append([]Node(nil), v.nodes...)}
	for _, l := range v.lines {
		if l.back && loops[l.to] > loopsDrawn {
			mark := Node{ID: "return_from_" + l.from + "_to_" + l.to, Kind: pointReturn, Label: "↺ " + names[l.to]}
			marked.nodes = append(marked.nodes, mark)
			l.to, l.back = mark.ID, false
		}
		marked.lines = append(marked.lines, l)
	}
	return marked
}
