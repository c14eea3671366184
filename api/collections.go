package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/money"
)

// Collection is where the collection of a customer's debt stands, as its run saw it when it looked last. The books say
// what is owed now.
type Collection struct {
	ContactID      uuid.UUID         `json:"contact_id"`
	State          string            `json:"state" jsonschema_description:"owing, promised, disputed, …; once it has ended, the outcome: settled, written-off, handed-over, bankrupt, unreachable or cancelled"`
	Ended          bool              `json:"ended"`
	Plan           string            `json:"plan"`
	PlanVersion    int32             `json:"plan_version"`
	Step           int32             `json:"step" jsonschema_description:"the next one of the plan, from 0"`
	Due            *money.Amount     `json:"due,omitempty" jsonschema_description:"overdue and not disputed, in the currency of the oldest invoice; absent for nothing"`
	Invoices       int32             `json:"invoices"`
	BrokenPromises int32             `json:"broken_promises"`
	Next           string            `json:"next,omitempty" jsonschema_description:"what is done next, such as wait, say, phone or propose-off"`
	NextAt         *time.Time        `json:"next_at,omitempty"`
	Since          time.Time         `json:"since"`
	LookedAt       time.Time         `json:"looked_at"`
	Links          map[string]string `json:"links"`
}

type collectionFilter struct {
	Paging
	State   string    `json:"state,omitempty" jsonschema:"maxLength=50" jsonschema_description:"as in the answer"`
	Contact uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
}

func (s *Server) collectionOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodGet, Path: "/v1/collections", ID: "listCollections", Tag: "collections", Access: access.CollectionsRead, Query: typeOf[collectionFilter](),
		Summary: "List who owes, how they stand and what is next, the oldest first",
		Answers: []Answer{answer[Page[Collection]](200, "A page of collections.")}, Handle: s.listCollections,
	}}
}

func (s *Server) listCollections(c *Call) error {
	var f collectionFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("collections", f.State, f.Contact)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListCollectionsParams{State: db.NullText(f.State), Contact: db.NullID(f.Contact), PageSize: int32(f.limit() + 1)}
	if place != nil {
		arg.AfterAt, arg.AfterID = &place.At, db.NullID(place.ID)
	}
	rows, err := query.New().ListCollections(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list collections: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, collectionView, func(r query.Collection) timePlace { return timePlace{r.BeganAt, r.ContactID} }))
}

func collectionView(r query.Collection) Collection {
	v := Collection{
		ContactID: r.ContactID, State: r.State, Ended: r.Ended, Plan: r.Plan, PlanVersion: r.PlanVersion, Step: r.Step,
		Invoices: r.Invoices, BrokenPromises: r.BrokenPromises,
		Next: r.Next, NextAt: utc(r.NextAt), Since: r.BeganAt.UTC(), LookedAt: r.LookedAt.UTC(),
		Links: map[string]string{
			"contact":  link("v1/contacts", r.ContactID.String()),
			"run":      link("v1/processes/collection/runs", r.ContactID.String()),
			"messages": "/v1/messages?contact=" + r.ContactID.String(),
		},
	}
	if r.Currency != "" {
		v.Due = &money.Amount{Minor: r.DueMinor, Currency: r.Currency}
	}
	return v
}
