package api

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/money"
)

// CustomerAccount is what a customer owes, and how they stand to it.
type CustomerAccount struct {
	ContactID uuid.UUID         `json:"contact_id"`
	Segment   string            `json:"segment,omitempty"`
	Bankrupt  bool              `json:"bankrupt"`
	Today     string            `json:"today" jsonschema:"format=date" jsonschema_description:"where the customer lives"`
	Totals    []AccountTotal    `json:"totals" jsonschema_description:"by currency"`
	Credits   []money.Amount    `json:"credits" jsonschema_description:"what they paid too much, by currency"`
	Invoices  []BilledInvoice   `json:"invoices" jsonschema_description:"the open ones, what is due first"`
	Promises  []PaymentPromise  `json:"promises" jsonschema_description:"the oldest first"`
	Links     map[string]string `json:"links"`
}

// AccountTotal is what is owed in one currency.
type AccountTotal struct {
	Currency      string `json:"currency" jsonschema_description:"ISO 4217"`
	OpenMinor     int64  `json:"open_minor"`
	OverdueMinor  int64  `json:"overdue_minor" jsonschema_description:"without what is in dispute"`
	DisputedMinor int64  `json:"disputed_minor"`
}

// PaymentPromise is a customer's word to pay on a day.
type PaymentPromise struct {
	ID     uuid.UUID     `json:"id"`
	On     string        `json:"on" jsonschema:"format=date,maxLength=10"`
	Amount *money.Amount `json:"amount,omitempty" jsonschema_description:"absent for all that is owed"`
	State  string        `json:"state" jsonschema:"enum=open,enum=kept,enum=broken,enum=replaced"`
	MadeAt time.Time     `json:"made_at"`
}

// NewPromise is a customer's word to pay.
type NewPromise struct {
	On     string        `json:"on" jsonschema:"format=date,maxLength=10"`
	Amount *money.Amount `json:"amount,omitempty" jsonschema_description:"left out for all that is owed"`
}

func (s *Server) accountOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/contacts/{id}/account", ID: "getAccount", Tag: "billing", Access: access.BillingRead,
			Summary: "What a customer owes", Answers: []Answer{answer[CustomerAccount](200, "The account.")}, Problems: []int{http.StatusNotFound}, Handle: s.getAccount,
		},
		{
			Method: http.MethodPost, Path: "/v1/contacts/{id}/promises", ID: "promisePayment", Tag: "billing", Access: access.BillingWrite,
			Summary: "A customer promised to pay on a day", Description: "The same as the event debtor.promised. It takes the place of an earlier promise.",
			Body:    jsonBody(NewPromise{On: "2030-02-28"}),
			Answers: []Answer{answer[CustomerAccount](200, "The account with the promise.")}, Problems: []int{http.StatusNotFound}, Handle: s.promisePayment,
		},
	}
}

func (s *Server) getAccount(c *Call) error {
	a, err := billing.Read(c.Ctx(), s.pool, s.clock.Now(), c.ID("id"))
	if err != nil {
		return err
	}
	if !a.Known {
		return problem.NotFound("contact", c.Param("id"))
	}
	return c.OK(accountView(a))
}

func (s *Server) promisePayment(c *Call) error {
	var in NewPromise
	if err := c.Decode(&in); err != nil {
		return err
	}
	a, err := billing.Read(c.Ctx(), s.pool, s.clock.Now(), c.ID("id"))
	if err != nil {
		return err
	}
	if !a.Known {
		return problem.NotFound("contact", c.Param("id"))
	}
	if err := bookOne(s, c, a.ContactID, events.PromiseMade, events.Promise{ContactID: a.ContactID, On: in.On, Amount: in.Amount}); err != nil {
		return err
	}
	return s.getAccount(c)
}

func accountView(a billing.Account) CustomerAccount {
	v := CustomerAccount{
		ContactID: a.ContactID, Segment: a.Segment, Bankrupt: a.Bankrupt, Today: a.Today.Format(time.DateOnly), Totals: []AccountTotal{},
		Credits: append([]money.Amount{}, a.Credits...), Invoices: []BilledInvoice{}, Promises: []PaymentPromise{},
		Links: map[string]string{"contact": link("v1/contacts", a.ContactID.String()), "invoices": "/v1/invoices?contact=" + a.ContactID.String()},
	}
	for _, t := range a.Totals {
		v.Totals = append(v.Totals, AccountTotal{t.Currency, t.Open, t.Overdue, t.Disputed})
	}
	for _, i := range a.Invoices {
		view := billedInvoice(i)
		view.DaysDue = &i.DaysDue
		v.Invoices = append(v.Invoices, view)
	}
	for _, p := range a.Promises {
		v.Promises = append(v.Promises, PaymentPromise{p.ID, p.On.Format(time.DateOnly), p.Amount, p.State, p.MadeAt})
	}
	return v
}
