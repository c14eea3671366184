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
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// The states of a contract. The first three can still come to be in force; the last three are final.
const (
	Issued   = "issued"
	Viewed   = "viewed"
	Signed   = "signed" // by the customer
	InForce  = "in-force"
	Declined = "declined"
	Expired  = "expired"
	Voided   = "voided"
)

// DeclineReasons are the codes that a customer may decline with.
var DeclineReasons = []string{"price", "terms", "other-supplier", "not-needed", "other"}

// What keeps a contract from moving. ErrSigned and ErrClosed come with the contract as it stands.
var (
	ErrUnknown = errors.New("no such contract")
	ErrSigned  = errors.New("the customer has signed the contract")
	ErrClosed  = errors.New("the contract can be signed no more")
)

// Get returns a contract. Errors: ErrUnknown, or PostgreSQL's.
func Get(ctx context.Context, db query.DBTX, id uuid.UUID) (query.SmartContract, error) {
	return found(query.New().GetContract(ctx, db, id))
}

func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (query.SmartContract, error) {
	return found(query.New().LockContract(ctx, tx, id))
}

func found(row query.SmartContract, err error) (query.SmartContract, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrUnknown
	}
	if err != nil {
		return row, fmt.Errorf("read a contract: %w", err)
	}
	return row, nil
}

// StateAt is the state at a time: one whose time has passed has expired, whether its process has noticed or not.
func StateAt(row query.SmartContract, now time.Time) string {
	if (row.State == Issued || row.State == Viewed) && !now.Before(row.ExpiresAt) {
		return Expired
	}
	return row.State
}

// signable errs when the customer can sign or decline no more.
func signable(row query.SmartContract, now time.Time) error {
	switch StateAt(row, now) {
	case Issued, Viewed:
		return nil
	case Signed, InForce:
		return ErrSigned
	}
	return ErrClosed
}

// By is who moves a contract.
type By struct {
	audit.Record
	// Event is the id of the event that tells it; zero for a new one. A caller that may repeat itself recognises it.
	Event uuid.UUID
}

// move takes a locked contract to a state, and writes the record of it, the audit and the event in the same transaction.
func move(ctx context.Context, tx pgx.Tx, now time.Time, row query.SmartContract, arg query.MoveContractParams, by By,
	record map[string]string, e process.Event[events.Contract], more ...inbox.Event) (query.SmartContract, error) {
	arg.ID = row.ID
	row, err := query.New().MoveContract(ctx, tx, arg)
	if err != nil {
		return row, fmt.Errorf("move a contract to %s: %w", arg.State, err)
	}
	if err := note(ctx, tx, now, row.ID, kindOf(arg.State), record); err != nil {
		return row, err
	}
	by.Action, by.ResourceKind, by.ResourceID, by.Fields = "contract."+kindOf(arg.State), "contract", row.ID.String(), []string{"state"}
	if err := audit.Append(ctx, tx, now, by.Record); err != nil {
		return row, err
	}
	data := events.Contract{ContractID: row.ID, DealID: row.DealID}
	if arg.State == Declined {
		data.Reason = *arg.ClosedReason
	}
	about, err := tell(e, row.ID, int(row.Version), data)
	if err != nil {
		return row, err
	}
	about.ID = by.Event
	return row, accept(ctx, tx, now, append(more, about)...)
}

// kindOf is the kind of the record that a contract leaves when it comes to a state.
func kindOf(state string) string {
	if state == InForce {
		return "countersigned"
	}
	return state
}
