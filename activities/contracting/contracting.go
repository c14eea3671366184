package contracting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/process"
)

// Options configure Contracting.
type Options struct {
	Pool  *pgxpool.Pool
	Clock clock.Clock
	// Seller is the name of the company, as contracts have it.
	Seller string
	// Anchor is the log of evidence; nil when the house keeps none.
	Anchor evidence.Anchor
}

// Contracting implements the contracts of this package on PostgreSQL.
type Contracting struct{ Options }

// New returns the implementation; it closes nothing.
func New(o Options) *Contracting { return &Contracting{o} }

// Activities lists what a worker registers.
func (c *Contracting) Activities() []process.Implementation {
	return []process.Implementation{
		Issue.Implement(c.Issue), Void.Implement(c.Void), ReadStanding.Implement(c.ReadStanding), Expire.Implement(c.Expire),
		AskToCountersign.Implement(c.AskToCountersign), NoteSent.Implement(c.NoteSent), Anchor.Implement(c.PutIntoLog),
	}
}

func by(ctx context.Context) audit.Record {
	return audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx)}
}

// Issue implements the contract Issue.
func (c *Contracting) Issue(ctx context.Context, d Draft) (Issued, error) {
	var out Issued
	err := db.InTx(ctx, c.Pool, func(tx pgx.Tx) (err error) {
		out.ContractID, err = contracts.Issue(ctx, tx, c.Clock.Now(), contracts.Draft{
			Key: process.Key(ctx), DealID: d.DealID, Revision: d.Revision, Template: d.Template, ApprovalID: d.ApprovalID, Seller: c.Seller, Actor: by(ctx),
		})
		return err
	})
	var incomplete *contracts.IncompleteError
	switch {
	case errors.As(err, &incomplete):
		return Issued{}, process.Refused(Incomplete, incomplete.Error())
	case errors.Is(err, definitions.ErrUnknown):
		return Issued{}, process.Refused(NoTemplate, fmt.Sprintf("there is no contract template %q: write it, or name another", d.Template))
	case errors.Is(err, contracts.ErrStale):
		return Issued{}, process.Refused(Stale, contracts.ErrStale.Error())
	case errors.Is(err, contracts.ErrUnapproved):
		return Issued{}, process.Refused(Unapproved, contracts.ErrUnapproved.Error())
	case errors.Is(err, contracts.ErrNoDeal):
		return Issued{}, process.NotFound("deal", d.DealID.String())
	}
	return out, err
}

// Void implements the contract Void.
func (c *Contracting) Void(ctx context.Context, id uuid.UUID) (struct{}, error) {
	return struct{}{}, missing(id, db.InTx(ctx, c.Pool, func(tx pgx.Tx) error {
		_, err := contracts.Void(ctx, tx, c.Clock.Now(), id, "withdrawn", contracts.By{Record: by(ctx)})
		return err
	}))
}

// Expire implements the contract Expire.
func (c *Contracting) Expire(ctx context.Context, id uuid.UUID) (Standing, error) {
	var out Standing
	err := db.InTx(ctx, c.Pool, func(tx pgx.Tx) error {
		row, err := contracts.Expire(ctx, tx, c.Clock.Now(), id, contracts.By{Record: by(ctx)})
		if err != nil {
			return err
		}
		out, err = standing(ctx, tx, row)
		return err
	})
	return out, missing(id, err)
}

// ReadStanding implements the contract ReadStanding.
func (c *Contracting) ReadStanding(ctx context.Context, id uuid.UUID) (Standing, error) {
	row, err := contracts.Get(ctx, c.Pool, id)
	if err != nil {
		return Standing{}, missing(id, err)
	}
	return standing(ctx, c.Pool, row)
}

// NoteSent implements the contract NoteSent. A message that the ledger does not know is no evidence.
func (c *Contracting) NoteSent(ctx context.Context, s Sent) (struct{}, error) {
	err := db.InTx(ctx, c.Pool, func(tx pgx.Tx) error {
		return contracts.NoteMessage(ctx, tx, c.Clock.Now(), s.ContractID, s.Kind, s.MessageID, s.CodeID)
	})
	if errors.Is(err, contracts.ErrNoMessage) {
		return struct{}{}, process.NotFound("message", s.MessageID.String())
	}
	return struct{}{}, missing(s.ContractID, err)
}

// PutIntoLog implements the contract Anchor. The log may know the head from an earlier try: then the proof is of that entry.
func (c *Contracting) PutIntoLog(ctx context.Context, id uuid.UUID) (Anchored, error) {
	if c.Options.Anchor == nil {
		return Anchored{}, nil
	}
	records, err := contracts.Records(ctx, c.Pool, id)
	if err != nil {
		return Anchored{}, err
	}
	if len(records) == 0 {
		return Anchored{}, process.NotFound("contract", id.String())
	}
	proof, err := c.Options.Anchor.Submit(ctx, records[len(records)-1].Hash)
	if err != nil {
		return Anchored{}, fmt.Errorf("put the evidence into the log: %w", err)
	}
	proof.Records = len(records)
	raw, err := json.Marshal([]evidence.Proof{proof})
	if err != nil {
		return Anchored{}, fmt.Errorf("encode the proof of the log: %w", err)
	}
	if err := query.New().AnchorContract(ctx, c.Pool, query.AnchorContractParams{ID: id, Anchor: raw}); err != nil {
		return Anchored{}, fmt.Errorf("keep the proof of the log: %w", err)
	}
	return Anchored{InLog: true}, nil
}

func missing(id uuid.UUID, err error) error {
	if errors.Is(err, contracts.ErrUnknown) {
		return process.NotFound("contract", id.String())
	}
	return err
}

// standing is the contract as its process sees it, by the version of the template that it was written from.
func standing(ctx context.Context, db query.DBTX, row query.SmartContract) (Standing, error) {
	template, err := contracts.Kind.At(ctx, db, row.Template, int(row.TemplateVersion))
	if err != nil {
		return Standing{}, err
	}
	zone, err := query.New().GetCustomerZone(ctx, db, row.ID)
	if err != nil {
		return Standing{}, fmt.Errorf("look up the customer of a contract: %w", err)
	}
	hours, err := workingHours(ctx, db, zone)
	if err != nil {
		return Standing{}, err
	}
	out := Standing{State: row.State, ContactID: row.ContactID, ExpiresAt: row.ExpiresAt.UTC()}
	if row.ClosedReason != nil {
		out.Reason = *row.ClosedReason
	}
	for _, after := range template.Reminders {
		out.RemindAt = append(out.RemindAt, hours.Next(row.CreatedAt.Add(after.Duration())).UTC())
	}
	return out, nil
}
