package explore

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/process"
)

// TestBoxesNeverOverlap lays out arbitrary maps: boxes stand apart, and every line that is no loop leads downwards.
func TestBoxesNeverOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 25).Draw(t, "places")
		g := &Graph{}
		for i := range n {
			label := rapid.StringMatching(`[A-Za-z]{1,12}( [a-z]{1,30}){0,6}`).Draw(t, "label")
			kind := rapid.SampledFrom([]process.PointKind{process.PointStep, process.PointWait, process.PointDecision, process.PointChild}).Draw(t, "kind")
			g.Nodes = append(g.Nodes, Node{ID: fmt.Sprint("n", i), Kind: kind, Label: label, Detail: "x"})
		}
		seen := map[[2]int]bool{}
		link := func(from, to int) {
			if !seen[[2]int{from, to}] {
				seen[[2]int{from, to}] = true
				g.Edges = append(g.Edges, Edge{From: g.Nodes[from].ID, To: g.Nodes[to].ID, Outcome: "o"})
			}
		}
		for i := 1; i < n; i++ { // every place can be reached
			link(rapid.IntRange(0, i-1).Draw(t, "parent"), i)
		}
		for range rapid.IntRange(0, 30).Draw(t, "more") {
			link(rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to"))
		}
		g.markLoops()
		l := newLayout(g.view(nil))
		for i, a := range l.boxes {
			require.GreaterOrEqual(t, a.x-a.w/2, -0.01)
			require.LessOrEqual(t, a.x+a.w/2, l.w+0.01)
			for _, b := range l.boxes[:i] {
				apart := a.x+a.w/2 <= b.x-b.w/2+0.01 || b.x+b.w/2 <= a.x-a.w/2+0.01 || a.y+a.h/2 <= b.y-b.h/2 || b.y+b.h/2 <= a.y-a.h/2
				require.True(t, apart, "%v and %v", a, b)
			}
		}
		for _, r := range l.routes {
			from, to := l.boxes[r.through[0]], l.boxes[r.through[len(r.through)-1]]
			require.True(t, r.back || from.y < to.y, "%s to %s", r.from, r.to)
		}
		_, err := g.SVG()
		require.NoError(t, err)
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{""}, wrap("", 5))
	require.Equal(t, []string{"ab cd", "ef"}, wrap("ab  cd ef", 5))
	require.Equal(t, []string{"äöüßé", "x y"}, wrap("äöüßéx y", 5), "a long word is cut between letters, not within one")
}
