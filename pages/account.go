package pages

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/templates"
	"github.com/perdura/perdura/tracking"
)

// accountView is the page on which a customer sees what is open, pays, promises or objects.
type accountView struct {
	Heading  string // key of the words
	Mask     string
	Notice   string // key of what was just done
	Wrong    string // promise or dispute: which form cannot be taken
	Invoices []invoiceView
	Totals   []string // one a currency
	Promised string   // the promised day
	Paused   bool     // nobody may collect
	Earliest string   // and Latest bound the day of a promise, as YYYY-MM-DD
	Latest   string
	Day      string // as typed
	Reasons  []string
}

// invoiceView is one open invoice in words.
type invoiceView struct {
	ID       uuid.UUID
	Number   string
	Left     string
	DueOn    string
	PayURL   string
	Disputed bool
}

// Objectable are the invoices that nobody has said anything against.
func (a accountView) Objectable() []invoiceView {
	return slices.DeleteFunc(slices.Clone(a.Invoices), func(i invoiceView) bool { return i.Disputed })
}

// debtor is a visit to an account.
type debtor struct {
	*visit
	contact  query.Contact
	language string
}

// account shows what a customer owes and, by POST only, takes a promise or an objection. A GET changes nothing of it; that
// the page was opened is noted, unless a program did it.
func (v *visit) account() error {
	contact, err := person(v.Context(), v.p.Pool, v.id)
	if err != nil {
		return err
	}
	if v.p.Books == nil {
		return errLink
	}
	d := &debtor{visit: v, contact: contact, language: v.p.language(text(contact.Language), v.Header)}
	if !v.posted {
		if err := d.opened(); err != nil {
			return err
		}
		return d.page(accountView{})
	}
	switch v.PostForm.Get("do") {
	case "promise":
		return d.promise()
	case "dispute":
		return d.object()
	}
	return errForm
}

// opened tells the run that the customer looked, once a day.
func (d *debtor) opened() error {
	if tracking.Machine(tracking.Hit{Method: d.Method, Header: d.Header, Kind: feedback.Clicked, Since: -1}) != "" {
		return nil
	}
	now := d.p.Clock.Now()
	key := "account/" + d.contact.ID.String() + "/page-opened/" + now.UTC().Format(time.DateOnly)
	err := db.InTx(d.Context(), d.p.Pool, func(tx pgx.Tx) error {
		return inbox.Emit(d.Context(), tx, now, key, d.contact.ID.String(), events.PaymentPageOpened, events.PageVisit{ContactID: d.contact.ID})
	})
	if err == nil {
		d.p.wake()
	}
	return err
}

// page shows how the account stands; view says what was just done or is wrong.
func (d *debtor) page(view accountView) error {
	s, err := collecting.ReadStatement(d.Context(), d.p.Pool, d.p.Books, d.p.Clock.Now(), d.contact.ID)
	if err != nil {
		return err
	}
	view.Mask, view.Reasons = maskOf(d.contact), collecting.Reasons
	view.Earliest, view.Latest = s.Earliest.Format(time.DateOnly), s.Latest.Format(time.DateOnly)
	view.Paused = s.Bankrupt
	if !s.PromisedOn.IsZero() {
		view.Promised = d.day(s.PromisedOn)
	}
	var totals []money.Amount
	for _, i := range s.Open {
		view.Invoices = append(view.Invoices, invoiceView{
			ID: i.InvoiceID, Number: i.Number, Left: d.amount(i.Left), DueOn: d.day(i.DueOn), PayURL: i.PayURL, Disputed: i.Disputed,
		})
		at := slices.IndexFunc(totals, func(t money.Amount) bool { return t.Currency == i.Left.Currency })
		if at < 0 {
			totals = append(totals, i.Left)
		} else {
			totals[at].Minor += i.Left.Minor
		}
	}
	for _, t := range totals {
		view.Totals = append(view.Totals, d.amount(t))
	}
	view.Heading = "account.title"
	if len(view.Invoices) == 0 {
		view.Heading = "account.nothing_title"
	}
	return d.show("account", d.language, view)
}

func (d *debtor) amount(a money.Amount) string {
	return templates.Write(d.language, templates.Amount, templates.Money{Minor: a.Minor, Currency: a.Currency})
}

func (d *debtor) day(t time.Time) string { return templates.Write(d.language, templates.Day, t) }

// promise takes the customer's word to pay on a day.
func (d *debtor) promise() error {
	given := d.PostForm.Get("day")
	on, err := time.Parse(time.DateOnly, given)
	if err != nil {
		return d.page(accountView{Wrong: "promise", Day: given})
	}
	return d.book("promise", accountView{Notice: "account.promise_taken", Day: given}, func(tx pgx.Tx) error {
		return collecting.PromiseIn(d.Context(), tx, d.p.Books, d.p.Clock.Now(), d.contact.ID, on)
	})
}

// object takes the customer's word that an invoice is wrong.
func (d *debtor) object() error {
	invoice, err := uuid.Parse(d.PostForm.Get("invoice"))
	reason := d.PostForm.Get("reason")
	if err != nil || !slices.Contains(collecting.Reasons, reason) {
		return d.page(accountView{Wrong: "dispute"})
	}
	return d.book("dispute", accountView{Notice: "account.dispute_taken"}, func(tx pgx.Tx) error {
		return collecting.ContestIn(d.Context(), tx, d.p.Books, d.p.Clock.Now(), d.contact.ID, invoice, reason)
	})
}

// book writes into the books what the customer said, and wakes the run. What cannot be taken is shown beside its form.
func (d *debtor) book(form string, done accountView, write func(pgx.Tx) error) error {
	err := db.InTx(d.Context(), d.p.Pool, write)
	if errors.Is(err, collecting.ErrNotTaken) {
		return d.page(accountView{Wrong: form, Day: done.Day})
	}
	if err != nil {
		return err
	}
	d.p.wake()
	return d.page(accountView{Notice: done.Notice})
}
