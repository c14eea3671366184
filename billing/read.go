package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/money"
)

// Account is how a customer stands.
type Account struct {
	// Token is the version that all of it was read on.
	Token fence.Token
	// ContactID is who stands for the person after all joins of contacts. Known is false when there is no such contact.
	ContactID uuid.UUID
	Known     bool
	Segment   string
	// Zone is where the customer lives; UTC when that is not known. Today is the day there, at midnight UTC.
	Zone     *time.Location
	Today    time.Time
	Bankrupt bool
	// Invoices are the open ones, what is due first, and those that were asked for, in any state.
	Invoices []Invoice
	Promises []Promise
	// Credits are what the customer has with us, by currency.
	Credits []money.Amount
	// Totals are what is open, overdue, and in dispute, by currency.
	Totals []Total
}

// Invoice is one that stands in the books. Days are at midnight UTC.
type Invoice struct {
	ID         uuid.UUID
	Source     string
	ExternalID string
	ContactID  uuid.UUID
	Number     string
	Total      money.Amount
	Paid       money.Amount
	Credited   money.Amount
	// Left is what is to be paid; 0 when it was taken back.
	Left          money.Amount
	State         string
	Disputed      bool
	DisputedAt    *time.Time
	DisputeReason string
	IssuedOn      time.Time
	DueOn         time.Time
	// DaysDue counts the days since the due day, where the customer lives: 1 on the day after it, below 0 before it.
	DaysDue   int
	PayURL    string
	CreatedAt time.Time
}

// Promise is a customer's word. Amount is nil for all that is owed.
type Promise struct {
	ID     uuid.UUID
	On     time.Time
	Amount *money.Amount
	State  string
	MadeAt time.Time
}

// The states of a promise.
const (
	PromiseOpen     = "open"
	PromiseKept     = "kept"
	PromiseBroken   = "broken"
	PromiseReplaced = "replaced"
)

// Total is what a customer owes in one currency. Overdue leaves out what is in dispute.
type Total struct {
	Currency string
	Open     int64
	Overdue  int64
	Disputed int64
}

// Read reads an account as it is at now. also names invoices that are wanted in whatever state. The token is read first:
// when the account changes meanwhile, it does not stand.
func Read(ctx context.Context, tx query.DBTX, now time.Time, contact uuid.UUID, also ...uuid.UUID) (Account, error) {
	q := query.New()
	id, err := q.FollowContact(ctx, tx, contact)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{ContactID: contact, Zone: time.UTC}, nil
	}
	if err != nil {
		return Account{}, fmt.Errorf("look for contact %s: %w", contact, err)
	}
	a := Account{ContactID: id, Known: true}
	if a.Token, err = fence.Read(ctx, tx, AccountFence, id); err != nil {
		return Account{}, err
	}
	row, err := q.GetBillingAccount(ctx, tx, id)
	if err != nil {
		return Account{}, fmt.Errorf("read the account of contact %s: %w", id, err)
	}
	reach, err := gate.New().Reach(ctx, tx, now, id)
	if err != nil {
		return Account{}, err
	}
	a.Segment, a.Bankrupt, a.Zone = row.Segment, row.Bankrupt, reach.Zone
	a.Today = DayOf(now, a.Zone)
	if also == nil {
		also = []uuid.UUID{}
	}
	invoices, err := q.ListAccountInvoices(ctx, tx, query.ListAccountInvoicesParams{ContactID: id, Also: also})
	if err != nil {
		return Account{}, fmt.Errorf("read the invoices of contact %s: %w", id, err)
	}
	for _, r := range invoices {
		a.add(ViewInvoice(r, a.Today))
	}
	promises, err := q.ListPromises(ctx, tx, id)
	if err != nil {
		return Account{}, fmt.Errorf("read the promises of contact %s: %w", id, err)
	}
	for _, r := range promises {
		p := Promise{ID: r.ID, On: r.OnDay.Time, State: r.State, MadeAt: r.MadeAt.UTC()}
		if r.AmountMinor != nil {
			p.Amount = &money.Amount{Minor: *r.AmountMinor, Currency: db.Text(r.Currency)}
		}
		a.Promises = append(a.Promises, p)
	}
	credits, err := q.SumCredits(ctx, tx, db.NullID(id))
	if err != nil {
		return Account{}, fmt.Errorf("read the credit of contact %s: %w", id, err)
	}
	for _, c := range credits {
		a.Credits = append(a.Credits, money.Amount{Minor: c.Minor, Currency: c.Currency})
	}
	return a, nil
}

// add takes an invoice into the account and its totals.
func (a *Account) add(i Invoice) {
	a.Invoices = append(a.Invoices, i)
	if i.State != Open {
		return
	}
	at := 0
	for at < len(a.Totals) && a.Totals[at].Currency != i.Total.Currency {
		at++
	}
	if at == len(a.Totals) {
		a.Totals = append(a.Totals, Total{Currency: i.Total.Currency})
	}
	t := &a.Totals[at]
	t.Open += i.Left.Minor
	switch {
	case i.Disputed:
		t.Disputed += i.Left.Minor
	case i.DaysDue > 0:
		t.Overdue += i.Left.Minor
	}
}

// Promise is the one that counts now, if any.
func (a Account) Promise() (Promise, bool) {
	for _, p := range a.Promises {
		if p.State == PromiseOpen {
			return p, true
		}
	}
	return Promise{}, false
}

// ViewInvoice is a row of the books as it is on a day.
func ViewInvoice(r query.Invoice, today time.Time) Invoice {
	in := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: r.Currency} }
	return Invoice{
		ID: r.ID, Source: r.Source, ExternalID: r.ExternalID, ContactID: r.ContactID, Number: r.Number,
		Total: in(r.TotalMinor), Paid: in(r.PaidMinor), Credited: in(r.CreditedMinor), Left: in(left(r)), State: r.State,
		Disputed: r.DisputedAt != nil, DisputedAt: r.DisputedAt, DisputeReason: r.DisputeReason,
		IssuedOn: r.IssuedOn.Time, DueOn: r.DueOn.Time, DaysDue: int(today.Sub(r.DueOn.Time) / (24 * time.Hour)), PayURL: r.PayUrl, CreatedAt: r.CreatedAt.UTC(),
	}
}

// DayOf is the day of an instant in a zone, at midnight UTC.
func DayOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
