package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// OptIn is a consent that the person has to confirm.
type OptIn struct {
	ID          uuid.UUID         `json:"id"`
	ContactID   uuid.UUID         `json:"contact_id"`
	Purpose     string            `json:"purpose"`
	State       string            `json:"state" jsonschema:"enum=pending,enum=confirmed,enum=expired"`
	Source      string            `json:"source,omitempty" jsonschema_description:"where it was asked for"`
	CreatedAt   time.Time         `json:"created_at"`
	ExpiresAt   time.Time         `json:"expires_at" jsonschema_description:"when the link stops to work"`
	ConfirmedAt *time.Time        `json:"confirmed_at,omitempty"`
	MessageID   *uuid.UUID        `json:"message_id,omitempty" jsonschema_description:"the message whose link confirmed it: with confirmed_at, the proof"`
	Links       map[string]string `json:"links"`
}

// OptInRequest asks a person to confirm a consent.
type OptInRequest struct {
	Purpose string `json:"purpose" jsonschema:"pattern=^[a-z][a-z0-9_]{0\\,62}$" jsonschema_description:"what the consent is for, such as email_marketing"`
	Source  string `json:"source,omitempty" jsonschema:"maxLength=100" jsonschema_description:"where the person asked for it, such as the name of a form; nothing personal"`
}

func (s *Server) optInOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/contacts/{id}/opt-ins", ID: "askOptIn", Tag: "contacts", Access: access.ConsentsWrite,
			Summary: "Ask a person to confirm a consent (double opt-in)",
			Description: "Starts the process opt-in, which sends the link and waits for the click. Nothing is granted before. While one for the " +
				"same purpose waits, that one is answered and no second message is sent.",
			Body:    jsonBody(OptInRequest{Purpose: "email_marketing", Source: "newsletter form"}),
			Answers: []Answer{answer[OptIn](http.StatusAccepted, "It is kept; the person will be asked.")}, Handle: s.askOptIn,
		},
		{
			Method: http.MethodGet, Path: "/v1/contacts/{id}/opt-ins", ID: "listOptIns", Tag: "contacts", Access: access.ConsentsRead,
			Summary: "The consents that a person was asked to confirm, the newest first", Answers: []Answer{answer[OptIns](200, "Up to 100 of them.")},
			Handle: s.listOptIns,
		},
	}
}

// OptIns are the newest opt-ins of a contact.
type OptIns struct {
	Items []OptIn `json:"items"`
}

// maxOptIns bounds a list: nobody is asked that often.
const maxOptIns = 100

func (s *Server) askOptIn(c *Call) error {
	var in OptInRequest
	if err := c.Decode(&in); err != nil {
		return err
	}
	var row query.OptIn
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		if row, err = query.New().GetOptIn(c.Ctx(), tx, c.EffectID()); err == nil {
			return nil // a repeat whose answer was lost
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the opt-in of a repeat: %w", err)
		}
		row, err = optins.Ask(c.Ctx(), tx, s.clock.Now(), optins.Asking{
			ID: c.EffectID(), ContactID: c.ID("id"), Purpose: in.Purpose, Source: in.Source,
		}, c.Actor())
		return err
	})
	if errors.Is(err, optins.ErrContact) {
		return problem.NotFound("contact", c.Param("id"))
	}
	if err != nil {
		return err
	}
	s.wake()
	return c.JSON(http.StatusAccepted, optInView(row))
}

func (s *Server) listOptIns(c *Call) error {
	contact, err := s.findContact(c)
	if err != nil {
		return err
	}
	rows, err := s.optIns(c.Ctx(), contact)
	if err != nil {
		return err
	}
	out := OptIns{Items: []OptIn{}}
	for _, row := range rows {
		out.Items = append(out.Items, optInView(row))
	}
	return c.OK(out)
}

// optIns are those of a contact or of the one that it was joined to, where new ones are written.
func (s *Server) optIns(ctx context.Context, contact query.Contact) ([]query.OptIn, error) {
	id := contact.ID
	if contact.MergedInto.Valid {
		id = contact.MergedInto.UUID
	}
	rows, err := query.New().ListOptIns(ctx, s.pool, query.ListOptInsParams{ContactID: id, MaxRows: maxOptIns})
	if err != nil {
		return nil, fmt.Errorf("list opt-ins: %w", err)
	}
	return rows, nil
}

func optInView(r query.OptIn) OptIn {
	return OptIn{
		ID: r.ID, ContactID: r.ContactID, Purpose: r.Purpose, State: r.State, Source: r.Source, CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: r.ExpiresAt.UTC(), ConfirmedAt: utc(r.ConfirmedAt), MessageID: id(r.MessageID),
		Links: map[string]string{
			"contact": link("v1/contacts", r.ContactID.String()), "run": link("v1/processes/opt-in/runs", r.ID.String()),
		},
	}
}
