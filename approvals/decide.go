package approvals

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// ErrUnknown means that there is no such approval.
var ErrUnknown = errors.New("no such approval")

// RefusedError says why somebody may not decide or delegate. Forbidden is for those who never may; the others come too
// late, or saw something else.
type RefusedError struct {
	Code, Detail string
	Forbidden    bool
}

func (e *RefusedError) Error() string { return e.Detail }

// Decision is what somebody says about what they saw.
type Decision struct {
	ApprovalID uuid.UUID
	UserID     uuid.UUID
	Verdict    string // Approved or Rejected
	Hash       []byte // of the content that they saw
	Reason     string
}

// Decide writes a decision and ends the approval when its rule is fulfilled, or cannot be any more. Saying the same again
// changes nothing. by is who calls, for the audit log. Errors: ErrUnknown, *RefusedError, or PostgreSQL's.
func Decide(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, d Decision) (query.Approval, error) {
	a, seats, err := lock(ctx, tx, d.ApprovalID)
	if err != nil {
		return a, err
	}
	mine, err := mayDecide(a, seats, d.UserID)
	if err != nil {
		return a, err
	}
	if mine.State == d.Verdict && bytes.Equal(mine.ContentHash, d.Hash) {
		return a, nil
	}
	switch {
	case mine.State != Waiting:
		return a, &RefusedError{Code: "decided-already", Detail: "You have " + mine.State + " it already: a decision stands."}
	case !bytes.Equal(a.ContentHash, d.Hash):
		return a, &RefusedError{Code: "content-changed", Detail: fmt.Sprintf("The approval is about the content with the hash %x, not about the one that you name: read it again, and decide on what you see.", a.ContentHash)}
	case a.State != Open || !now.Before(a.ExpiresAt):
		return a, closed(a)
	}
	if err := query.New().MoveApprovalSeat(ctx, tx, query.MoveApprovalSeatParams{
		ApprovalID: a.ID, UserID: d.UserID, State: d.Verdict, Reason: db.NullText(d.Reason), ContentHash: d.Hash, Now: now,
	}); err != nil {
		return a, fmt.Errorf("keep a decision on approval %s: %w", a.ID, err)
	}
	if err := audit.Append(ctx, tx, now, record(by, a.ID, "approval."+verbs[d.Verdict], "by user "+d.UserID.String())); err != nil {
		return a, err
	}
	return conclude(ctx, tx, now, a, d.UserID)
}

var verbs = map[string]string{Approved: "approve", Rejected: "reject"}

// conclude ends the approval when the seats say so, and tells whoever waits for it.
func conclude(ctx context.Context, tx pgx.Tx, now time.Time, a query.Approval, by uuid.UUID) (query.Approval, error) {
	seats, err := seatsOf(ctx, tx, a.ID)
	if err != nil {
		return a, err
	}
	var rule Rule
	if err := json.Unmarshal(a.Rule, &rule); err != nil {
		return a, fmt.Errorf("read the rule of approval %s: %w", a.ID, err)
	}
	result := rule.Result(seats)
	if result == Open {
		return a, nil
	}
	if a, err = closeAs(ctx, tx, now, a.ID, result, ""); err != nil {
		return a, err
	}
	return a, inbox.Emit(ctx, tx, now, "approval.decided/"+a.ID.String(), a.ID.String(), events.ApprovalDecided,
		events.ApprovalMoved{ApprovalID: a.ID, ActorID: by, Outcome: result})
}

// Delegation gives the caller's seat to somebody else.
type Delegation struct {
	ApprovalID, UserID, To uuid.UUID
	Reason                 string
}

// Delegate hands the caller's seat on; who had it stays on record. The same again changes nothing. Errors as for Decide.
func Delegate(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, d Delegation) (query.Approval, error) {
	a, seats, err := lock(ctx, tx, d.ApprovalID)
	if err != nil {
		return a, err
	}
	mine, own := seatOf(seats, d.UserID)
	theirs, seated := seatOf(seats, d.To)
	if own && mine.State == Delegated && theirs.FromUserID.UUID == d.UserID {
		return a, nil
	}
	if mine, err = mayDecide(a, seats, d.UserID); err != nil {
		return a, err
	}
	active, err := query.New().IsActiveUser(ctx, tx, d.To)
	if err != nil {
		return a, fmt.Errorf("delegate approval %s: %w", a.ID, err)
	}
	switch {
	case mine.State != Waiting:
		return a, &RefusedError{Code: "decided-already", Detail: "You have " + mine.State + " it already: a decision stands."}
	case a.State != Open:
		return a, closed(a)
	case !active:
		return a, &RefusedError{Code: "not-active", Detail: "The user to delegate to is not active: choose another."}
	case a.RequestedBy.Valid && a.RequestedBy.UUID == d.To:
		return a, &RefusedError{Code: "own-request", Detail: "The user to delegate to made the request: nobody decides on their own."}
	case seated:
		return a, &RefusedError{Code: "seated-already", Detail: "The user to delegate to has, or had, a say in this already: choose another."}
	}
	if err := handOn(ctx, tx, now, a.ID, d.UserID, d.To, ByDelegate, d.Reason); err != nil {
		return a, err
	}
	if err := audit.Append(ctx, tx, now, record(by, a.ID, "approval.delegate", "from user "+d.UserID.String()+" to "+d.To.String())); err != nil {
		return a, err
	}
	return a, tellSeated(ctx, tx, now, a.ID, d.To, d.UserID)
}

func tellSeated(ctx context.Context, tx pgx.Tx, now time.Time, approval, user, by uuid.UUID) error {
	return inbox.Emit(ctx, tx, now, fmt.Sprintf("approval.seated/%s/%s", approval, user), approval.String(), events.ApprovalSeated,
		events.ApprovalMoved{ApprovalID: approval, ActorID: by})
}

func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (query.Approval, []query.ApprovalSeat, error) {
	a, err := query.New().LockApproval(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nil, ErrUnknown
	}
	if err != nil {
		return a, nil, fmt.Errorf("lock approval %s: %w", id, err)
	}
	seats, err := seatsOf(ctx, tx, id)
	return a, seats, err
}

// mayDecide finds the seat of somebody who has, or had, a say. Nobody decides on their own request, whoever gave them a
// seat.
func mayDecide(a query.Approval, seats []query.ApprovalSeat, user uuid.UUID) (query.ApprovalSeat, error) {
	mine, seated := seatOf(seats, user)
	switch {
	case a.RequestedBy.Valid && a.RequestedBy.UUID == user:
		return mine, &RefusedError{Code: "own-request", Forbidden: true, Detail: "You made this request: nobody decides on their own."}
	case !seated:
		return mine, &RefusedError{Code: "no-seat", Forbidden: true, Detail: "You are none of those who decide on this."}
	case mine.State == Delegated:
		return mine, &RefusedError{Code: "handed-on", Detail: "Your seat was handed on: somebody else decides in your place."}
	}
	return mine, nil
}

func closed(a query.Approval) error {
	if a.State == Open {
		return &RefusedError{Code: "approval-closed", Detail: "The time for a decision has passed."}
	}
	return &RefusedError{Code: "approval-closed", Detail: "The approval is " + a.State + ": nothing is left to decide."}
}

func record(by audit.Record, approval uuid.UUID, action, reason string) audit.Record {
	by.Action, by.ResourceKind, by.ResourceID, by.Reason, by.Fields = action, "approval", approval.String(), reason, []string{"state"}
	return by
}

func closeAs(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, state, reason string) (query.Approval, error) {
	a, err := query.New().CloseApproval(ctx, tx, query.CloseApprovalParams{ID: id, State: state, Reason: db.NullText(reason), Now: now})
	if err != nil {
		return a, fmt.Errorf("end approval %s: %w", id, err)
	}
	return a, nil
}
