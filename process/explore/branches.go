package explore

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/perdura/perdura/process"
)

// frame is the box behind what belongs to one parallel branch.
type frame struct {
	branch                   string
	left, top, right, bottom float64
}

// places counts the branches of each fork, so that they stand side by side in the order the code names them.
func (v view) places() map[string]int {
	at := map[string]int{}
	for _, n := range v.nodes {
		if n.Kind != process.PointFork {
			continue
		}
		for i, name := range n.Options {
			at[branchName(process.Point{Branch: n.Branch, Label: n.Label}, name)] = i
		}
	}
	return at
}

// siblings returns the branches of one fork that a and b lie in; ok is false when no fork parts them.
func siblings(at map[string]int, a, b string) (x, y string, ok bool) {
	for x = a; x != ""; x = outer(at, x) {
		for y = b; y != ""; y = outer(at, y) {
			if x != y && strings.HasPrefix(y, parent(x)) && parent(x) == parent(y) {
				return x, y, true
			}
		}
	}
	return "", "", false
}

// parent is the name of the fork of a branch; outer the branch that the fork stands in.
func parent(branch string) string { return branch[:strings.LastIndex(branch, "/")+1] }

func outer(at map[string]int, branch string) string {
	for {
		i := strings.LastIndex(branch, "/")
		if i < 0 {
			return ""
		}
		branch = branch[:i]
		if _, ok := at[branch]; ok {
			return branch
		}
	}
}

// sortBranches lets neighbours of a rank that lie in branches of one fork change places until these stand in order.
func (l *layout) sortBranches(v view) {
	at := v.places()
	for _, rank := range l.ranks {
		for range rank {
			for i := 1; i < len(rank); i++ {
				x, y, ok := siblings(at, l.boxes[rank[i-1]].branch, l.boxes[rank[i]].branch)
				if ok && at[x] > at[y] {
					rank[i-1], rank[i] = rank[i], rank[i-1]
				}
			}
		}
	}
	l.number()
}

// partBranches moves branches to the right until those of one fork do not overlap.
func (l *layout) partBranches(v view) {
	at := v.places()
	for range 4 * len(at) {
		moved := false
		frames := l.frames()
		for _, a := range frames {
			for _, b := range frames {
				x, y, ok := siblings(at, a.branch, b.branch)
				if !ok || x != a.branch || y != b.branch || at[x] >= at[y] || a.right+4 <= b.left || moved {
					continue
				}
				l.moveRight(b.branch, a.right+12-b.left)
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// moveRight moves a branch, and whatever stands to the right of it.
func (l *layout) moveRight(branch string, by float64) {
	for _, rank := range l.ranks {
		found := false
		for _, id := range rank {
			in := l.boxes[id].branch
			found = found || in == branch || strings.HasPrefix(in, branch+"/")
			if found {
				l.boxes[id].x += by
			}
		}
	}
}

// frames measures the boxes behind branches, the outermost first.
func (l *layout) frames() []*frame {
	var frames []*frame
	byName := map[string]*frame{}
	for _, b := range l.boxes {
		if b.branch == "" {
			continue
		}
		f := byName[b.branch]
		if f == nil {
			f = &frame{b.branch, b.x - b.w/2 - 10, b.y - b.h/2 - 24, b.x + b.w/2 + 10, b.y + b.h/2 + 10}
			byName[f.branch] = f
			frames = append(frames, f)
		}
		f.left, f.top = min(f.left, b.x-b.w/2-10), min(f.top, b.y-b.h/2-24)
		f.right, f.bottom = max(f.right, b.x+b.w/2+10), max(f.bottom, b.y+b.h/2+10)
	}
	slices.SortStableFunc(frames, func(a, b *frame) int { return len(a.branch) - len(b.branch) })
	for _, f := range slices.Backward(frames) {
		for _, inner := range frames { // a branch holds the branches of the forks in it
			if strings.HasPrefix(inner.branch, f.branch+"/") {
				f.left, f.top = min(f.left, inner.left-8), min(f.top, inner.top-20)
				f.right, f.bottom = max(f.right, inner.right+8), max(f.bottom, inner.bottom+8)
			}
		}
	}
	return frames
}

func (l *layout) drawBranches(out *bytes.Buffer) {
	for _, f := range l.frames() {
		title := f.branch[strings.LastIndex(f.branch, "/")+1:]
		fmt.Fprintf(out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8" fill="#64748b" fill-opacity="0.08" stroke="#94a3b8" stroke-dasharray="3 3"/>`,
			f.left, f.top, f.right-f.left, f.bottom-f.top)
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" font-size="12" font-weight="bold" fill="#334155">%s</text>`+"\n", f.left+6, f.top+14, escapeXML(title))
	}
}
