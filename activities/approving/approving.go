package approving

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Approving implements the contracts of this package on PostgreSQL.
type Approving struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poke  inbox.Poker
}

// New returns the implementation; it closes nothing. poke may be nil.
func New(pool *pgxpool.Pool, c clock.Clock, poke inbox.Poker) *Approving {
	return &Approving{pool, c, poke}
}

// deputy stands in for a decider who is away, as for any other work.
func deputy(ctx context.Context, db query.DBTX, user uuid.UUID, now time.Time) (uuid.UUID, bool, error) {
	who, err := tasks.Cover(ctx, db, now, user)
	return who, who != user, err
}

// Activities lists what a worker registers.
func (a *Approving) Activities() []process.Implementation {
	return []process.Implementation{
		Ask.Implement(a.Ask), Look.Implement(a.Look), Escalate.Implement(a.Escalate), Expire.Implement(a.Expire), Withdraw.Implement(a.Withdraw),
	}
}

// Ask implements the contract Ask.
func (a *Approving) Ask(ctx context.Context, r Request) (Asked, error) {
	var out Asked
	err := db.InTx(ctx, a.pool, func(tx pgx.Tx) error {
		now := a.now()
		asked, fresh, err := approvals.Ask(ctx, tx, now, approvals.Question{
			Key: process.Key(ctx), Kind: r.Kind, SubjectKind: r.SubjectKind, SubjectID: r.SubjectID, Revision: r.Revision, Content: r.Content,
			Policy: cmp.Or(r.Policy, r.Kind), RequestedBy: r.RequestedBy, Amount: r.Amount, DiscountPermille: r.DiscountPermille,
		}, deputy)
		if out.ApprovalID = asked.ID; err != nil || !fresh {
			return err
		}
		record := by(ctx)
		record.Action, record.ResourceKind, record.ResourceID = "approval.ask", "approval", asked.ID.String()
		return audit.Append(ctx, tx, now, record)
	})
	switch {
	case errors.Is(err, approvals.ErrNoDecider):
		return out, process.Refused(NoDecider, "the approval policy finds nobody, or too few, who may decide: correct the policy, or the users' managers and roles")
	case errors.Is(err, definitions.ErrUnknown):
		return out, process.Refused(NoPolicy, "there is no such approval policy: write it under /v1/definitions/approval-policy")
	case errors.Is(err, approvals.ErrContent):
		return out, process.Invalid("content", "the content of the approval must be JSON with whole numbers only")
	}
	return out, err
}

// Look implements the contract Look.
func (a *Approving) Look(ctx context.Context, id uuid.UUID) (Standing, error) {
	kept, err := query.New().GetApproval(ctx, a.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Standing{}, process.NotFound("approval", id.String())
	}
	if err != nil {
		return Standing{}, fmt.Errorf("read approval %s: %w", id, err)
	}
	if kept.State != approvals.Open {
		return Standing{State: kept.State}, nil
	}
	policy, err := approvals.Policies.At(ctx, a.pool, kept.Policy, int(kept.PolicyVersion))
	if err != nil {
		return Standing{}, err
	}
	seats, err := query.New().ListApprovalSeats(ctx, a.pool, []uuid.UUID{id})
	if err != nil {
		return Standing{}, fmt.Errorf("read the seats of approval %s: %w", id, err)
	}
	out := Standing{State: kept.State, AskedAt: kept.CreatedAt.UTC(), EscalateAfter: policy.EscalateAfter.Duration(), ExpiresAt: kept.ExpiresAt.UTC()}
	for _, r := range policy.Reminders {
		out.RemindAfter = append(out.RemindAfter, r.Duration())
	}
	for _, s := range seats {
		if s.State == approvals.Waiting {
			out.Waiting = append(out.Waiting, Seat{UserID: s.UserID, Escalated: s.Why == approvals.ByOverdue})
		}
	}
	return out, nil
}

// Escalate implements the contract Escalate.
func (a *Approving) Escalate(ctx context.Context, id uuid.UUID) (struct{}, error) {
	err := db.InTx(ctx, a.pool, func(tx pgx.Tx) error { return approvals.Escalate(ctx, tx, a.now(), by(ctx), id) })
	if err == nil && a.poke != nil {
		a.poke.Poke()
	}
	return struct{}{}, known(err, id)
}

// Expire implements the contract Expire.
func (a *Approving) Expire(ctx context.Context, id uuid.UUID) (Standing, error) {
	return a.end(ctx, id, approvals.Expire)
}

// Withdraw implements the contract Withdraw.
func (a *Approving) Withdraw(ctx context.Context, id uuid.UUID) (Standing, error) {
	return a.end(ctx, id, approvals.Withdraw)
}

func (a *Approving) end(ctx context.Context, id uuid.UUID, how func(context.Context, pgx.Tx, time.Time, audit.Record, uuid.UUID) (query.Approval, error)) (Standing, error) {
	var out Standing
	err := db.InTx(ctx, a.pool, func(tx pgx.Tx) error {
		ended, err := how(ctx, tx, a.now(), by(ctx), id)
		out.State = ended.State
		return err
	})
	return out, known(err, id)
}

func (a *Approving) now() time.Time { return a.clock.Now().Truncate(time.Microsecond) }

// by is the run that the activity works for, as the audit log names it.
func by(ctx context.Context) audit.Record {
	return audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx)}
}

func known(err error, id uuid.UUID) error {
	if errors.Is(err, approvals.ErrUnknown) {
		return process.NotFound("approval", id.String())
	}
	return err
}
