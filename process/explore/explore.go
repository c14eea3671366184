// Package explore runs a process through every outcome of every step, wait, decision and child, without a server and
// without waiting. The process's real code runs, on Temporal's test environment with its virtual clock; only the world
// around it is pretended, from the examples in the contracts. What comes out is what can happen: the paths, the map
// that is drawn from them, the written procedure, and whatever is wrong (panics, hangs, endings that nobody declared,
// answers that never occur).
//
// # What is tried
//
// Outside parallel branches and loops, every combination of outcomes is run. Two things would multiply without end and
// are reduced; each has an option that lifts the reduction:
//
//   - Parallel branches: on one path at most two branches of a fork leave their first option (Together, Product). So
//     every single and every pairwise combination of what branches do is run, and a result that needs three branches to
//     differ at once may be missed.
//   - Loops: the first two visits of a point branch out; from the third on, the point answers as it did before (Fan).
//     A limit of retries or reminders is so reached by answering alike until it ends. Mixtures that first differ at a
//     third visit may be missed.
//
// Neither loses an option: one that no path has taken yet is always run, whatever the reductions say. While a process is
// explored its steps take no time, so parallel branches run one after the other unless a time limit passes; orders of
// interleaving are not tried.
package explore

import (
	"errors"
	"fmt"
	"time"

	"github.com/perdura/perdura/process"
)

// Option changes how far a search goes.
type Option func(*settings)

type settings struct {
	starts   []time.Time
	fan      int
	visits   int
	points   int
	paths    int
	wall     time.Duration
	together int
}

// At sets the business instants at which runs begin, for processes that look at the calendar; one Monday, 09:00 UTC,
// when not given. Every outcome is tried from each.
func At(starts ...time.Time) Option { return func(s *settings) { s.starts = starts } }

// Fan sets how many visits of the same point on a path branch out (2): see the package's words on loops.
func Fan(visits int) Option { return func(s *settings) { s.fan = visits } }

// Visits bounds how often a path may come to the same point (50); a path that goes on is cut and marked as repeating.
func Visits(n int) Option { return func(s *settings) { s.visits = n } }

// Points bounds the points on one path (2000); a longer path is cut and marked as too long.
func Points(n int) Option { return func(s *settings) { s.points = n } }

// Paths bounds how many paths are run (5000). Those that take an option for the first time are run first, so a search
// that stops here has missed combinations rather than options. Result.Limits says whether that happened.
func Paths(n int) Option { return func(s *settings) { s.paths = n } }

// Within bounds the time of the search (one minute). It is a safety net: its results differ from machine to machine.
func Within(d time.Duration) Option { return func(s *settings) { s.wall = d } }

// Together sets how many branches of one fork may leave their first option on the same path (2).
func Together(branches int) Option { return func(s *settings) { s.together = branches } }

// Product runs the full product of what parallel branches may do.
func Product() Option { return func(s *settings) { s.together = 1 << 30 } }

// Result is what a search found.
type Result struct {
	Process process.Description
	Paths   []Path
	Graph   *Graph
	// Limits says in words which bounds ended the search or cut paths short; empty when everything was run that the
	// package's words on reductions promise.
	Limits []string
	// Reduced counts the alternatives that the reductions for branches and loops left out.
	Reduced int
	Elapsed time.Duration

	coverage *coverage
}

// Run explores def. It errs when an option makes no sense; what is wrong with the process is told by Result.Check.
func Run(def process.Definition, opts ...Option) (*Result, error) {
	s := settings{
		starts: []time.Time{time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)},
		fan:    2, visits: 50, points: 2000, paths: 5000, wall: time.Minute, together: 2,
	}
	for _, opt := range opts {
		opt(&s)
	}
	if def == nil {
		return nil, errors.New("explore: there is no process to explore: pass its Process variable")
	}
	if s.fan < 1 || s.visits < s.fan || s.points < 1 || s.paths < 1 || s.wall <= 0 || s.together < 1 || len(s.starts) == 0 {
		return nil, fmt.Errorf("explore %s: every bound must be positive, and Visits no lower than Fan", def.Describe().Name)
	}
	began := time.Now()
	search := newSearch(def, s)
	search.run()
	r := search.result()
	r.Elapsed = time.Since(began)
	return r, nil
}
