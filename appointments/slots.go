package appointments

import (
	"slices"
	"time"
)

// Interval is a stretch of time. Until is no longer part of it.
type Interval struct {
	From  time.Time `json:"from_at"`
	Until time.Time `json:"until_at"`
}

func (i Interval) overlaps(o Interval) bool { return i.From.Before(o.Until) && o.From.Before(i.Until) }

// Diary is what is known of a giver's time.
type Diary struct {
	// Working are the stretches of working time; an appointment lies within one of them.
	Working []Interval
	// Taken is everything that keeps the giver from giving one, buffers and absences included, in any order.
	Taken []Interval
}

// Slots lists the starts of the appointments of a type that a giver could give, those that begin from from on and before
// until, in order. Times begin with each stretch of working time and come after each other by the type's grid.
func Slots(t Type, d Diary, from, until time.Time) []time.Time {
	length, step := t.Duration.Duration(), t.Grid.Duration()
	before, after := t.buffers()
	if length <= 0 || step <= 0 {
		return nil
	}
	taken := merged(d.Taken)
	var starts []time.Time
	for _, work := range d.Working {
		at := work.From
		if behind := from.Sub(at); behind > 0 {
			at = at.Add((behind + step - 1) / step * step)
		}
		for ; at.Before(until) && !at.Add(length).After(work.Until); at = at.Add(step) {
			if !hits(taken, Interval{at.Add(-before), at.Add(length + after)}) {
				starts = append(starts, at.UTC())
			}
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	return slices.CompactFunc(starts, time.Time.Equal)
}

// merged puts intervals in order and joins those that touch.
func merged(list []Interval) []Interval {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Interval) int { return a.From.Compare(b.From) })
	var out []Interval
	for _, i := range list {
		if !i.Until.After(i.From) {
			continue
		}
		if last := len(out) - 1; last >= 0 && !i.From.After(out[last].Until) {
			if i.Until.After(out[last].Until) {
				out[last].Until = i.Until
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

// hits reports whether an interval overlaps one of a merged list.
func hits(taken []Interval, i Interval) bool {
	at, _ := slices.BinarySearchFunc(taken, i.From, func(t Interval, from time.Time) int {
		if t.Until.After(from) {
			return 1
		}
		return -1
	})
	return at < len(taken) && taken[at].overlaps(i)
}
