package gate

import (
	"bytes"
	"cmp"
	"time"
)

// staleAfter is how long after its time a waiting message still counts as one that wants the day. One that has not come
// by then belongs to a run that is gone.
const staleAfter = time.Hour

// collisionFrom is the first day, from t on, on which the message is among the first that want the person. What left
// that day has its place; the others are ranked with all that wait for the day, whenever in it they are due. The ranking
// is one order for all who ask, so that two messages never wait for each other: the first in it may always go.
func (c *deliberation) collisionFrom(t time.Time) time.Time {
	limit := c.policy.Collisions.MaxPerDay
	if limit == 0 {
		return t
	}
	for !c.placed(t, limit) {
		if c.policy.Collisions.Overflow == OverflowRefuse {
			return never
		}
		t = nextDay(t, c.zone)
		if t.After(c.deadline()) {
			return t
		}
	}
	return t
}

func (c *deliberation) held() bool { return c.now.Before(c.holdEnd()) }

// placed reports whether the message is among the first on the day of t.
func (c *deliberation) placed(t time.Time, limit int) bool {
	left := make([]time.Time, len(c.facts.Sent))
	for i, s := range c.facts.Sent {
		left[i] = s.At
	}
	places := limit - c.sameDay(left, t)
	if places <= 0 {
		return false
	}
	// While it is held nobody knows who else will come: only what has left can turn it away.
	if c.held() {
		return true
	}
	day, end := dateOf(t, c.zone), nextDay(t, c.zone)
	own := Bid{ID: c.request.MessageID, AskedAt: c.asked(), Department: c.request.Department}
	ahead := 0
	for _, bid := range c.facts.Bids {
		if bid.ID == own.ID || bid.DueAt.Before(c.now.Add(-staleAfter)) || dateOf(bid.DueAt, c.zone) != day {
			continue
		}
		if c.policy.before(bid, own, end) {
			ahead++
		}
	}
	return ahead < places
}

// before is the order of bids on a day that ends at end: those whose patience is at an end, the oldest first; then
// by priority, by when they were first brought to the gate, and by id.
func (p Policy) before(a, b Bid, end time.Time) bool {
	if ap, bp := p.outOfPatience(a, end), p.outOfPatience(b, end); ap || bp {
		if ap != bp {
			return ap
		}
		return elder(a, b) < 0
	}
	return cmp.Or(cmp.Compare(p.Departments[b.Department], p.Departments[a.Department]), elder(a, b)) < 0
}

func elder(a, b Bid) int {
	return cmp.Or(a.AskedAt.Compare(b.AskedAt), bytes.Compare(a.ID[:], b.ID[:]))
}

func (p Policy) outOfPatience(b Bid, end time.Time) bool {
	patience := time.Duration(p.Collisions.PatienceHours) * time.Hour
	return patience > 0 && end.Sub(b.AskedAt) >= patience
}
