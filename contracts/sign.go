package contracts

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/evidence"
)

// How far a one-time code goes.
const (
	CodeValid   = 10 * time.Minute // of real time: it is typed by hand
	CodeTries   = 5
	codesAnHour = 5
)

// Visitor is who sits before the page, as far as it tells.
type Visitor struct{ Address, Agent string }

// seen are the particulars of the visitor for a record: the address only as a hash, which shows whether two were the same.
func (v Visitor) seen(contract uuid.UUID) map[string]string {
	return map[string]string{"visitor_sha256": evidence.Sum([]byte(contract.String() + "/" + v.Address)).String(), "agent": plain(v.Agent, 200)}
}

func with(seen map[string]string, pairs ...string) map[string]string {
	for i := 0; i+1 < len(pairs); i += 2 {
		seen[pairs[i]] = pairs[i+1]
	}
	return seen
}

// person is the customer, as the audit log names them.
func person(row query.SmartContract) By {
	return By{Record: audit.Record{ActorKind: audit.Person, ActorID: row.ContactID.String(), Reason: "by the link to the contract"}}
}

// ErrTooMany means that the customer has asked for too many codes.
var ErrTooMany = errors.New("too many codes in an hour")

// AskCode makes a one-time code for the customer that counts until a time, and tells the process to send it. The first
// time, the customer is taken to have opened the contract. Errors: ErrUnknown, ErrSigned, ErrClosed, ErrTooMany, or
// PostgreSQL's.
func AskCode(ctx context.Context, tx pgx.Tx, now, until time.Time, id uuid.UUID, v Visitor) (query.SmartContract, error) {
	now, until = now.Truncate(time.Microsecond), until.Truncate(time.Microsecond)
	row, err := lock(ctx, tx, id)
	if err != nil {
		return row, err
	}
	if err := signable(row, now); err != nil {
		return row, err
	}
	made, err := query.New().CountSigningCodes(ctx, tx, query.CountSigningCodesParams{ContractID: id, Since: now.Add(-time.Hour)})
	if err != nil {
		return row, fmt.Errorf("count one-time codes: %w", err)
	}
	if made >= codesAnHour {
		return row, ErrTooMany
	}
	code := uuid.Must(uuid.NewV7())
	if err := query.New().AddSigningCode(ctx, tx, query.AddSigningCodeParams{ID: code, ContractID: id, CreatedAt: now, ExpiresAt: until}); err != nil {
		return row, fmt.Errorf("write a one-time code: %w", err)
	}
	asked, err := tell(events.ContractCodeAsked, code, 1, events.SigningCode{ContractID: id, CodeID: code, ExpiresAt: until})
	if err != nil {
		return row, err
	}
	asked.Subject = id.String() // in turn with what else happens to the contract
	if row.State == Issued {
		return move(ctx, tx, now, row, query.MoveContractParams{State: Viewed}, person(row), v.seen(id), events.ContractViewed, asked)
	}
	return row, accept(ctx, tx, now, asked)
}

// CodeAt reports whether the customer has a code that still counts.
func CodeAt(ctx context.Context, db query.DBTX, now time.Time, contract uuid.UUID) (bool, error) {
	code, err := query.New().LastSigningCode(ctx, db, contract)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil && counts(code, now), err
}

func counts(code query.SigningCode, now time.Time) bool {
	return code.UsedAt == nil && code.Tries < CodeTries && now.Before(code.ExpiresAt)
}

// Signing is what the customer sends to sign.
type Signing struct {
	Code string
	Name string // as typed
	// Consent is the sentence that they ticked; empty when they did not.
	Consent string
	Visitor Visitor
}

// What is wrong with a Signing. Nothing was signed, and another try is free until the code is used up.
const (
	WrongName    = "name"
	WrongConsent = "consent"
	WrongCode    = "code"      // not the code that was sent
	NoCode       = "code-gone" // the code has expired or was tried too often: ask for another
)

// Sign signs a contract for the customer. right is the code of an id. wrong lists what keeps it from being signed; a wrong
// code counts against its tries, so the transaction has to be committed then, too. Errors: ErrUnknown, ErrSigned,
// ErrClosed, or PostgreSQL's.
func Sign(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, s Signing, right func(uuid.UUID) string) (row query.SmartContract, wrong []string, err error) {
	now = now.Truncate(time.Microsecond)
	if row, err = lock(ctx, tx, id); err != nil {
		return row, nil, err
	}
	if err := signable(row, now); err != nil {
		return row, nil, err
	}
	name := plain(s.Name, 200)
	if len([]rune(name)) < 2 {
		wrong = append(wrong, WrongName)
	}
	if s.Consent == "" {
		wrong = append(wrong, WrongConsent)
	}
	code, bad, err := tryCode(ctx, tx, now, id, s.Code, right)
	if err != nil {
		return row, nil, err
	}
	if bad != "" {
		wrong = append(wrong, bad)
	}
	if len(wrong) > 0 {
		return row, wrong, nil
	}
	if err := query.New().UseSigningCode(ctx, tx, query.UseSigningCodeParams{ID: code, Now: now}); err != nil {
		return row, nil, fmt.Errorf("use up a one-time code: %w", err)
	}
	if err := note(ctx, tx, now, id, "code-confirmed", with(s.Visitor.seen(id), "code_id", code.String())); err != nil {
		return row, nil, err
	}
	if err := note(ctx, tx, now, id, "consent", with(s.Visitor.seen(id), "words", s.Consent, "language", row.Language)); err != nil {
		return row, nil, err
	}
	row, err = move(ctx, tx, now, row, query.MoveContractParams{State: Signed, SignerName: &name, SignedAt: &now}, person(row),
		with(s.Visitor.seen(id), "name", name, evidence.DocumentHash, evidence.Hash(row.DocumentSha256).String()), events.ContractSigned)
	return row, nil, err
}

// tryCode holds what was typed against the newest code. Only a wrong code costs a try.
func tryCode(ctx context.Context, tx pgx.Tx, now time.Time, contract uuid.UUID, typed string, right func(uuid.UUID) string) (uuid.UUID, string, error) {
	q := query.New()
	code, err := q.LastSigningCode(ctx, tx, contract)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !counts(code, now) {
		return uuid.Nil, NoCode, nil
	}
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("read a one-time code: %w", err)
	}
	typed = strings.Join(strings.Fields(typed), "")
	if subtle.ConstantTimeCompare([]byte(typed), []byte(right(code.ID))) == 1 {
		return code.ID, "", nil
	}
	if typed == "" {
		return code.ID, WrongCode, nil
	}
	if err := q.TrySigningCode(ctx, tx, code.ID); err != nil {
		return code.ID, "", fmt.Errorf("count a try of a one-time code: %w", err)
	}
	if code.Tries++; !counts(code, now) {
		return code.ID, NoCode, nil
	}
	return code.ID, WrongCode, nil
}

// ErrReason means that a customer declined with a code that there is none of.
var ErrReason = errors.New("no such reason")

// Decline ends a contract for the customer. Errors: ErrReason, ErrUnknown, ErrSigned, ErrClosed, or PostgreSQL's.
func Decline(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, reason string, v Visitor) (query.SmartContract, error) {
	if !slices.Contains(DeclineReasons, reason) {
		return query.SmartContract{}, ErrReason
	}
	row, err := lock(ctx, tx, id)
	if err != nil {
		return row, err
	}
	if err := signable(row, now); err != nil {
		return row, err
	}
	return move(ctx, tx, now, row, query.MoveContractParams{State: Declined, ClosedReason: &reason}, person(row),
		with(v.seen(id), "reason", reason), events.ContractDeclined)
}
