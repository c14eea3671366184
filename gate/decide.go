package gate

import (
	"slices"
	"strings"
	"time"

	"github.com/perdura/perdura/activities/provider"
)

// Decide says whether a message may leave at now, in business time. It is pure: the same arguments give the same verdict.
//
// The rules, in their order:
//
//  1. Standing rules, which refuse for good: the contact exists; a channel is possible; the person has an address for it;
//     the address is not suppressed; the topic is wanted; there is a legal basis. With several channels, the preferred one
//     first, the first that passes is taken; when none does, the first with an address gives the reason.
//  2. The deadline: ExpiresAt, or the policy's longest shift after AskedAt. Past it the message is refused as expired.
//  3. Time rules, each of which names the first instant it agrees with: newcomers, the collision hold, hours, caps,
//     collisions. The message is shifted to the first instant with which all of them agree; the reason is that of the
//     first rule that did not agree now. When there is no such instant before the deadline, it is refused with that same
//     reason, which says more than "expired" would.
//
// A transactional message knows suppressions of scope all, the deadline and hours, and no other rule.
func Decide(p Policy, f Facts, r Request, now time.Time) Verdict {
	c, reason := choose(p, f, r, now)
	v := c.verdict()
	if reason != "" {
		v.Answer, v.Reason = Refuse, reason
		return v
	}
	if r.Test {
		v.Answer = Allow
		return v
	}
	if reason := c.knowable(); reason != "" {
		v.Answer, v.Reason = Refuse, reason
		return v
	}
	at, reason := c.settle()
	switch {
	case at.IsZero():
		v.Answer, v.Reason = Refuse, reason
	case at.After(now):
		v.Answer, v.Reason, v.Until = Shift, reason, at.UTC()
	default:
		v.Answer = Allow
	}
	return v
}

// deliberation is one request on its way to a verdict.
type deliberation struct {
	policy  Policy
	facts   Facts
	request Request
	now     time.Time
	channel provider.Channel
	purpose string         // of this channel
	zone    *time.Location // nil when unknown
}

// choose finds the channel, and the reason why there is none.
func choose(p Policy, f Facts, r Request, now time.Time) (*deliberation, string) {
	candidates := channels(f, r)
	c := &deliberation{policy: p, facts: f, request: r, now: now, zone: p.TimeZone.zone(f)}
	var first *deliberation
	var why string
	for _, channel := range candidates {
		try := *c
		try.channel, try.purpose = channel, purposeOn(r.Purpose, channel)
		reason := try.standing()
		if reason == "" {
			return &try, ""
		}
		// "no address" is the weakest of reasons: another channel has more to say.
		if first == nil || why == NoAddress && reason != NoAddress {
			first, why = &try, reason
		}
	}
	if first == nil {
		return c, NotConfigured
	}
	return first, why
}

// channels are the possible ones, in the order in which they are tried.
func channels(f Facts, r Request) []provider.Channel {
	if r.Channel != "" {
		if len(r.Channels) > 0 && !slices.Contains(r.Channels, r.Channel) {
			return nil
		}
		return []provider.Channel{r.Channel}
	}
	list := slices.Clone(r.Channels)
	if i := slices.Index(list, f.Preferred); i > 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, f.Preferred)
	}
	return list
}

// purposeOn is the purpose that a message needs on a channel. A consent to e-mail is none to text messages: a purpose
// that is another channel's by its name becomes that channel's own, and without any it is the channel's marketing.
func purposeOn(purpose string, channel provider.Channel) string {
	if purpose == "" {
		return string(channel) + "_marketing"
	}
	prefix, rest, found := strings.Cut(purpose, "_")
	if own := provider.Channel(prefix); found && (own == provider.Email || own == provider.SMS) && own != channel {
		return string(channel) + "_" + rest
	}
	return purpose
}

func (c *deliberation) verdict() Verdict {
	return Verdict{
		Channel: c.channel, Address: c.facts.Addresses[c.channel], Priority: c.policy.Departments[c.request.Department],
		Language: c.facts.Language, Track: c.tracks(),
	}
}

// tracks reports whether opens and clicks of the message may be recorded.
func (c *deliberation) tracks() bool {
	switch c.policy.Tracking.Mode {
	case TrackAlways:
		return true
	case TrackWithConsent:
		return c.facts.Consents[c.policy.Tracking.Purpose]
	default:
		return false
	}
}

// deadline is the last instant at which the message may leave.
func (c *deliberation) deadline() time.Time {
	if !c.request.ExpiresAt.IsZero() {
		return c.request.ExpiresAt
	}
	return c.asked().Add(time.Duration(c.policy.LongestShiftHours) * time.Hour)
}

// asked is when the message came to the gate first: now, unless the ledger says otherwise.
func (c *deliberation) asked() time.Time {
	if c.request.AskedAt.IsZero() {
		return c.now
	}
	return c.request.AskedAt
}

func (c *deliberation) marketing() bool { return c.request.Class != Transactional }

// knowable refuses what has expired, and what depends on hours that nobody knows.
func (c *deliberation) knowable() string {
	if c.now.After(c.deadline()) {
		return Expired
	}
	return c.unknownZone()
}

// unknownZone refuses what has to keep to hours or days that nobody knows.
func (c *deliberation) unknownZone() string {
	if c.zone == nil && (c.marketing() || c.hoursRule() != nil) {
		return UnknownTime
	}
	return ""
}

// settle finds the first instant, from now on, with which all time rules agree, and the reason of the first rule that
// does not agree with now. A zero instant means that there is none before the deadline.
func (c *deliberation) settle() (at time.Time, reason string) {
	rules, deadline := c.timing(), c.deadline()
	at = c.now
	for agreed := 0; agreed < len(rules); {
		rule := rules[agreed]
		next := rule.from(at)
		if next.Equal(at) {
			agreed++
			continue
		}
		if reason == "" {
			reason = rule.reason
		}
		if next.IsZero() || next.After(deadline) {
			return time.Time{}, reason
		}
		// Time only goes on, so this ends at the deadline at the latest; whoever agreed before is asked again.
		at, agreed = next, 0
	}
	return at, reason
}
