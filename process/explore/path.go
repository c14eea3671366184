package explore

import (
	"fmt"
	"strings"

	"github.com/perdura/perdura/process"
)

// Fate says how a path came to its end.
type Fate string

const (
	Ended     Fate = "ended"      // the process returned
	Repeats   Fate = "repeats"    // cut: it came to the same point too often
	TooLong   Fate = "too long"   // cut: it has too many points
	Panicked  Fate = "panicked"   // the code panicked
	Hung      Fate = "hung"       // nothing can ever make it go on
	Undecided Fate = "undecided"  // the same choices led elsewhere: the code is not deterministic
	Strayed   Fate = "undeclared" // it ended in a way that process.Ends does not list
)

// Move is one point of a path and how it was left.
type Move struct {
	Point process.Point
	Taken string
}

// Path is one way through a process.
type Path struct {
	Moves []Move
	Fate  Fate
	// Ending is the ending's name when the process returned.
	Ending string
	// Trouble says what went wrong and where, in words.
	Trouble string
}

// String writes the path as "Ask = done → Customer answers = timed out → ends: silent".
func (p Path) String() string {
	var parts []string
	for _, m := range p.Moves {
		switch m.Point.Kind {
		case process.PointFork, process.PointJoin, process.PointEnd, process.PointRenewal:
			continue
		}
		label := m.Point.Label
		if m.Point.Branch != "" {
			label = m.Point.Branch + ": " + label
		}
		parts = append(parts, label+" = "+m.Taken)
	}
	if n := len(parts); n > 24 {
		parts = append(append(parts[:12:12], fmt.Sprintf("… %d more …", n-24)), parts[n-12:]...)
	}
	switch p.Fate {
	case Ended, Strayed:
		parts = append(parts, "ends: "+p.Ending)
	default:
		parts = append(parts, string(p.Fate))
	}
	return strings.Join(parts, " → ")
}
