package explore

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	laneWidth  = 26.0
	wordsWide  = 30 // letters of a row of words on a line
	wordHeight = 16.5
)

// drawLines draws the ways on, and then their words above all of them.
func (l *layout) drawLines(out *bytes.Buffer) {
	var words placed
	lane := 0
	for _, r := range l.routes {
		style := `stroke="#475569" stroke-width="1.5"`
		if r.trouble {
			style = `stroke="#b91c1c" stroke-width="1.3" stroke-dasharray="5 4"`
		}
		var path string
		var x, y float64
		if r.back {
			path, x, y = l.backwards(r, lane)
			lane++
		} else {
			path, x, y = l.downwards(r)
		}
		fmt.Fprintf(out, `<path d="%s" fill="none" %s marker-end="url(#tip)"/>`+"\n", path, style)
		words.add(r.label, x, y, r.back)
	}
	words.draw(out)
}

// downwards leads a line from bend to bend, and puts its words where lines have parted.
func (l *layout) downwards(r route) (path string, x, y float64) {
	var b strings.Builder
	from := &l.boxes[r.through[0]]
	x, y = l.leaves(r.through[0], r.through[1]), from.y+from.h/2
	fmt.Fprintf(&b, "M%.1f %.1f", x, y)
	wordX, wordY := x, y
	for i, id := range r.through[1:] {
		to := &l.boxes[id]
		toX, toY := to.x, to.y-to.h/2
		if to.node != nil {
			toX = l.arrives(id, r.through[i])
		}
		fmt.Fprintf(&b, " C%.1f %.1f %.1f %.1f %.1f %.1f", x, y+rankGap*0.6, toX, toY-rankGap*0.6, toX, toY)
		if i == 0 {
			wordX, wordY = x+(toX-x)*0.6, y+(toY-y)*0.58
		}
		x, y = toX, toY
		if to.node == nil {
			y = to.y + l.tallest(to.rank)/2
			fmt.Fprintf(&b, " V%.1f", y)
		}
	}
	return b.String(), wordX, wordY
}

// leaves spreads the lines that leave a box along its lower side; arrives those that come to its upper side.
func (l *layout) leaves(id, to int) float64 { return l.spread(id, l.boxes[id].down, to) }

func (l *layout) arrives(id, from int) float64 { return l.spread(id, l.boxes[id].up, from) }

func (l *layout) spread(id int, ends []int, other int) float64 {
	b := &l.boxes[id]
	left := 0
	for _, e := range ends {
		if l.boxes[e].x < l.boxes[other].x {
			left++
		}
	}
	step := min(28, (b.w-40)/float64(max(1, len(ends))))
	if b.node == nil {
		return b.x
	}
	return b.x + (float64(left)-float64(len(ends)-1)/2)*step
}

func (l *layout) tallest(rank int) float64 {
	h := 0.0
	for _, id := range l.ranks[rank] {
		h = max(h, l.boxes[id].h)
	}
	return h
}

// backwards leads a loop up along the right side of the map, each in a lane of its own.
func (l *layout) backwards(r route, lane int) (path string, x, y float64) {
	from, to := &l.boxes[r.through[0]], &l.boxes[r.through[1]]
	right := 0.0
	for _, b := range l.boxes {
		if b.rank >= min(from.rank, to.rank)-1 && b.rank <= max(from.rank, to.rank) {
			right = max(right, b.x+b.w/2)
		}
	}
	right += 18 + float64(lane)*laneWidth*0.6
	// It leaves by the side where nothing stands beside it, else from below; it arrives from above, so that it crosses
	// no box.
	var b strings.Builder
	y1 := from.y
	if rank := l.ranks[from.rank]; rank[len(rank)-1] == r.through[0] {
		fmt.Fprintf(&b, "M%.1f %.1f H%.1f", from.x+from.w/2, y1, right-8)
	} else {
		y1 = from.y - from.h/2 + l.tallest(from.rank) + 10
		fmt.Fprintf(&b, "M%.1f %.1f V%.1f H%.1f", from.x+from.w/2-16, from.y+from.h/2, y1, right-8)
	}
	y2 := to.y - l.tallest(to.rank)/2 - 14
	fmt.Fprintf(&b, " Q%.1f %.1f %.1f %.1f V%.1f Q%.1f %.1f %.1f %.1f", right, y1, right, y1-8, y2+8, right, y2, right-8, y2)
	in := to.x + to.w/2 - 18
	fmt.Fprintf(&b, " H%.1f Q%.1f %.1f %.1f %.1f V%.1f", in+8, in, y2, in, y2+8, to.y-to.h/2)
	return b.String(), right + 4, (y1 + y2) / 2
}

// placed are words on lines, moved apart where they would cover each other.
type placed []struct {
	text                     string
	left, top, right, bottom float64
}

func (p *placed) add(text string, x, y float64, startsHere bool) {
	for _, line := range wrap(text, wordsWide) {
		if text == "" {
			return
		}
		w := textWidth(line)*0.87 + 6
		left := x - w/2
		if startsHere {
			left = x
		}
		for moved := true; moved; {
			moved = false
			for _, o := range *p {
				if left < o.right && left+w > o.left && y-8 < o.bottom && y+8 > o.top {
					y, moved = o.bottom+8.5, true
				}
			}
		}
		*p = append(*p, struct {
			text                     string
			left, top, right, bottom float64
		}{line, left, y - 8, left + w, y + 8})
	}
}

func (p placed) draw(out *bytes.Buffer) {
	for _, w := range p {
		fmt.Fprintf(out, `<rect x="%.1f" y="%.1f" width="%.1f" height="15" rx="3" fill="#ffffff" fill-opacity="0.92"/>`, w.left, w.top, w.right-w.left)
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="12" fill="#1e293b">%s</text>`+"\n",
			(w.left+w.right)/2, w.top+12, escapeXML(w.text))
	}
}
