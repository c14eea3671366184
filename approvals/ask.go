package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/money"
)

// Question is what is to be decided, and on whose request. Amount and DiscountPermille choose the policy's steps.
type Question struct {
	Key         string
	Kind        string
	SubjectKind string
	SubjectID   uuid.UUID
	Revision    int
	Content     json.RawMessage
	Policy      string
	// RequestedBy is zero when the house itself asks.
	RequestedBy      uuid.UUID
	Amount           money.Amount
	DiscountPermille int
}

// ErrNoDecider means that nobody, or too few, may decide by the policy.
var ErrNoDecider = errors.New("the policy finds nobody, or too few, who may decide: correct it, or the users' managers and roles")

// ErrContent means that the content cannot be bound by a hash.
var ErrContent = errors.New("the content cannot be approved")

// Ask writes the question and gives the deciders their seats, once under its key; fresh is false when it stood there.
// Errors: ErrNoDecider, ErrContent, definitions.ErrUnknown for the policy, or PostgreSQL's.
func Ask(ctx context.Context, tx pgx.Tx, now time.Time, q Question, deputies Deputies) (a query.Approval, fresh bool, err error) {
	if a, err = query.New().GetApprovalByKey(ctx, tx, q.Key); !errors.Is(err, pgx.ErrNoRows) {
		return a, false, err
	}
	hash, err := Hash(q.Content)
	if err != nil {
		return a, false, fmt.Errorf("%w: %w", ErrContent, err)
	}
	policy, version, err := Policies.Current(ctx, tx, q.Policy)
	if err != nil {
		return a, false, err
	}
	rule, err := choose(ctx, tx, policy, q)
	if err != nil {
		return a, false, err
	}
	raw, err := json.Marshal(rule)
	if err != nil {
		return a, false, fmt.Errorf("write the rule of an approval: %w", err)
	}
	a, err = query.New().AddApproval(ctx, tx, query.AddApprovalParams{
		ID: uuid.Must(uuid.NewV7()), Key: q.Key, Kind: q.Kind, SubjectKind: q.SubjectKind, SubjectID: q.SubjectID, Revision: int32(q.Revision),
		Content: q.Content, ContentHash: hash, Policy: q.Policy, PolicyVersion: int32(version), Rule: raw,
		RequestedBy: db.NullID(q.RequestedBy),
		ExpiresAt:   now.Add(policy.ExpiresAfter.Duration()), CreatedAt: now,
	})
	if errors.Is(err, pgx.ErrNoRows) { // the same step asked at the same time
		a, err = query.New().GetApprovalByKey(ctx, tx, q.Key)
		return a, false, err
	}
	if err != nil {
		return a, false, fmt.Errorf("write an approval: %w", err)
	}
	return a, true, seat(ctx, tx, now, a, rule, deputies)
}

// choose finds the deciders of every step that applies. Who asks is never among them.
func choose(ctx context.Context, tx pgx.Tx, p Policy, q Question) (Rule, error) {
	var rule Rule
	for _, s := range p.Steps {
		if !s.applies(q.Amount, q.DiscountPermille) {
			continue
		}
		g := Group{Mode: s.Mode, Quorum: s.Quorum}
		for _, d := range s.Deciders {
			users, err := d.find(ctx, tx, q.RequestedBy)
			if err != nil {
				return nil, err
			}
			g.Of = append(g.Of, users...)
		}
		g.Of = distinct(g.Of, q.RequestedBy)
		if !g.reachable() {
			return nil, ErrNoDecider
		}
		rule = append(rule, g)
	}
	if len(rule) == 0 {
		return nil, ErrNoDecider // nobody meant a question without deciders to be approved by itself
	}
	return rule, nil
}

// find are the active users that a decider means.
func (d Decider) find(ctx context.Context, tx pgx.Tx, requester uuid.UUID) (users []uuid.UUID, err error) {
	switch {
	case d.Manager:
		var one uuid.UUID
		one, err = query.New().FindDecider(ctx, tx, query.FindDeciderParams{UserID: requester, Excluded: []uuid.UUID{requester}})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, nil
		}
		users = []uuid.UUID{one}
	case d.Role != "":
		users, err = query.New().ListUsersOfRole(ctx, tx, d.Role)
	default:
		users, err = query.New().ListActiveUsers(ctx, tx, d.Users)
	}
	if err != nil {
		return nil, fmt.Errorf("look for deciders: %w", err)
	}
	return users, nil
}

// distinct are the users once each, in their order, without one.
func distinct(users []uuid.UUID, without uuid.UUID) []uuid.UUID {
	seen := map[uuid.UUID]bool{without: true}
	var out []uuid.UUID
	for _, u := range users {
		if !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	return out
}

// Deputies tells who stands in for a user who is away at an instant; ok is false while they are there, and when nobody
// stands in.
type Deputies func(ctx context.Context, db query.DBTX, user uuid.UUID, now time.Time) (deputy uuid.UUID, ok bool, err error)

// seat gives every decider a seat, and the deputies of those who are away theirs.
func seat(ctx context.Context, tx pgx.Tx, now time.Time, a query.Approval, rule Rule, deputies Deputies) error {
	var chosen []uuid.UUID
	for _, g := range rule {
		chosen = append(chosen, g.Of...)
	}
	chosen = distinct(chosen, uuid.Nil)
	for _, user := range chosen {
		if err := query.New().AddApprovalSeat(ctx, tx, query.AddApprovalSeatParams{ApprovalID: a.ID, UserID: user, State: Waiting, Why: ByPolicy, CreatedAt: now}); err != nil {
			return fmt.Errorf("give a decider their seat: %w", err)
		}
	}
	if deputies == nil {
		return nil
	}
	for _, user := range chosen {
		deputy, away, err := deputies(ctx, tx, user, now)
		if err != nil {
			return err
		}
		// Where the deputy asks or decides already, the seat waits for its holder, or for the escalation.
		if !away || a.RequestedBy.UUID == deputy {
			continue
		}
		seats, err := seatsOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if _, seated := seatOf(seats, deputy); seated {
			continue
		}
		if err := handOn(ctx, tx, now, a.ID, user, deputy, ByAbsence, ""); err != nil {
			return err
		}
	}
	return nil
}

func seatsOf(ctx context.Context, db query.DBTX, approval uuid.UUID) ([]query.ApprovalSeat, error) {
	seats, err := query.New().ListApprovalSeats(ctx, db, []uuid.UUID{approval})
	if err != nil {
		return nil, fmt.Errorf("read the seats of approval %s: %w", approval, err)
	}
	return seats, nil
}

// handOn gives a seat to somebody who had none. The seat that was handed on stays on record.
func handOn(ctx context.Context, tx pgx.Tx, now time.Time, approval, from, to uuid.UUID, why, reason string) error {
	err := query.New().MoveApprovalSeat(ctx, tx, query.MoveApprovalSeatParams{
		ApprovalID: approval, UserID: from, State: Delegated, Reason: db.NullText(reason), Now: now,
	})
	if err == nil {
		err = query.New().AddApprovalSeat(ctx, tx, query.AddApprovalSeatParams{
			ApprovalID: approval, UserID: to, State: Waiting, FromUserID: uuid.NullUUID{UUID: from, Valid: true}, Why: why, CreatedAt: now,
		})
	}
	if err != nil {
		return fmt.Errorf("hand on a seat of approval %s: %w", approval, err)
	}
	return nil
}
