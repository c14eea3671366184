package gate

import (
	"slices"
	"time"

	"github.com/perdura/perdura/process/calendar"
)

// timeRule names the first instant at or after t with which it agrees; the zero time when there is none.
type timeRule struct {
	name   string
	reason string
	from   func(t time.Time) time.Time
}

// never is the answer of a rule that will not agree any more.
var never time.Time

// timing are the time rules of the message, in their order.
func (c *deliberation) timing() []timeRule {
	hours := timeRule{"hours", QuietHours, c.hoursRuleFrom()}
	if !c.marketing() {
		return []timeRule{hours}
	}
	return []timeRule{
		{"newcomer", NewCustomer, c.newcomerFrom},
		{"collision-hold", CollisionHold, c.holdFrom},
		hours,
		{"frequency-cap", FrequencyCap, c.capsFrom},
		{"collision", Collision, c.collisionFrom},
	}
}

// newcomerFrom keeps topics from people who have just become customers.
func (c *deliberation) newcomerFrom(t time.Time) time.Time {
	if c.facts.LifecycleSince.IsZero() || !c.policy.customer(c.facts.Lifecycle) {
		return t
	}
	for _, n := range c.policy.Newcomers {
		if len(n.Topics) > 0 && !slices.Contains(n.Topics, c.request.Topic) {
			continue
		}
		settled := c.facts.LifecycleSince.In(c.zone).AddDate(0, 0, n.Days)
		if !t.Before(settled) {
			continue
		}
		if n.Then == OverflowRefuse {
			return never
		}
		t = settled
	}
	return t
}

// holdFrom holds what is new at the gate until it is known who else wants the person today.
func (c *deliberation) holdFrom(t time.Time) time.Time {
	if end := c.holdEnd(); t.Before(end) {
		return end
	}
	return t
}

// holdEnd is when the hold of this message is over.
func (c *deliberation) holdEnd() time.Time {
	if c.policy.Collisions.MaxPerDay == 0 {
		return c.asked()
	}
	return c.asked().Add(time.Duration(c.policy.Collisions.WindowMinutes) * time.Minute)
}

// hoursRule is the rule of the policy that speaks of the message; nil when none does.
func (c *deliberation) hoursRule() *HoursRule {
	class := Marketing
	if !c.marketing() {
		class = Transactional
	}
	for i, h := range c.policy.Hours {
		if h.Class == class && (len(h.Topics) == 0 || slices.Contains(h.Topics, c.request.Topic)) &&
			(len(h.Channels) == 0 || slices.Contains(h.Channels, c.channel)) &&
			(len(h.Countries) == 0 || slices.Contains(h.Countries, c.facts.Country)) {
			return &c.policy.Hours[i]
		}
	}
	return nil
}

// hoursRuleFrom makes the rule of the hours where the person lives.
func (c *deliberation) hoursRuleFrom() func(time.Time) time.Time {
	rule := c.hoursRule()
	if rule == nil {
		return func(t time.Time) time.Time { return t }
	}
	d := calendar.Definition{Zone: c.zone.String(), Week: rule.Open}
	if rule.QuietOnHolidays {
		d.Country = holidaysOf(c.facts.Country, c.facts.Region)
	}
	open, err := calendar.New(d)
	if err != nil { // the check of the policy lets none such pass
		return func(time.Time) time.Time { return never }
	}
	return open.Next
}

// capsFrom waits until none of the caps is reached.
func (c *deliberation) capsFrom(t time.Time) time.Time {
	for i := 0; i < len(c.policy.Caps); {
		next := c.capFrom(c.policy.Caps[i], t)
		if next.Equal(t) {
			i++
			continue
		}
		t, i = next, 0
	}
	return t
}

// capFrom is the first instant from t on at which one more message stays within a cap.
func (c *deliberation) capFrom(rule Cap, t time.Time) time.Time {
	if !rule.covers(Sent{Channel: c.channel, Department: c.request.Department, Topic: c.request.Topic, Template: c.request.Template}) {
		return t
	}
	var counted []time.Time
	for _, s := range c.facts.Sent {
		if rule.covers(s) {
			counted = append(counted, s.At)
		}
	}
	window := rule.window()
	if window == 0 {
		for c.sameDay(counted, t) >= rule.Max {
			t = nextDay(t, c.zone)
		}
		return t
	}
	if len(counted) < rule.Max {
		return t
	}
	// Once the Max-th youngest has left the window, there is room for one more.
	slices.SortFunc(counted, func(a, b time.Time) int { return b.Compare(a) })
	if free := counted[rule.Max-1].Add(window); t.Before(free) {
		return free
	}
	return t
}

// covers reports whether a cap counts a message.
func (rule Cap) covers(s Sent) bool {
	return (rule.Channel == "" || rule.Channel == s.Channel) && (rule.Department == "" || rule.Department == s.Department) &&
		(rule.Topic == "" || rule.Topic == s.Topic) && (rule.Template == "" || rule.Template == s.Template)
}

// sameDay counts the instants that fall on the person's calendar day of t.
func (c *deliberation) sameDay(instants []time.Time, t time.Time) (n int) {
	day := dateOf(t, c.zone)
	for _, at := range instants {
		if dateOf(at, c.zone) == day {
			n++
		}
	}
	return n
}
