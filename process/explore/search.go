package explore

import (
	"fmt"
	"time"

	"github.com/perdura/perdura/process"
)

// search runs path after path. An alternative is a prefix of a path that was run, with another option at its end.
type search struct {
	def      process.Definition
	settings settings
	began    time.Time

	fresh []alternative // may take an option that no path has taken; looked at first
	rest  []alternative // combinations; those with the fewest alternatives in them first

	paths    []Path
	coverage *coverage
	reduced  int
	cut      map[Fate]int
	stopped  string
}

// alternative is the choices of an earlier path up to at, where option is taken instead.
type alternative struct {
	of     []choice
	at     int
	option int
	// surplus marks what the reductions leave out, unless the option is new.
	surplus bool
}

func (a alternative) prefix() []choice {
	p := append([]choice{}, a.of[:a.at+1]...)
	p[a.at].taken = a.option
	return p
}

func newSearch(def process.Definition, s settings) *search {
	return &search{def: def, settings: s, began: time.Now(), coverage: newCoverage(), cut: map[Fate]int{}}
}

func (s *search) run() {
	s.walk(nil)
	for s.stopped == "" {
		prefix, ok := s.next()
		if !ok {
			return
		}
		switch {
		case len(s.paths) >= s.settings.paths:
			s.stopped = fmt.Sprintf("the search stopped after %d paths: raise explore.Paths to run every combination", len(s.paths))
		case time.Since(s.began) > s.settings.wall:
			s.stopped = fmt.Sprintf("the search stopped after %s: raise explore.Within to run every combination", s.settings.wall)
		default:
			s.walk(prefix)
		}
	}
}

// next picks what to run: options that nobody took yet, the deepest first; then combinations.
func (s *search) next() ([]choice, bool) {
	for len(s.fresh) > 0 {
		a := s.fresh[len(s.fresh)-1]
		s.fresh = s.fresh[:len(s.fresh)-1]
		c := a.of[a.at]
		switch {
		case !s.coverage.took(c.spot, c.options[a.option]):
			return a.prefix(), true
		case a.surplus:
			s.reduced++
		default:
			s.rest = append(s.rest, a)
		}
	}
	if len(s.rest) == 0 {
		return nil, false
	}
	a := s.rest[0]
	s.rest = s.rest[1:]
	return a.prefix(), true
}

func (s *search) walk(prefix []choice) {
	w := newWalker(&s.settings, prefix)
	start := s.settings.starts[0]
	if len(s.settings.starts) > 1 {
		names := make([]string, len(s.settings.starts))
		for i, at := range s.settings.starts {
			names[i] = at.Format("Mon 2006-01-02 15:04 MST")
		}
		start = s.settings.starts[w.Choose(process.Point{Kind: process.PointInput, Label: "Starts", Options: names})]
	}
	p := drive(s.def, start, w)
	s.paths = append(s.paths, p)
	s.coverage.add(p)
	s.note(p)
	s.branchOut(w, len(prefix))
}

// note counts cut paths, and ends a search that cannot go on with sense.
func (s *search) note(p Path) {
	switch p.Fate {
	case Repeats, TooLong:
		s.cut[p.Fate]++
	case Undecided:
		s.stopped = "the search stopped: the process is not deterministic"
	case Hung:
		if p.Trouble != "nothing can make it go on" && time.Since(s.began) > stuck {
			s.stopped = "the search stopped: the code of a path did not come back"
		}
	}
}

// branchOut notes every other option of the points that w met beyond its prefix.
func (s *search) branchOut(w *walker, from int) {
	strays := map[*fork]map[string]bool{} // the branches of each passage that left their first option
	for i, c := range w.choices {
		if i >= from {
			surplus := c.visit > s.settings.fan || s.tooMany(strays, w.forkOf[i])
			for option := range c.options {
				switch {
				case option == c.taken:
				case surplus && s.coverage.took(c.spot, c.options[option]):
					s.reduced++
				default:
					s.fresh = append(s.fresh, alternative{w.choices, i, option, surplus})
				}
			}
		}
		if c.taken != 0 {
			for _, in := range w.forkOf[i] {
				if strays[in.fork] == nil {
					strays[in.fork] = map[string]bool{}
				}
				strays[in.fork][in.name] = true
			}
		}
	}
}

// tooMany tells whether one more stray branch around a point would exceed what may differ together.
func (s *search) tooMany(strays map[*fork]map[string]bool, around []inFork) bool {
	for _, in := range around {
		if set := strays[in.fork]; !set[in.name] && len(set) >= s.settings.together {
			return true
		}
	}
	return false
}

func (s *search) result() *Result {
	r := &Result{Process: s.def.Describe(), Paths: s.paths, Reduced: s.reduced, coverage: s.coverage}
	r.Graph = layOver(r.Process, s.paths)
	if s.stopped != "" {
		r.Limits = append(r.Limits, fmt.Sprintf("%s (%d alternatives were left)", s.stopped, len(s.fresh)+len(s.rest)))
	}
	if n := s.cut[Repeats]; n > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("%d of %d paths were cut because they repeat without end (explore.Visits is %d)", n, len(s.paths), s.settings.visits))
	}
	if n := s.cut[TooLong]; n > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("%d of %d paths were cut because they have more than %d points (explore.Points)", n, len(s.paths), s.settings.points))
	}
	return r
}
