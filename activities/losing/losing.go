// Package losing sees what can still be made of a lost deal.
package losing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Loss names a lost deal and the reason, a code of the pipeline.
type Loss struct {
	DealID uuid.UUID `json:"deal_id"`
	Reason string    `json:"reason"`
}

// What becomes of the lead of a lost deal.
const (
	Recycled = "recycled" // left alone for a while, and then tried again by the rule of the reason
	Nurtured = "nurtured" // it only came too early: nurtured at once
	NoLead   = "no-lead"  // the deal came from none
	NotLost  = "not-lost" // the deal goes on after all
)

// Chance is what was decided.
type Chance struct {
	Verdict string `json:"verdict"`
}

// Reengage gives the lead of a lost deal another chance, once under the key of its step: it is judged as one that sales
// hands back, and the recycling rules say what follows, and when.
var Reengage = process.NewActivity[Loss, Chance]("deals.reengage", process.Database,
	process.Yields("recycled", Chance{Recycled}), process.Yields("nurtured", Chance{Nurtured}),
	process.Yields("no lead", Chance{NoLead}), process.Yields("not lost", Chance{NotLost}))

// Losing implements the contract of this package on PostgreSQL.
type Losing struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poke  inbox.Poker
}

// New returns the implementation; it closes nothing. poke may be nil.
func New(pool *pgxpool.Pool, c clock.Clock, poke inbox.Poker) *Losing { return &Losing{pool, c, poke} }

// Activities lists what a worker registers.
func (l *Losing) Activities() []process.Implementation {
	return []process.Implementation{Reengage.Implement(l.Reengage)}
}

// Reengage implements the contract of the same name.
func (l *Losing) Reengage(ctx context.Context, loss Loss) (Chance, error) {
	var out Chance
	err := db.InTx(ctx, l.pool, func(tx pgx.Tx) error {
		deal, err := query.New().GetLostDeal(ctx, tx, loss.DealID)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return process.NotFound("deal", loss.DealID.String())
		case err != nil:
			return fmt.Errorf("read deal %s: %w", loss.DealID, err)
		case deal.State != "lost":
			out.Verdict = NotLost
			return nil
		case !deal.LeadID.Valid:
			out.Verdict = NoLead
			return nil
		}
		if out.Verdict = Recycled; records.NotReady(loss.Reason) {
			out.Verdict = Nurtured
		}
		return l.handBack(ctx, tx, deal.LeadID.UUID, deal.ContactID, loss.Reason)
	})
	if err == nil && l.poke != nil {
		l.poke.Poke()
	}
	return out, err
}

// handBack judges the lead as sales does; a step that is repeated changes nothing.
func (l *Losing) handBack(ctx context.Context, tx pgx.Tx, lead, contact uuid.UUID, reason string) error {
	now, key := l.clock.Now().Truncate(time.Microsecond), "lead.quality-judged/"+process.Key(ctx)
	judged, err := json.Marshal(events.Judgement{LeadID: lead, ContactID: contact, Verdict: records.Recycled, Reason: reason})
	if err != nil {
		return fmt.Errorf("judge lead %s: %w", lead, err)
	}
	list := []inbox.Event{{Source: inbox.OwnSource, ExternalID: key, Type: events.QualityJudged.Name(), Subject: lead.String(), Data: judged}}
	if records.NotReady(reason) {
		due, err := json.Marshal(events.Contact{ContactID: contact, LeadID: lead})
		if err != nil {
			return fmt.Errorf("nurture lead %s: %w", lead, err)
		}
		list = append(list, inbox.Event{Source: inbox.OwnSource, ExternalID: key + "/nurture", Type: events.NurtureDue.Name(), Subject: contact.String(), Data: due})
	}
	accepted, err := inbox.Accept(ctx, tx, now, list...)
	if err != nil || accepted[0].Duplicate {
		return err
	}
	return audit.Append(ctx, tx, now, audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: "lead.hand-back",
		ResourceKind: "lead", ResourceID: lead.String(), Reason: "its deal was lost"})
}
