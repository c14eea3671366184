package feedback

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// SoftBounces is how many messages to one address have to bounce softly, one after the other and none delivered in
// between, before the address counts as dead. Mailboxes are full for a while; five messages of a policy that lets a few
// a week through is a fortnight and more.
const SoftBounces = 5

// Ways by which choices and bounces reach us, as consents and suppressions name them.
const (
	byBounce    = "bounce"
	byComplaint = "complaint"
	byStop      = "stop"
	byOneClick  = "one-click" // the provider's own link to unsubscribe
)

// heed does what the new reports oblige us to, person after person in the order of their ids.
func (b *batch) heed() error {
	var concern []*report
	for _, r := range b.reports {
		if e := b.entries[r.message]; !r.fresh || r.Filtered != "" || (e != nil && (e.Test || (!e.outside() && r.Reply == nil))) {
			continue
		}
		concern = append(concern, r)
	}
	slices.SortStableFunc(concern, func(a, c *report) int {
		if n := compareIDs(a.contact, c.contact); n != 0 {
			return n
		}
		return a.At.Compare(c.At)
	})
	soft, err := b.softBounces(concern)
	if err != nil {
		return err
	}
	for _, r := range concern {
		if err := b.heedOne(r, soft); err != nil && !errors.Is(err, consent.ErrAddress) && !errors.Is(err, consent.ErrUnknown) {
			return err // an address that is none, or a contact erased meanwhile, needs no more
		}
	}
	return nil
}

func (b *batch) heedOne(r *report, soft map[address]int) error {
	at, ok := b.reached(r)
	switch r.Kind {
	case Bounced:
		return b.suppress(r, at, consent.Bounce, byBounce)
	case SoftBounced:
		if ok && soft[at] >= SoftBounces {
			return b.suppress(r, at, consent.Bounce, byBounce)
		}
	case Complained:
		if err := b.suppress(r, at, consent.Complaint, byComplaint); err != nil || r.contact == uuid.Nil {
			return err
		}
		return consent.OptOut(b.ctx, b.tx, b.now, events.Choice{ContactID: r.contact}, by(byComplaint, r))
	case Unsubscribed:
		return b.optOut(r, at, byOneClick)
	case Replied:
		switch r.keyword() {
		case Stop:
			return b.optOut(r, at, byStop)
		case Start:
			return b.start(r, at)
		}
	}
	return nil
}

// reached is where the message of a report went to, or whence a reply came.
func (b *batch) reached(r *report) (address, bool) {
	if e := b.entries[r.message]; e != nil && r.Reply == nil {
		value, ok := consent.Canonical(e.Channel, e.Recipient, "")
		return address{e.Channel, value}, ok
	}
	return r.address()
}

func (b *batch) suppress(r *report, at address, reason, source string) error {
	if at.value == "" {
		return nil
	}
	return consent.Suppress(b.ctx, b.tx, b.now, consent.Suppression{
		Channel: at.channel, Address: at.value, Reason: reason, ContactID: r.contact,
	}, by(source, r))
}

// optOut ends marketing by the channel of a report.
func (b *batch) optOut(r *report, at address, source string) error {
	if err := b.suppress(r, at, consent.Unsubscribe, source); err != nil || r.contact == uuid.Nil {
		return err
	}
	return consent.OptOut(b.ctx, b.tx, b.now, events.Choice{ContactID: r.contact, Channel: at.channel}, by(source, r))
}

// start takes back a STOP that came before it. Marketing goes on only for those who had agreed to it once: the word
// START takes back a refusal and is no consent by itself.
func (b *batch) start(r *report, at address) error {
	if at.value == "" {
		return nil
	}
	standing, err := query.New().ListStandingUnsubscribes(b.ctx, b.tx, query.ListStandingUnsubscribesParams{
		Channel: at.channel, Address: at.value, Before: r.At,
	})
	if err != nil || len(standing) == 0 {
		return err
	}
	for _, id := range standing {
		if err := consent.Lift(b.ctx, b.tx, b.now, id, by(byStop, r)); err != nil {
			return err
		}
	}
	if r.contact == uuid.Nil {
		return nil
	}
	granted, err := query.New().EverGranted(b.ctx, b.tx, query.EverGrantedParams{ContactID: r.contact, Purpose: consent.SMSMarketing})
	if err != nil || !granted {
		return err
	}
	return consent.OptIn(b.ctx, b.tx, b.now, events.Choice{ContactID: r.contact, Purpose: consent.SMSMarketing, Channel: at.channel}, by(byStop, r))
}

// softBounces counts, for the addresses that bounced softly now, the soft bounces in a row.
func (b *batch) softBounces(reports []*report) (map[address]int, error) {
	var recipients []string
	for _, r := range reports {
		if e := b.entries[r.message]; r.Kind == SoftBounced && e != nil {
			recipients = append(recipients, e.Recipient)
		}
	}
	if len(recipients) == 0 {
		return nil, nil
	}
	rows, err := query.New().CountSoftBounces(b.ctx, b.tx, recipients)
	if err != nil {
		return nil, err
	}
	times := map[address]int{}
	for _, row := range rows {
		if value, ok := consent.Canonical(row.Channel, row.Recipient, ""); ok {
			times[address{row.Channel, value}] += int(row.Times)
		}
	}
	return times, nil
}

func by(source string, r *report) consent.By {
	return consent.By{Source: source, Actor: audit.Record{ActorKind: audit.System, ActorID: "feedback", Reason: "reported by " + r.Provider + " on " + r.At.Format(time.DateOnly)}}
}
