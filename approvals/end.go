package approvals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// Void ends the approvals of a subject's older revisions, open and given ones: what they were about has changed.
func Void(ctx context.Context, tx pgx.Tx, now time.Time, subjectKind string, subjectID uuid.UUID, newRevision int) error {
	outdated, err := query.New().LockOutdatedApprovals(ctx, tx, query.LockOutdatedApprovalsParams{
		SubjectKind: subjectKind, SubjectID: subjectID, Revision: int32(newRevision),
	})
	if err != nil {
		return fmt.Errorf("look for approvals of older revisions: %w", err)
	}
	house := audit.Record{ActorKind: audit.System, ActorID: "approvals"}
	for _, a := range outdated {
		if _, err := closeAs(ctx, tx, now, a.ID, Voided, "revised"); err != nil {
			return err
		}
		reason := fmt.Sprintf("revision %d has become %d", a.Revision, newRevision)
		if err := audit.Append(ctx, tx, now, record(house, a.ID, "approval.void", reason)); err != nil {
			return err
		}
		if err := inbox.Emit(ctx, tx, now, "approval.voided/"+a.ID.String(), a.ID.String(), events.ApprovalVoided,
			events.ApprovalMoved{ApprovalID: a.ID, Outcome: Voided}); err != nil {
			return err
		}
	}
	return nil
}

// Expire ends an approval that is open still, and returns it as it stands. Errors: ErrUnknown, or PostgreSQL's.
func Expire(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, id uuid.UUID) (query.Approval, error) {
	return end(ctx, tx, now, by, id, Expired, "approval.expire", Open)
}

// Withdraw ends an approval that is open or given: nobody needs it any more. Errors: ErrUnknown, or PostgreSQL's.
func Withdraw(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, id uuid.UUID) (query.Approval, error) {
	return end(ctx, tx, now, by, id, Withdrawn, "approval.withdraw", Open, Approved)
}

func end(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, id uuid.UUID, state, action string, from ...string) (query.Approval, error) {
	a, _, err := lock(ctx, tx, id)
	if err != nil {
		return a, err
	}
	for _, f := range from {
		if a.State == f {
			if a, err = closeAs(ctx, tx, now, id, state, ""); err != nil {
				return a, err
			}
			return a, audit.Append(ctx, tx, now, record(by, id, action, ""))
		}
	}
	return a, nil
}

// Escalate hands the seats that still wait to the managers above their holders. A seat stays where it is when nobody is
// left above. Errors: ErrUnknown, or PostgreSQL's.
func Escalate(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, id uuid.UUID) error {
	a, seats, err := lock(ctx, tx, id)
	if err != nil || a.State != Open {
		return err
	}
	excluded := []uuid.UUID{a.RequestedBy.UUID}
	for _, s := range seats {
		excluded = append(excluded, s.UserID)
	}
	for _, s := range seats {
		if s.State != Waiting || s.Why == ByOverdue { // once is enough: then it expires
			continue
		}
		above, err := query.New().FindDecider(ctx, tx, query.FindDeciderParams{UserID: s.UserID, Excluded: excluded, Upwards: true})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look for somebody above a decider: %w", err)
		}
		excluded = append(excluded, above)
		if err := handOn(ctx, tx, now, id, s.UserID, above, ByOverdue, ""); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, now, record(by, id, "approval.escalate", "from user "+s.UserID.String()+" to "+above.String())); err != nil {
			return err
		}
		if err := tellSeated(ctx, tx, now, id, above, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}
