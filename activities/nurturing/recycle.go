package nurturing

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
)

// ReadRule implements the contract ReadRule. It only reads.
func (n *Nurturing) ReadRule(ctx context.Context, r Returned) (Applied, error) {
	verdict, err := n.freedom(ctx, r)
	if err != nil || verdict != Free {
		return Applied{Verdict: verdict}, err
	}
	rule, version, err := Rules.Current(ctx, n.pool, r.Reason)
	if errors.Is(err, definitions.ErrUnknown) {
		rule, version, err = Rules.Current(ctx, n.pool, AnyReason)
	}
	if err != nil {
		return Applied{}, err
	}
	// The subject of a run of recycling is the person.
	rounds, err := n.q.CountRounds(ctx, n.pool, query.CountRoundsParams{Process: tasks.ProcessOf(ctx), Subject: r.ContactID.String()})
	if err != nil {
		return Applied{}, fmt.Errorf("count how often contact %s was recycled: %w", r.ContactID, err)
	}
	out := Applied{
		Verdict: Free, Version: version, Cooling: rule.Cooling.Duration(), Then: rule.Then, Track: rule.Track, Audience: rule.Audience,
		Round: int(rounds) + 1,
	}
	if out.Round > rule.MaxRounds {
		out.Then, out.Track, out.Audience, out.Cooling = ThenDrop, "", "", 0
	}
	return out, nil
}

// Look implements the contract Look. It only reads.
func (n *Nurturing) Look(ctx context.Context, r Returned) (Seen, error) {
	verdict, err := n.freedom(ctx, r)
	return Seen{verdict}, err
}

// freedom says whether anything stands against recycling a lead.
func (n *Nurturing) freedom(ctx context.Context, r Returned) (string, error) {
	p, err := n.person(ctx, n.pool, n.now(), r.ContactID, r.LeadID)
	switch {
	case err != nil:
		return "", err
	case !p.reach.Known || p.LeadID == uuid.Nil:
		return Withdrawn, nil
	case p.reach.Customer:
		return Converted, nil
	case p.WithSales:
		return AskedAgain, nil
	case p.declined():
		return OptedOut, nil
	}
	return Free, nil
}

// Enlist implements the contract Enlist.
func (n *Nurturing) Enlist(ctx context.Context, m Membership) (struct{}, error) {
	err := db.InTx(ctx, n.pool, func(tx pgx.Tx) error {
		now := n.now()
		joined, err := n.q.EnlistMember(ctx, tx, query.EnlistMemberParams{Audience: m.Audience, ContactID: m.ContactID, Reason: m.Reason, AddedAt: now})
		if err != nil {
			return fmt.Errorf("put contact %s into audience %s: %w", m.ContactID, m.Audience, err)
		}
		if joined == 0 {
			return nil
		}
		return record(ctx, tx, now, "audience.add", "contact", m.ContactID.String(), m.Audience)
	})
	return struct{}{}, err
}
