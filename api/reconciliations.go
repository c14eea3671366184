package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/billing/stripe"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Reconciliation is what a system outside told and could not be booked. Nothing in it is personal.
type Reconciliation struct {
	ID         uuid.UUID         `json:"id"`
	Source     string            `json:"source"`
	EventID    string            `json:"event_id" jsonschema_description:"the source's"`
	EventType  string            `json:"event_type" jsonschema_description:"the source's"`
	Reason     string            `json:"reason" jsonschema:"enum=unknown-customer,enum=unknown-invoice,enum=not-booked" jsonschema_description:"not-booked: the books do not take it as it is"`
	ObjectID   string            `json:"object_id" jsonschema_description:"the source's id of what is missing here: a customer, an invoice, a payment"`
	Customer   string            `json:"customer,omitempty" jsonschema_description:"the source's id of the customer, where it is known"`
	At         time.Time         `json:"at" jsonschema_description:"when it was told first"`
	ResolvedAt *time.Time        `json:"resolved_at,omitempty" jsonschema_description:"when it was booked after all"`
	Links      map[string]string `json:"links"`
}

type reconciliationFilter struct {
	Paging
	Reason   string `json:"reason,omitempty" jsonschema:"enum=unknown-customer,enum=unknown-invoice,enum=not-booked"`
	Object   string `json:"object,omitempty" jsonschema:"maxLength=255" jsonschema_description:"the source's id of what is missing"`
	Resolved bool   `json:"resolved,omitempty" jsonschema_description:"also what was booked after all"`
}

func (s *Server) reconciliationOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodGet, Path: "/v1/reconciliations", ID: "listReconciliations", Tag: "billing", Access: access.BillingRead, Query: typeOf[reconciliationFilter](),
		Summary:     "List what Stripe told and could not be booked, the oldest first",
		Description: "What waits for a customer is booked when the customer is linked, and what waits for an invoice or a payment once that is told.",
		Answers:     []Answer{answer[Page[Reconciliation]](200, "A page of what waits.")}, Handle: s.listReconciliations,
	}}
}

func (s *Server) listReconciliations(c *Call) error {
	var f reconciliationFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("reconciliations", f.Reason, f.Object, f.Resolved)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListReconciliationPageParams{Reason: db.NullText(f.Reason), ObjectID: db.NullText(f.Object), Resolved: f.Resolved, PageSize: int32(f.limit() + 1)}
	if place != nil {
		arg.AfterAt, arg.AfterID = &place.At, db.NullID(place.ID)
	}
	rows, err := query.New().ListReconciliationPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list what could not be booked: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, reconciliationView, func(r query.BillingReconciliation) timePlace { return timePlace{r.At, r.ID} }))
}

func reconciliationView(r query.BillingReconciliation) Reconciliation {
	v := Reconciliation{
		ID: r.ID, Source: r.Source, EventID: r.EventID, EventType: r.EventType, Reason: r.Reason, ObjectID: r.ObjectID, At: r.At.UTC(), ResolvedAt: utc(r.ResolvedAt),
		Links: map[string]string{},
	}
	var e struct {
		Data struct {
			Object struct {
				Customer string `json:"customer"`
			} `json:"object"`
		} `json:"data"`
	}
	if json.Unmarshal(r.Data, &e) == nil {
		v.Customer = e.Data.Object.Customer
	}
	if r.Reason == stripe.UnknownCustomer {
		v.Links["link"] = link("v1/stripe-customers", r.ObjectID)
	}
	return v
}
