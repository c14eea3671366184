package explore

import (
	"cmp"
	"slices"

	"github.com/perdura/perdura/process"
)

// The layout is the layered one of Sugiyama, Tagawa and Toda (1981): places in ranks from top to bottom, long lines
// bent at every rank they cross, few crossings by barycentres, positions as near to their neighbours as room allows.

const (
	rankGap   = 62.0 // between two ranks; words of lines stand there
	boxGap    = 26.0 // between two boxes of a rank
	bendWidth = 18.0
	sweeps    = 16
)

// box is a place, or the bend of a long line.
type box struct {
	node       *Node // nil for a bend
	branch     string
	text       []string
	small      string
	w, h       float64
	x, y       float64 // its centre
	rank       int
	up, down   []int // neighbours in the ranks above and below
	wish, slot float64
}

// route is a drawn line: the boxes it passes, from the upper to the lower, or straight from box to box when back.
type route struct {
	line
	through []int
}

type layout struct {
	boxes  []box
	ranks  [][]int
	routes []route
	w, h   float64
}

func newLayout(v view) *layout {
	l := &layout{}
	index := map[string]int{}
	for i := range v.nodes {
		index[v.nodes[i].ID] = i
		l.boxes = append(l.boxes, boxOf(&v.nodes[i]))
	}
	l.rank(v, index)
	for _, line := range v.lines {
		from, to := index[line.from], index[line.to]
		r := route{line: line, through: []int{from}}
		if !line.back {
			for rank := l.boxes[from].rank + 1; rank < l.boxes[to].rank; rank++ {
				l.boxes = append(l.boxes, box{w: bendWidth, rank: rank, branch: v.nodes[from].Branch})
				r.through = append(r.through, len(l.boxes)-1)
			}
		}
		r.through = append(r.through, to)
		l.routes = append(l.routes, r)
		for i := 1; i < len(r.through) && !line.back; i++ {
			a, b := r.through[i-1], r.through[i]
			l.boxes[a].down = append(l.boxes[a].down, b)
			l.boxes[b].up = append(l.boxes[b].up, a)
		}
	}
	l.fillRanks()
	l.order()
	l.sortBranches(v)
	l.place()
	l.partBranches(v)
	l.frame()
	return l
}

// rank gives each place the length of the longest way to it, loops aside.
func (l *layout) rank(v view, index map[string]int) {
	for range v.nodes { // relaxing once for each node settles every acyclic graph
		changed := false
		for _, line := range v.lines {
			from, to := &l.boxes[index[line.from]], &l.boxes[index[line.to]]
			if !line.back && to.rank <= from.rank {
				to.rank, changed = from.rank+1, true
			}
		}
		if !changed {
			return
		}
	}
}

// fillRanks sorts boxes into ranks in the order of a walk from the start, which keeps branches together.
func (l *layout) fillRanks() {
	deepest := 0
	for _, b := range l.boxes {
		deepest = max(deepest, b.rank)
	}
	l.ranks = make([][]int, deepest+1)
	seen := make([]bool, len(l.boxes))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		l.ranks[l.boxes[i].rank] = append(l.ranks[l.boxes[i].rank], i)
		for _, d := range l.boxes[i].down {
			visit(d)
		}
	}
	for i := range l.boxes {
		visit(i)
	}
}

// order lessens crossings: each rank is sorted by where its neighbours stand, downwards and upwards in turn. The best
// order that was met is kept.
func (l *layout) order() {
	l.number()
	best, fewest := l.copyRanks(), l.crossings()
	for sweep := 0; sweep < sweeps && fewest > 0; sweep++ {
		for i := range l.ranks {
			rank, neighbours := i, func(b *box) []int { return b.up }
			if sweep%2 == 1 {
				rank, neighbours = len(l.ranks)-1-i, func(b *box) []int { return b.down }
			}
			for _, id := range l.ranks[rank] {
				b := &l.boxes[id]
				b.wish = b.slot
				if near := neighbours(b); len(near) > 0 {
					b.wish = l.mean(near, func(n *box) float64 { return n.slot })
				}
			}
			slices.SortStableFunc(l.ranks[rank], func(a, b int) int { return cmp.Compare(l.boxes[a].wish, l.boxes[b].wish) })
			for slot, id := range l.ranks[rank] {
				l.boxes[id].slot = float64(slot)
			}
		}
		if n := l.crossings(); n < fewest {
			best, fewest = l.copyRanks(), n
		}
	}
	l.ranks = best
	l.number()
}

func (l *layout) number() {
	for _, rank := range l.ranks {
		for slot, id := range rank {
			l.boxes[id].slot = float64(slot)
		}
	}
}

func (l *layout) copyRanks() [][]int {
	c := make([][]int, len(l.ranks))
	for i := range l.ranks {
		c[i] = slices.Clone(l.ranks[i])
	}
	return c
}

func (l *layout) crossings() int {
	n := 0
	for _, rank := range l.ranks {
		for i, a := range rank {
			for _, b := range rank[i+1:] {
				for _, x := range l.boxes[a].down {
					for _, y := range l.boxes[b].down {
						if l.boxes[x].slot > l.boxes[y].slot {
							n++
						}
					}
				}
			}
		}
	}
	return n
}

func (l *layout) mean(ids []int, of func(*box) float64) float64 {
	sum := 0.0
	for _, id := range ids {
		sum += of(&l.boxes[id])
	}
	return sum / float64(len(ids))
}

// room is what a rank needs below it, beyond rankGap, for words that have to stand below each other.
func (l *layout) room(rank []int) float64 {
	most := 0
	for _, id := range rank {
		rows := 0
		for _, r := range l.routes {
			if !r.back && r.label != "" && r.through[0] == id {
				rows += len(wrap(r.label, wordsWide))
			}
		}
		most = max(most, rows)
	}
	return min(float64(max(0, most-3))*wordHeight, rankGap)
}

// place works out coordinates. Each rank is moved as near as it can to what lies above, then below, in turn.
func (l *layout) place() {
	y := 0.0
	for _, rank := range l.ranks {
		tallest, x := 0.0, 0.0
		for _, id := range rank {
			b := &l.boxes[id]
			tallest = max(tallest, b.h)
			b.x = x + b.w/2
			x += b.w + boxGap
		}
		for _, id := range rank {
			l.boxes[id].y = y + tallest/2
		}
		y += tallest + rankGap + l.room(rank)
	}
	for sweep := range sweeps {
		for i := range l.ranks {
			rank := l.ranks[i]
			if sweep%2 == 1 {
				rank = l.ranks[len(l.ranks)-1-i]
			}
			for _, id := range rank {
				b := &l.boxes[id]
				near := b.up
				if sweep%2 == 1 {
					near = b.down
				}
				if sweep >= sweeps-2 {
					near = append(slices.Clone(b.up), b.down...)
				}
				b.wish = b.x
				if len(near) > 0 {
					b.wish = l.mean(near, func(n *box) float64 { return n.x })
				}
			}
			l.settle(rank)
		}
	}
}

// frame moves the drawing to the upper left corner and measures it.
func (l *layout) frame() {
	left, right := l.boxes[0].x, l.boxes[0].x
	for _, b := range l.boxes {
		left, right = min(left, b.x-b.w/2), max(right, b.x+b.w/2)
	}
	for i := range l.boxes {
		l.boxes[i].x -= left
	}
	last := l.ranks[len(l.ranks)-1]
	l.w, l.h = right-left, l.boxes[last[0]].y+l.tallest(len(l.ranks)-1)/2
}

// settle gives the boxes of a rank the positions that differ least from their wishes (in squares) and do not overlap:
// boxes that would overlap are joined into blocks, each placed at the mean of what its boxes wish.
func (l *layout) settle(rank []int) {
	type block struct {
		from      int // the first box of the rank in it
		sum, size float64
	}
	offset := make([]float64, len(rank)) // from the first box of the rank, when all stand side by side
	for i := 1; i < len(rank); i++ {
		a, b := l.boxes[rank[i-1]], l.boxes[rank[i]]
		offset[i] = offset[i-1] + a.w/2 + boxGap + b.w/2
		if a.branch != b.branch {
			offset[i] += 16
		}
	}
	var blocks []block
	for i, id := range rank {
		blocks = append(blocks, block{i, l.boxes[id].wish - offset[i], 1})
		for n := len(blocks); n > 1 && blocks[n-2].sum/blocks[n-2].size > blocks[n-1].sum/blocks[n-1].size; n = len(blocks) {
			blocks[n-2].sum += blocks[n-1].sum
			blocks[n-2].size += blocks[n-1].size
			blocks = blocks[:n-1]
		}
	}
	for i, b := range blocks {
		to := len(rank)
		if i+1 < len(blocks) {
			to = blocks[i+1].from
		}
		for j := b.from; j < to; j++ {
			l.boxes[rank[j]].x = b.sum/b.size + offset[j]
		}
	}
}

// boxOf sizes the box of a place for its words.
func boxOf(n *Node) box {
	b := box{node: n, branch: n.Branch, text: wrap(n.Label, 26)}
	switch n.Kind {
	case process.PointWait:
		b.small = "waits " + n.Detail
	case process.PointChild:
		b.small = "process " + n.Detail
	case process.PointStep:
		if n.Waiting != "" {
			b.small = "may " + n.Waiting
		}
	case process.PointFork:
		b.small = "at the same time"
	case process.PointJoin:
		b.small = "all done"
	case pointReturn:
		b.text, b.small = nil, n.Label
	}
	widest := textWidth(b.small) * 0.85
	for _, line := range b.text {
		widest = max(widest, textWidth(line))
	}
	b.w = max(widest+36, 110)
	if n.Kind == pointReturn {
		b.w = widest + 28
	}
	b.h = float64(len(b.text))*lineHeight + 20
	if b.small != "" {
		b.h += lineHeight
	}
	switch n.Kind {
	case process.PointDecision, process.PointWait:
		b.w += 24
	}
	return b
}
