package api

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/billing/stripe"
	"github.com/perdura/perdura/db"
)

// StripeCustomerLink says who a customer of Stripe is here.
type StripeCustomerLink struct {
	ContactID uuid.UUID `json:"contact_id"`
}

// StripeCustomer is a customer of Stripe who is known here.
type StripeCustomer struct {
	Customer  string            `json:"customer" jsonschema_description:"Stripe's id, cus_…"`
	ContactID uuid.UUID         `json:"contact_id" jsonschema_description:"after all joins of contacts"`
	Booked    int               `json:"booked" jsonschema_description:"how much that waited for the link was booked by it"`
	Links     map[string]string `json:"links"`
}

func (s *Server) stripeCustomerOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodPut, Path: "/v1/stripe-customers/{customer}", ID: "linkStripeCustomer", Tag: "billing", Access: access.BillingWrite,
		Summary: "Say who a customer of Stripe is",
		Description: "For customers whose metadata.contact_id at Stripe is not set. What Stripe told of them before, and could not be booked, is booked now. " +
			"Saying it again changes nothing; a customer who is linked to somebody else is refused, since what was booked stays theirs.",
		Body:     jsonBody(StripeCustomerLink{ContactID: uuid.Max}),
		Answers:  []Answer{answer[StripeCustomer](200, "The customer is linked.")},
		Problems: []int{http.StatusConflict}, Handle: s.linkStripeCustomer,
	}}
}

func (s *Server) linkStripeCustomer(c *Call) error {
	var in StripeCustomerLink
	if err := c.Decode(&in); err != nil {
		return err
	}
	customer := c.Param("customer")
	var linked stripe.Linked
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		linked, err = stripe.Link(c.Ctx(), tx, s.clock.Now(), s.clock.At, c.Actor(), customer, in.ContactID)
		return err
	})
	switch {
	case errors.Is(err, stripe.ErrNoContact):
		return problem.Invalid(problem.Field{Field: "contact_id", Message: "there is no such contact"})
	case errors.Is(err, stripe.ErrLinked):
		return problem.Conflict("linked", "The customer is linked to another contact; join the two contacts if they are one person.")
	case err != nil:
		return err
	}
	s.wake()
	return c.OK(StripeCustomer{
		Customer: customer, ContactID: linked.Contact, Booked: linked.Booked,
		Links: map[string]string{"account": link("v1/contacts", linked.Contact.String(), "account")},
	})
}
