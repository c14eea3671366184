// Package consent is the one place that writes what people decided about being written to: consents by purpose, choices
// by topic, the channel they prefer, and the addresses that are not to be used.
//
// Each function works in the caller's transaction, under a lock on the contact that the policy gate takes too: a message
// is decided either before a choice or after it, never beside it. Whoever changes several people in one transaction does
// so in the order of their ids. A change appends an audit record, without personal data; a repeat changes nothing, and
// leaves no record and no event. The choices of a contact that was joined to another are those of the other.
package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
)

// By is who decided, and by which way it reached us.
type By struct {
	// Source is "preference-page", "one-click", "stop", "complaint", "bounce", "api", "opt-in" or "import".
	Source string
	// Actor has ActorKind and ActorID, and Reason when there is more to say; the rest is filled in.
	Actor audit.Record
}

// ErrUnknown means that there is no such contact or suppression.
var ErrUnknown = errors.New("no such contact or suppression")

// ErrAddress means that an address cannot be read as one of its channel, or that the contact has none.
var ErrAddress = errors.New("no address of that channel")

// The purposes that stand for a whole channel.
const (
	EmailMarketing = "email_marketing"
	SMSMarketing   = "sms_marketing"
)

// person is one contact under lock.
type person struct {
	query.LockPersonRow
	tx  pgx.Tx
	now time.Time
	by  By
}

func lock(ctx context.Context, tx pgx.Tx, now time.Time, contact uuid.UUID, by By) (*person, error) {
	row, err := query.New().LockPerson(ctx, tx, contact)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("contact %s: %w", contact, ErrUnknown)
	}
	if err != nil {
		return nil, fmt.Errorf("lock a contact: %w", err)
	}
	return &person{LockPersonRow: row, tx: tx, now: now.Truncate(time.Microsecond), by: by}, nil
}

// addresses are the person's canonical addresses of a channel.
func (p *person) addresses(ctx context.Context, channel string) ([]string, error) {
	known, err := query.New().ListPersonAddresses(ctx, p.tx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read the addresses of a contact: %w", err)
	}
	var out []string
	for _, a := range known {
		if a.Kind == identityKind(channel) {
			out = append(out, a.Value)
		}
	}
	raw := p.Email
	if channel == string(provider.SMS) {
		raw = p.Phone
	}
	if written, ok := Canonical(channel, raw, p.Country); ok && !slices.Contains(out, written) {
		out = append(out, written)
	}
	return out, nil
}

// Canonical is the one spelling of an address under which it stands in contact_identities and suppressions. channel is
// "email" or "sms"; country (ISO 3166-1 alpha-2) is where a number without an international prefix is dialled, and may
// be empty. It answers false when raw is no address of the channel.
func Canonical(channel, raw, country string) (string, bool) {
	switch provider.Channel(channel) {
	case provider.Email:
		return match.CanonicalEmail(raw)
	case provider.SMS:
		return match.CanonicalPhone(raw, country)
	default:
		return "", false
	}
}

// identityKind is the kind of contact_identities that holds a channel's addresses.
func identityKind(channel string) string {
	if channel == string(provider.SMS) {
		return "phone"
	}
	return "email"
}

// channels are the channels that a choice speaks of.
func channels(channel string) []string {
	if channel == "" {
		return []string{string(provider.Email), string(provider.SMS)}
	}
	return []string{channel}
}

// note appends the audit record of a change to the person.
func (p *person) note(ctx context.Context, action string, fields ...string) error {
	r := p.by.Actor
	r.Action, r.ResourceKind, r.ResourceID, r.Fields = action, "contact", p.ID.String(), fields
	if r.Reason == "" {
		r.Reason = "by way of " + p.by.Source
	}
	return audit.Append(ctx, p.tx, p.now, r)
}
