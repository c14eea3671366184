package contracts

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
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// CountersignTask is the kind of the task that asks our side to sign.
const CountersignTask = "countersign"

// Void ends a contract that is not in force; its links open nothing any more. One that has ended, or is in force, stays as
// it is. Errors: ErrUnknown, or PostgreSQL's.
func Void(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, reason string, by By) (query.SmartContract, error) {
	now = now.Truncate(time.Microsecond)
	row, err := lock(ctx, tx, id)
	if err != nil || row.State != Issued && row.State != Viewed && row.State != Signed {
		return row, err
	}
	ended, err := endTask(ctx, tx, now, row, "cancelled", "", by, events.TaskCancelled)
	if err != nil {
		return row, err
	}
	return move(ctx, tx, now, row, query.MoveContractParams{State: Voided, ClosedReason: &reason}, by,
		map[string]string{"reason": reason}, events.ContractVoided, ended...)
}

// Expire ends a contract that the customer did not sign in time. One that has moved on stays as it is. Errors: ErrUnknown,
// or PostgreSQL's.
func Expire(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, by By) (query.SmartContract, error) {
	now = now.Truncate(time.Microsecond)
	row, err := lock(ctx, tx, id)
	if err != nil || row.State != Issued && row.State != Viewed {
		return row, err
	}
	return move(ctx, tx, now, row, query.MoveContractParams{State: Expired}, by, nil, events.ContractExpired)
}

// Countersign signs a contract for our side: it is in force. key is the API key of whoever signs. Errors: ErrUnknown,
// ErrClosed with the contract when it does not wait for our side, or PostgreSQL's.
func Countersign(ctx context.Context, tx pgx.Tx, now time.Time, id, key uuid.UUID, by By) (query.SmartContract, error) {
	now = now.Truncate(time.Microsecond)
	row, err := lock(ctx, tx, id)
	if err != nil {
		return row, err
	}
	if row.State != Signed {
		return row, ErrClosed
	}
	who, err := query.New().FindCountersigner(ctx, tx, key)
	if err != nil {
		return row, fmt.Errorf("look up who signs for our side: %w", err)
	}
	record := map[string]string{"key_id": key.String(), "name": who.KeyName, evidence.DocumentHash: evidence.Hash(row.DocumentSha256).String()}
	if who.UserID.Valid {
		record["name"], record["user_id"] = who.UserName, who.UserID.UUID.String()
	}
	ended, err := endTask(ctx, tx, now, row, "completed", "signed", by, events.TaskCompleted)
	if err != nil {
		return row, err
	}
	return move(ctx, tx, now, row, query.MoveContractParams{State: InForce, CountersignedAt: &now}, by, record, events.ContractCountersigned, ended...)
}

// endTask ends the task that asks our side to sign, where there is one.
func endTask(ctx context.Context, tx pgx.Tx, now time.Time, row query.SmartContract, state, outcome string, by By, e process.Event[events.TaskMoved]) ([]inbox.Event, error) {
	arg := query.EndCountersignTaskParams{ContractID: row.ID.String(), DealID: row.DealID, State: state, Now: &now}
	if outcome != "" {
		arg.Outcome = &outcome
	}
	ended, err := query.New().EndCountersignTask(ctx, tx, arg)
	if err != nil {
		return nil, fmt.Errorf("end the task to sign a contract: %w", err)
	}
	var list []inbox.Event
	for _, task := range ended {
		done := by.Record
		done.Action, done.ResourceKind, done.ResourceID, done.Fields = "task."+state, "task", task.ID.String(), []string{"state"}
		if err := audit.Append(ctx, tx, now, done); err != nil {
			return nil, err
		}
		about, err := tell(e, task.ID, int(task.Version), events.TaskMoved{TaskID: task.ID, DealID: row.DealID, Kind: CountersignTask, ActorID: by.ActorID, Outcome: outcome})
		if err != nil {
			return nil, err
		}
		about.Subject = task.Subject.String() // ordered with what else happens to the task
		list = append(list, about)
	}
	return list, nil
}

// ErrNoMessage means that the ledger does not know a message.
var ErrNoMessage = errors.New("no such message")

// NoteMessage writes into the evidence that a message about the contract left, and to which address; once for each.
// code is the one-time code that it carried, zero for none.
// Errors: ErrUnknown, ErrNoMessage, or PostgreSQL's.
func NoteMessage(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, kind string, message, code uuid.UUID) error {
	q := query.New()
	if _, err := lock(ctx, tx, id); err != nil {
		return err
	}
	known, err := q.HasEvidence(ctx, tx, query.HasEvidenceParams{ContractID: id, Kind: kind, MessageID: message.String()})
	if err != nil || known {
		return err
	}
	m, err := q.GetMessage(ctx, tx, message)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoMessage
	}
	if err != nil {
		return fmt.Errorf("read a message about a contract: %w", err)
	}
	record := map[string]string{"message_id": message.String(), "channel": m.Channel, "to": m.Recipient}
	if code != uuid.Nil {
		record["code_id"] = code.String()
	}
	return note(ctx, tx, now, id, kind, record)
}
