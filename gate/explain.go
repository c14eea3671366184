package gate

import "time"

// Finding is the answer of one rule, as it would be at that instant if there were no other rule.
type Finding struct {
	Rule   string // contact, address, suppression, topic, legal-basis, deadline, time-zone, newcomer, collision-hold, hours, frequency-cap, collision
	Answer Answer
	Reason string    // empty when it allows
	Until  time.Time // Shift: the first instant with which this rule agrees
}

// Explain is Decide with the answer of every rule, in their order. Where the contact or the time zone is not known, the
// rules that need it are left out.
func Explain(p Policy, f Facts, r Request, now time.Time) (Verdict, []Finding) {
	c, _ := choose(p, f, r, now)
	var findings []Finding
	say := func(rule, reason string) {
		answer := Allow
		if reason != "" {
			answer = Refuse
		}
		findings = append(findings, Finding{Rule: rule, Answer: answer, Reason: reason})
	}
	if c.channel == "" {
		say("channel", NotConfigured)
		return Decide(p, f, r, now), findings
	}
	for _, rule := range standingRules {
		say(rule.name, rule.ask(c))
		if !f.Known {
			return Decide(p, f, r, now), findings
		}
	}
	if now.After(c.deadline()) {
		say("deadline", Expired)
	} else {
		say("deadline", "")
	}
	if c.zone == nil {
		say("time-zone", c.unknownZone())
		return Decide(p, f, r, now), findings
	}
	for _, rule := range c.timing() {
		found := Finding{Rule: rule.name, Answer: Allow}
		switch next := rule.from(now); {
		case next.IsZero() || next.After(c.deadline()):
			found.Answer, found.Reason = Refuse, rule.reason
		case next.After(now):
			found.Answer, found.Reason, found.Until = Shift, rule.reason, next.UTC()
		}
		findings = append(findings, found)
	}
	return Decide(p, f, r, now), findings
}
