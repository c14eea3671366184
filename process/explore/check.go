package explore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/perdura/perdura/process"
)

// Problem is one thing that is wrong with a process, or with its examples.
type Problem struct {
	// Text says what is wrong and what to do.
	Text string
	// Path shows it, when a path does.
	Path *Path
}

func (p Problem) Error() string {
	if p.Path == nil {
		return p.Text
	}
	return p.Text + "\n    on the path: " + p.Path.String()
}

// Check tells everything that is wrong: panics, hangs, endings that are not declared or not reached, options that
// no path takes. The error joins one Problem for each; nil means that there is none.
func (r *Result) Check() error {
	var all []error
	for _, p := range r.Problems() {
		all = append(all, p)
	}
	return errors.Join(all...)
}

// Problems lists what Check joins.
func (r *Result) Problems() []Problem {
	found := r.brokenPaths()
	if !slices.ContainsFunc(r.Paths, func(p Path) bool { return p.Fate == Ended || p.Fate == Strayed }) {
		found = append(found, Problem{Text: "no path comes to an end: let the process return, or continue as new (process.Continue)"})
	}
	for _, e := range r.Process.Endings {
		if r.coverage.ends[e] == 0 {
			found = append(found, Problem{Text: fmt.Sprintf("the ending %q is never reached: add an example (Yields, NewSignal, NewUpdate, Given) that leads there, or take it out of process.Ends%s", e, r.caveat())})
		}
	}
	for _, s := range r.coverage.order {
		for _, o := range r.coverage.points[s].options {
			if r.coverage.points[s].taken[o] == 0 {
				found = append(found, Problem{Text: fmt.Sprintf("option %q of %s is never taken: %s%s", o, describeSpot(s), remedy(s.kind), r.caveat())})
			}
		}
	}
	return found
}

// brokenPaths tells each panic, hang and undeclared ending once, by the first path that has it.
func (r *Result) brokenPaths() []Problem {
	var found []Problem
	told := map[string]bool{}
	tell := func(key, text string, p *Path) {
		if !told[key] {
			told[key] = true
			found = append(found, Problem{Text: text, Path: p})
		}
	}
	for i := range r.Paths {
		p := &r.Paths[i]
		switch p.Fate {
		case Panicked:
			tell("panic"+p.Trouble, "the code panics: "+p.Trouble, p)
		case Hung:
			tell("hang"+p.Trouble+p.lastSpot().label, fmt.Sprintf("the run hangs after %s: %s. Bound the wait, or wait for something that can come", describeSpot(p.lastSpot()), p.Trouble), p)
		case Strayed:
			tell("end"+p.Ending, fmt.Sprintf("the process ends %q, which it does not declare: add it to process.Ends", p.Ending), p)
		case Undecided:
			tell("undecided", "the code is not deterministic: "+p.Trouble+". Take time, chance and map order out of it", p)
		}
	}
	return found
}

func (p *Path) lastSpot() spot {
	if len(p.Moves) == 0 {
		return spot{kind: PointStart, label: "the start"}
	}
	return spotOf(p.Moves[len(p.Moves)-1].Point)
}

// caveat reminds that a search which was cut may not have come there.
func (r *Result) caveat() string {
	if len(r.Limits) == 0 && r.Reduced == 0 {
		return ""
	}
	why := slices.Clone(r.Limits)
	if r.Reduced > 0 {
		why = append(why, "combinations of branches or loops were reduced: explore.Product and explore.Fan lift that")
	}
	return " (mind: " + strings.Join(why, "; ") + ")"
}

func describeSpot(s spot) string {
	where := ""
	if s.branch != "" {
		where = " in branch " + quote(s.branch)
	}
	kind := map[process.PointKind]string{
		process.PointDecision: "decision", process.PointStep: "step", process.PointWait: "wait", process.PointChild: "child",
		process.PointInput: "input", process.PointRenewal: "renewal", process.PointFork: "fork", process.PointJoin: "join",
		process.PointEnd: "end",
	}[s.kind]
	if kind == "" {
		return s.label
	}
	return kind + " " + quote(s.label) + where
}

func remedy(k process.PointKind) string {
	if k == process.PointDecision {
		return "add a Yields, signal or input example that leads there, or remove it"
	}
	return "the code before it never lets it happen; remove the example or mend the code"
}

// Summary says in one line what was explored.
func (r *Result) Summary() string {
	options, taken := 0, 0
	for _, pc := range r.coverage.points {
		for _, n := range pc.taken {
			options++
			if n > 0 {
				taken++
			}
		}
	}
	reached := 0
	for _, e := range r.Process.Endings {
		if r.coverage.ends[e] > 0 {
			reached++
		}
	}
	s := fmt.Sprintf("%s: %d paths in %s; %d of %d options at %d points taken; %d of %d endings reached",
		r.Process.Name, len(r.Paths), r.Elapsed.Round(100_000), taken, options, len(r.coverage.points), reached, len(r.Process.Endings))
	if r.Reduced > 0 {
		s += fmt.Sprintf("; %d combinations reduced", r.Reduced)
	}
	for _, l := range r.Limits {
		s += "; " + l
	}
	return s
}
