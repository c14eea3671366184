package explore

import "github.com/perdura/perdura/process"

// coverage counts how often each option of each point was taken.
type coverage struct {
	order  []spot
	points map[spot]*pointCover
	ends   map[string]int
}

type pointCover struct {
	detail  string
	options []string
	taken   map[string]int
}

func newCoverage() *coverage {
	return &coverage{points: map[spot]*pointCover{}, ends: map[string]int{}}
}

func (c *coverage) add(p Path) {
	if p.Fate == Ended || p.Fate == Strayed {
		c.ends[p.Ending]++
	}
	for _, m := range p.Moves {
		switch m.Point.Kind {
		case process.PointFork, process.PointJoin, process.PointEnd:
			continue
		}
		s := spotOf(m.Point)
		pc, ok := c.points[s]
		if !ok {
			pc = &pointCover{detail: m.Point.Detail, taken: map[string]int{}}
			c.points[s] = pc
			c.order = append(c.order, s)
		}
		for _, o := range m.Point.Options {
			pc.know(o)
		}
		pc.know(m.Taken)
		pc.taken[m.Taken]++
	}
}

func (p *pointCover) know(option string) {
	if _, ok := p.taken[option]; !ok {
		p.taken[option] = 0
		p.options = append(p.options, option)
	}
}

func (c *coverage) took(s spot, option string) bool {
	pc, ok := c.points[s]
	return ok && pc.taken[option] > 0
}
