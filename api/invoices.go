package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// apiSource is the source of invoices and payments that a call brings.
const apiSource = "api"

// BilledInvoice is an invoice as it stands in the books.
type BilledInvoice struct {
	ID            uuid.UUID         `json:"id"`
	Source        string            `json:"source" jsonschema_description:"who told of it; with invoice_id it is unique"`
	InvoiceID     string            `json:"invoice_id"`
	ContactID     uuid.UUID         `json:"contact_id"`
	Number        string            `json:"number,omitempty"`
	State         string            `json:"state" jsonschema:"enum=open,enum=paid,enum=void,enum=written-off"`
	Total         money.Amount      `json:"total"`
	Paid          money.Amount      `json:"paid"`
	Credited      money.Amount      `json:"credited"`
	Left          money.Amount      `json:"left" jsonschema_description:"to be paid"`
	Disputed      bool              `json:"disputed"`
	DisputedAt    *time.Time        `json:"disputed_at,omitempty"`
	DisputeReason string            `json:"dispute_reason,omitempty" jsonschema_description:"a code"`
	IssuedOn      string            `json:"issued_on" jsonschema:"format=date"`
	DueOn         string            `json:"due_on" jsonschema:"format=date"`
	DaysDue       *int              `json:"days_due,omitempty" jsonschema_description:"of an account: days since the due day where the customer lives, below 0 before it"`
	PayURL        string            `json:"pay_url,omitempty"`
	Links         map[string]string `json:"links"`
}

// BilledPayment is money that came in.
type BilledPayment struct {
	ID        uuid.UUID         `json:"id"`
	Source    string            `json:"source"`
	PaymentID string            `json:"payment_id"`
	ContactID *uuid.UUID        `json:"contact_id,omitempty" jsonschema_description:"absent while the invoice that it names is not known"`
	Amount    money.Amount      `json:"amount"`
	Allocated money.Amount      `json:"allocated" jsonschema_description:"what it paid of invoices"`
	Refunded  money.Amount      `json:"refunded"`
	Credit    money.Amount      `json:"credit" jsonschema_description:"what is free of it; the next invoice of this currency takes it"`
	Links     map[string]string `json:"links"`
}

type invoiceFilter struct {
	Paging
	Contact uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
	State   string    `json:"state,omitempty" jsonschema:"enum=open,enum=paid,enum=void,enum=written-off"`
	Overdue bool      `json:"overdue,omitempty" jsonschema_description:"only open ones whose due day has passed, by UTC"`
}

func (s *Server) invoiceOperations() []*Operation {
	example := money.Amount{Minor: 12900, Currency: "EUR"}
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/invoices", ID: "listInvoices", Tag: "billing", Access: access.BillingRead, Query: typeOf[invoiceFilter](),
			Summary: "List invoices, the oldest first", Answers: []Answer{answer[Page[BilledInvoice]](200, "A page of invoices.")}, Handle: s.listInvoices,
		},
		{
			Method: http.MethodGet, Path: "/v1/invoices/{id}", ID: "getInvoice", Tag: "billing", Access: access.BillingRead,
			Summary: "Read an invoice", Answers: []Answer{answer[BilledInvoice](200, "The invoice.")}, Problems: []int{http.StatusNotFound}, Handle: s.getInvoice,
		},
		{
			Method: http.MethodPost, Path: "/v1/invoices", ID: "bookInvoice", Tag: "billing", Access: access.BillingWrite,
			Summary:     "Book an invoice, or what has changed of it",
			Description: "The same as the event invoice.issued with the source `api`. Credit of the customer in the same currency pays it at once.",
			Body: jsonBody(events.Invoice{InvoiceID: "2030-1001", ContactID: uuid.Max, Number: "2030-1001", Total: example, IssuedOn: "2030-01-31", DueOn: "2030-02-14",
				PayURL: "https://example.com/pay/2030-1001"}),
			Answers: []Answer{answer[BilledInvoice](200, "The invoice as it stands in the books.", "Location")}, Handle: s.bookInvoice,
		},
		{
			Method: http.MethodPost, Path: "/v1/payments", ID: "bookPayment", Tag: "billing", Access: access.BillingWrite,
			Summary: "Book money that came in",
			Description: "The same as the event payment.received with the source `api`. It pays the invoice that it names, else what is due first in its currency; " +
				"what is left over stays as credit. A payment that is booked already is answered as it stands.",
			Body:    jsonBody(events.Payment{PaymentID: "transfer-1", ContactID: uuid.Max, InvoiceID: "2030-1001", Amount: example}),
			Answers: []Answer{answer[BilledPayment](200, "The payment as it stands in the books.")}, Handle: s.bookPayment,
		},
	}
}

func (s *Server) listInvoices(c *Call) error {
	var f invoiceFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("invoices", f.Contact, f.State, f.Overdue)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListInvoicesParams{
		Contact: db.NullID(f.Contact), State: db.NullText(f.State), Overdue: f.Overdue, PageSize: int32(f.limit() + 1),
		Today: pgtype.Date{Time: billing.DayOf(s.clock.Now(), time.UTC), Valid: true},
	}
	if place != nil {
		arg.AfterAt, arg.AfterID = &place.At, db.NullID(place.ID)
	}
	rows, err := query.New().ListInvoices(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list invoices: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, invoiceView, func(r query.Invoice) timePlace { return timePlace{r.CreatedAt, r.ID} }))
}

func (s *Server) getInvoice(c *Call) error {
	row, err := query.New().GetInvoice(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("invoice", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read an invoice: %w", err)
	}
	return c.OK(invoiceView(row))
}

func (s *Server) bookInvoice(c *Call) error {
	var in events.Invoice
	if err := c.Decode(&in); err != nil {
		return err
	}
	if err := bookOne(s, c, in.ContactID, events.InvoiceIssued, in); err != nil {
		return err
	}
	row, err := query.New().FindInvoice(c.Ctx(), s.pool, query.FindInvoiceParams{Source: apiSource, ExternalID: in.InvoiceID})
	if err != nil {
		return fmt.Errorf("read an invoice: %w", err)
	}
	c.Response().Header().Set("Location", link("v1/invoices", row.ID.String()))
	return c.OK(invoiceView(row))
}

func (s *Server) bookPayment(c *Call) error {
	var in events.Payment
	if err := c.Decode(&in); err != nil {
		return err
	}
	if err := bookOne(s, c, in.ContactID, events.PaymentReceived, in); err != nil {
		return err
	}
	row, err := query.New().GetPayment(c.Ctx(), s.pool, query.GetPaymentParams{Source: apiSource, ExternalID: in.PaymentID})
	if err != nil {
		return fmt.Errorf("read a payment: %w", err)
	}
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: row.Currency} }
	v := BilledPayment{
		ID: row.ID, Source: row.Source, PaymentID: row.ExternalID, Amount: amount(row.AmountMinor), Allocated: amount(row.AllocatedMinor),
		Refunded: amount(row.RefundedMinor), Credit: amount(row.AmountMinor - row.AllocatedMinor - row.RefundedMinor), Links: map[string]string{},
	}
	if row.ContactID.Valid {
		v.ContactID = &row.ContactID.UUID
		v.Links["account"] = link("v1/contacts", row.ContactID.UUID.String(), "account")
	}
	return c.OK(v)
}

// bookOne books what a call says as the event that says it.
func bookOne[T any](s *Server, c *Call, contact uuid.UUID, e process.Event[T], data T) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("book %s: %w", e.Name(), err)
	}
	told := inbox.Event{Source: apiSource, ExternalID: e.Name() + "/" + c.Effect(), Type: e.Name(), Subject: contact.String(), Data: raw}
	_, err = s.book(c, []inbox.Event{told}, func(int) string { return "" })
	return err
}

func invoiceView(r query.Invoice) BilledInvoice {
	return billedInvoice(billing.ViewInvoice(r, r.DueOn.Time))
}

func billedInvoice(i billing.Invoice) BilledInvoice {
	return BilledInvoice{
		ID: i.ID, Source: i.Source, InvoiceID: i.ExternalID, ContactID: i.ContactID, Number: i.Number, State: i.State, Total: i.Total, Paid: i.Paid,
		Credited: i.Credited, Left: i.Left, Disputed: i.Disputed, DisputedAt: utc(i.DisputedAt), DisputeReason: i.DisputeReason,
		IssuedOn: i.IssuedOn.Format(time.DateOnly), DueOn: i.DueOn.Format(time.DateOnly), PayURL: i.PayURL,
		Links: map[string]string{"self": link("v1/invoices", i.ID.String()), "account": link("v1/contacts", i.ContactID.String(), "account")},
	}
}
