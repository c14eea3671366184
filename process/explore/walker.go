package explore

import (
	"slices"
	"sync"

	"github.com/perdura/perdura/process"
)

// spot identifies a point: the same kind and words in the same branch are the same place on the map.
type spot struct {
	kind          process.PointKind
	branch, label string
}

func spotOf(p process.Point) spot { return spot{p.Kind, p.Branch, p.Label} }

// choice is one answer that the walker gave.
type choice struct {
	spot    spot
	options []string
	taken   int
	visit   int // 1 for the first visit of the spot on this path
}

// fork is one passage through a parallel section.
type fork struct {
	branch string // where it stands
	number int
}

// inFork says that a branch belongs to a passage of a fork.
type inFork struct {
	fork *fork
	name string
}

// walker answers for the world along one path: first as its prefix says, then with first options.
type walker struct {
	settings *settings
	prefix   []choice

	mu       sync.Mutex // a path that never yields is left behind on its goroutine
	over     bool
	choices  []choice
	moves    []Move
	visits   map[spot]int
	last     map[spot]string
	branches map[string]inFork
	// forkOf holds, for each choice, the passages that its branch belonged to.
	forkOf [][]inFork
	fate   Fate
	why    string
}

func newWalker(s *settings, prefix []choice) *walker {
	return &walker{settings: s, prefix: prefix, visits: map[spot]int{}, last: map[spot]string{}, branches: map[string]inFork{}}
}

// stop is the panic that leaves a path.
type stop struct{}

func (w *walker) leave(fate Fate, why string) {
	w.fate, w.why, w.over = fate, why, true
	panic(stop{})
}

// Choose answers a point.
func (w *walker) Choose(p process.Point) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.come(p)
	taken := 0
	switch n := len(w.choices); {
	case n < len(w.prefix):
		was := w.prefix[n]
		if was.spot != s || was.taken >= len(p.Options) || was.options[was.taken] != p.Options[was.taken] {
			w.leave(Undecided, "the same answers led once to "+was.spot.label+", once to "+s.label)
		}
		taken = was.taken
	case w.visits[s] > w.settings.fan:
		taken = max(0, slices.Index(p.Options, w.last[s]))
	}
	w.last[s] = p.Options[taken]
	w.choices = append(w.choices, choice{s, p.Options, taken, w.visits[s]})
	w.forkOf = append(w.forkOf, w.forksAround(p.Branch))
	w.moves = append(w.moves, Move{p, p.Options[taken]})
	return taken
}

// Note records what the code decided itself.
func (w *walker) Note(p process.Point, taken string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.Kind == process.PointWait && w.overruled(p, taken) {
		return
	}
	s := w.come(p)
	w.moves = append(w.moves, Move{p, taken})
	if p.Kind == process.PointFork {
		passage := &fork{branch: p.Branch, number: w.visits[s]}
		for _, name := range p.Options {
			w.branches[branchName(p, name)] = inFork{passage, name}
		}
	}
}

// come counts a visit and cuts the path when it has made too many.
func (w *walker) come(p process.Point) spot {
	if w.over {
		panic(stop{})
	}
	s := spotOf(p)
	w.visits[s]++
	switch {
	case w.visits[s] > w.settings.visits && p.Kind == process.PointWait && len(p.Options) == 0:
		w.leave(Hung, "after a cancellation it comes to the wait "+quote(p.Label)+" without end: return when a wait answers \"\"")
	case w.visits[s] > w.settings.visits:
		w.leave(Repeats, "it came to "+quote(p.Label)+" more often than explore.Visits allows")
	case len(w.moves) >= w.settings.points:
		w.leave(TooLong, "it has more points than explore.Points allows")
	}
	return s
}

// overruled corrects the last answer of a wait that was cancelled while its time passed.
func (w *walker) overruled(p process.Point, taken string) bool {
	for i := len(w.moves) - 1; i >= 0; i-- {
		m := &w.moves[i]
		if m.Point.Branch != p.Branch {
			continue
		}
		if spotOf(m.Point) == spotOf(p) && m.Taken == process.TimedOut {
			m.Taken = taken
			return true
		}
		return false
	}
	return false
}

// forksAround lists the passages that a branch belongs to, the outermost last.
func (w *walker) forksAround(branch string) []inFork {
	var around []inFork
	for branch != "" {
		in, ok := w.branches[branch]
		if !ok {
			break
		}
		around = append(around, in)
		branch = in.fork.branch
	}
	return around
}

// branchName is the name that the kit gives to a branch of the fork at p.
func branchName(p process.Point, name string) string {
	if p.Branch == "" {
		return p.Label + "/" + name
	}
	return p.Branch + "/" + p.Label + "/" + name
}

func quote(s string) string { return "“" + s + "”" }
