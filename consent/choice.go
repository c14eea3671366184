package consent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// OptOut withdraws what c names: the consent of a purpose, a topic, or, with neither, every purpose known of the person
// that is not of another channel than the one given, and the addresses of that channel (both without one), which are
// suppressed for marketing. Courses that the person takes by that channel end, unless only another purpose or a topic is meant.
// It emits contact.opted-out when that changed anything. Errors: ErrUnknown, or PostgreSQL's.
func OptOut(ctx context.Context, tx pgx.Tx, now time.Time, c events.Choice, by By) error {
	p, err := lock(ctx, tx, now, c.ContactID, by)
	if err != nil {
		return fmt.Errorf("opt out: %w", err)
	}
	changed, err := p.choose(ctx, c, false)
	if err != nil {
		return fmt.Errorf("opt out: %w", err)
	}
	if c.Purpose == "" && c.Topic == "" {
		for _, channel := range channels(c.Channel) {
			addresses, err := p.addresses(ctx, channel)
			if err != nil {
				return fmt.Errorf("opt out: %w", err)
			}
			for _, address := range addresses {
				fresh, err := p.suppress(ctx, Suppression{Channel: channel, Address: address, Reason: Unsubscribe, Scope: Marketing})
				if err != nil {
					return fmt.Errorf("opt out: %w", err)
				}
				if fresh {
					changed = append(changed, "suppression."+channel)
				}
			}
		}
	}
	if c.Topic == "" && (c.Purpose == "" || c.Purpose == enrolment.Purpose) {
		if err := enrolment.Stop(ctx, tx, p.now, p.ID, c.Channel, by.Actor); err != nil {
			return fmt.Errorf("opt out: %w", err)
		}
	}
	return p.tell(ctx, c, "contact.opt-out", events.ContactOptedOut, changed)
}

// OptIn grants what c names: the consent of a purpose, a topic, or, with neither, the marketing purpose of each channel.
// Unless it names a topic only, it lifts what the person's unsubscribing from the channel had suppressed; bounces,
// complaints and what the house suppressed stand. It emits contact.opted-in when that changed anything. Errors:
// ErrUnknown, or PostgreSQL's.
func OptIn(ctx context.Context, tx pgx.Tx, now time.Time, c events.Choice, by By) error {
	p, err := lock(ctx, tx, now, c.ContactID, by)
	if err != nil {
		return fmt.Errorf("opt in: %w", err)
	}
	changed, err := p.choose(ctx, c, true)
	if err != nil {
		return fmt.Errorf("opt in: %w", err)
	}
	for _, channel := range reopened(c) {
		addresses, err := p.addresses(ctx, channel)
		if err != nil {
			return fmt.Errorf("opt in: %w", err)
		}
		lifted, err := query.New().LiftUnsubscribes(ctx, tx, query.LiftUnsubscribesParams{
			LiftedAt: p.now, LiftedBy: by.lifter(), Channel: channel, ContactID: p.ID, Addresses: addresses,
		})
		if err != nil {
			return fmt.Errorf("opt in: lift suppressions: %w", err)
		}
		if len(lifted) > 0 {
			changed = append(changed, "suppression."+channel)
		}
	}
	return p.tell(ctx, c, "contact.opt-in", events.ContactOptedIn, changed)
}

// reopened are the channels that opting in to c opens again.
func reopened(c events.Choice) []string {
	switch {
	case c.Purpose == "" && c.Topic != "":
		return nil
	case c.Channel == "" && channelOf(c.Purpose) != "":
		return []string{channelOf(c.Purpose)}
	default:
		return channels(c.Channel)
	}
}

// channelOf is the channel that a purpose is confined to by its name; empty when it is not.
func channelOf(purpose string) string {
	channel, _, _ := strings.Cut(purpose, "_")
	if channel == string(provider.Email) || channel == string(provider.SMS) {
		return channel
	}
	return ""
}

// choose writes purposes and topic, and returns the names of what changed.
func (p *person) choose(ctx context.Context, c events.Choice, granted bool) (changed []string, err error) {
	if c.Topic != "" {
		n, err := query.New().ChooseTopic(ctx, p.tx, query.ChooseTopicParams{
			ContactID: p.ID, Topic: c.Topic, Wanted: granted, Source: p.by.Source, At: p.now,
		})
		if err != nil {
			return nil, fmt.Errorf("choose a topic: %w", err)
		}
		if n > 0 {
			changed = append(changed, "topic."+c.Topic)
		}
		if c.Purpose == "" {
			return changed, nil
		}
	}
	known, err := query.New().ListContactConsents(ctx, p.tx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	var rows query.AddConsentsParams
	for _, purpose := range purposes(c, known, granted) {
		at := p.now
		if i := slices.IndexFunc(known, func(k query.ListContactConsentsRow) bool { return k.Purpose == purpose }); i >= 0 {
			if known[i].Granted == granted {
				continue
			}
			// What is decided last wins, also over a decision that a fast clock dated later.
			if !known[i].At.Before(at) {
				at = known[i].At.Add(time.Microsecond)
			}
		}
		rows.ContactIds, rows.Purposes, rows.Granted = append(rows.ContactIds, p.ID), append(rows.Purposes, purpose), append(rows.Granted, granted)
		rows.Sources, rows.At = append(rows.Sources, p.by.Source), append(rows.At, at)
		changed = append(changed, "consent."+purpose)
	}
	if len(rows.Purposes) == 0 {
		return changed, nil
	}
	if err := query.New().AddConsents(ctx, p.tx, rows); err != nil {
		return nil, fmt.Errorf("write consents: %w", err)
	}
	return changed, nil
}

// purposes are the purposes that a choice speaks of. To withdraw everything is to withdraw all that is known; to grant
// everything is no more than marketing.
func purposes(c events.Choice, known []query.ListContactConsentsRow, granted bool) []string {
	if c.Purpose != "" {
		return []string{c.Purpose}
	}
	list := []string{EmailMarketing, SMSMarketing}
	if !granted {
		for _, k := range known {
			list = append(list, k.Purpose)
		}
	}
	list = slices.DeleteFunc(list, func(purpose string) bool {
		own := channelOf(purpose)
		return c.Channel != "" && own != "" && own != c.Channel
	})
	slices.Sort(list)
	return slices.Compact(list)
}

// tell records and emits a change; without one it does nothing.
func (p *person) tell(ctx context.Context, c events.Choice, action string, e process.Event[events.Choice], changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	if err := p.note(ctx, action, changed...); err != nil {
		return err
	}
	// Repeats are told apart above, by what stands in the tables: here the change is a new one.
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	c.ContactID = p.ID
	return inbox.Emit(ctx, p.tx, p.now, action+"/"+p.by.Source+"/"+id.String(), p.ID.String(), e, c)
}
