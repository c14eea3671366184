package gate

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
)

// Reach is how a person can be spoken to about nothing in particular: what the policy would say to a marketing message
// without a topic, apart from the hour.
type Reach struct {
	// Known is false when there is no such contact, when it was erased, or joined to another.
	Known    bool
	Customer bool
	// Zone is the person's, UTC when nothing is known of it.
	Zone *time.Location
	// Preferred is the channel that the person said they prefer; empty when they said nothing.
	Preferred provider.Channel
	Ways      []Way
}

// Way is a channel to a person.
type Way struct {
	Channel provider.Channel
	// Reason is why nothing may be sent by it; empty when it is open.
	Reason string
	// Declined means that the person does not want it, in so many words.
	Declined bool
}

// Reach looks at a person without holding them. What it says may be otherwise when the message leaves, which Admit
// decides. Errors are PostgreSQL's, or those of a policy that does not decode.
func (g *Gate) Reach(ctx context.Context, db query.DBTX, now time.Time, contact uuid.UUID) (Reach, error) {
	r := Request{ContactID: contact, Class: Marketing}
	row, err := query.New().GetGatePerson(ctx, db, query.GetGatePersonParams{Kind: Kind.Name(), Name: PolicyName, ID: contact})
	policy, facts, err := g.read(ctx, db, now, r, person(row), err)
	if err != nil {
		return Reach{}, fmt.Errorf("ask the policy gate how to reach contact %s: %w", contact, err)
	}
	out := Reach{
		Known: facts.Known, Customer: policy.policy.customer(facts.Lifecycle), Preferred: facts.Preferred,
		Zone: policy.policy.TimeZone.Of(facts.TimeZone, facts.Country),
	}
	for _, channel := range []provider.Channel{provider.Email, provider.SMS} {
		c := &deliberation{policy: policy.policy, facts: facts, request: r, now: now, zone: out.Zone, channel: channel, purpose: purposeOn("", channel)}
		out.Ways = append(out.Ways, Way{Channel: channel, Reason: c.standing(), Declined: facts.declined(channel, c.purpose)})
	}
	return out, nil
}

// declined reports whether the person said no to a channel.
func (f Facts) declined(channel provider.Channel, purpose string) bool {
	if granted, decided := f.Consents[purpose]; decided && !granted {
		return true
	}
	for _, s := range f.Suppressed {
		if s.Channel == channel && (s.Reason == consent.Unsubscribe || s.Reason == consent.Complaint) {
			return true
		}
	}
	return false
}

// Of is the time zone that counts for somebody of whom only so much is known; UTC when that is nothing.
func (r ZoneRule) Of(timeZone, country string) *time.Location {
	if zone := r.zone(Facts{TimeZone: timeZone, Country: country}); zone != nil {
		return zone
	}
	return time.UTC
}
