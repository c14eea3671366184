package calendar

import "time"

// Stretch is a piece of working time within one day, as instants. To is no longer part of it.
type Stretch struct{ From, To time.Time }

// Stretches lists the working time that overlaps the time from from to to, whole and in order: the first may begin
// before, the last end after.
func (c Calendar) Stretches(from, to time.Time) []Stretch {
	var list []Stretch
	if !c.worksAtAll() {
		return nil
	}
	for at := from; ; {
		next := c.firstEndingAfter(at)
		if !next.from.Before(to) {
			return list
		}
		list = append(list, Stretch{next.from, next.to})
		at = next.to
	}
}
