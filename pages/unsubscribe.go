package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/inbox"
)

// unsubscribeView is the page behind an unsubscribe link.
type unsubscribeView struct {
	Heading     string // key of the words
	Mask        string
	State       string // ask, out or in
	Purpose     string // empty: everything
	Preferences string
}

// unsubscribe takes a person off what one message belongs to. A POST from a mailbox (RFC 8058, 3.2) and one from the
// page's button are the same: whatever the body says, short of the word undo, it is a wish to be left alone.
func (v *visit) unsubscribe() error {
	m, err := query.New().GetMessage(v.Context(), v.p.Pool, v.id)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !m.ContactID.Valid {
		return errLink
	}
	if err != nil {
		return fmt.Errorf("unsubscribe: read the message: %w", err)
	}
	contact, err := person(v.Context(), v.p.Pool, m.ContactID.UUID)
	if err != nil {
		return err
	}
	view := unsubscribeView{
		Heading: "unsubscribe.title", State: "ask", Mask: mask(provider.Channel(m.Channel), m.Recipient), Purpose: m.Purpose,
		Preferences: v.p.preferencesOf(contact.ID),
	}
	switch {
	case !v.posted:
		out, err := isOut(v.Context(), v.p.Pool, contact.ID, m)
		if err != nil {
			return err
		}
		if out {
			view.State, view.Heading = "out", "unsubscribe.out_title"
		}
	case v.PostForm.Get("do") == "undo":
		if err := v.resubscribe(contact.ID, m); err != nil {
			return err
		}
		view.State, view.Heading = "in", "unsubscribe.in_title"
	default:
		if err := v.optOut(contact.ID, m); err != nil {
			return err
		}
		view.State, view.Heading = "out", "unsubscribe.out_title"
	}
	return v.show("unsubscribe", text(contact.Language), view)
}

// optOut withdraws what the message belongs to, and tells the run that sent it. What a test message's link does concerns
// nobody.
func (v *visit) optOut(contact uuid.UUID, m query.Message) error {
	if m.Test {
		return nil
	}
	ctx, now := v.Context(), v.p.Clock.Now().Truncate(time.Microsecond)
	err := db.InTx(ctx, v.p.Pool, func(tx pgx.Tx) error {
		// First the person, then the message, then events: the order in which everybody locks.
		if _, err := query.New().LockPerson(ctx, tx, contact); err != nil {
			return fmt.Errorf("unsubscribe: lock the contact: %w", err)
		}
		noted, err := query.New().NoteUnsubscribed(ctx, tx, query.NoteUnsubscribedParams{ID: m.ID, Now: now})
		if err != nil {
			return fmt.Errorf("unsubscribe: note it in the ledger: %w", err)
		}
		choice := events.Choice{ContactID: contact, Purpose: m.Purpose}
		if err := consent.OptOut(ctx, tx, now, choice, by("one-click", contact, "by the link in message "+m.ID.String())); err != nil {
			return err
		}
		if noted == 0 {
			return nil
		}
		return engaged(ctx, tx, now, m)
	})
	if err != nil {
		return err
	}
	v.p.wake()
	return nil
}

// engaged reports the unsubscription like any other reaction to a message, under the same key.
func engaged(ctx context.Context, tx pgx.Tx, now time.Time, m query.Message) error {
	rows, err := json.Marshal([]map[string]any{{
		"place": 0, "id": uuid.Must(uuid.NewV7()), "provider": "perdura", "external_id": "unsubscribe/" + m.ID.String(),
		"message_id": m.ID, "kind": feedback.Unsubscribed, "link": 0, "detail": "", "filtered": "", "at": now,
	}})
	if err != nil {
		return fmt.Errorf("unsubscribe: encode the report: %w", err)
	}
	if _, err := query.New().AddMessageEvents(ctx, tx, query.AddMessageEventsParams{Rows: rows, ReceivedAt: now}); err != nil {
		return fmt.Errorf("unsubscribe: keep the report: %w", err)
	}
	return inbox.Emit(ctx, tx, now, "message/"+m.ID.String()+"/"+string(feedback.Unsubscribed), m.ContactID.UUID.String(),
		events.MessageEngaged, events.Engagement{
			MessageID: m.ID, ContactID: m.ContactID.UUID, Process: m.Process, Subject: m.Subject, Kind: string(feedback.Unsubscribed), At: now,
		})
}

// resubscribe takes an unsubscription back.
func (v *visit) resubscribe(contact uuid.UUID, m query.Message) error {
	if m.Test {
		return nil
	}
	err := db.InTx(v.Context(), v.p.Pool, func(tx pgx.Tx) error {
		if _, err := query.New().LockPerson(v.Context(), tx, contact); err != nil {
			return fmt.Errorf("subscribe again: lock the contact: %w", err)
		}
		purposes, err := takenBack(v.Context(), tx, contact, m)
		if err != nil {
			return err
		}
		who := by("preference-page", contact, "took back what the link in message "+m.ID.String()+" did")
		for _, purpose := range purposes {
			choice := events.Choice{ContactID: contact, Purpose: purpose}
			if err := consent.OptIn(v.Context(), tx, v.p.Clock.Now(), choice, who); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	v.p.wake()
	return nil
}

// takenBack are the purposes that undoing grants: the message's own or, where everything was withdrawn, what the person
// had agreed to before that click; somebody who had agreed to nothing by name agrees to marketing by the message's
// channel. Whoever has withdrawn nothing is granted nothing.
func takenBack(ctx context.Context, tx pgx.Tx, contact uuid.UUID, m query.Message) ([]string, error) {
	withdrawn, err := query.New().ListWithdrawn(ctx, tx, contact)
	if err != nil {
		return nil, fmt.Errorf("subscribe again: read what was withdrawn: %w", err)
	}
	var purposes []string
	clicked := false
	for _, w := range withdrawn {
		clicked = clicked || w.Source == "one-click"
		if w.Purpose == m.Purpose || m.Purpose == "" && w.Agreed && w.Source == "one-click" {
			purposes = append(purposes, w.Purpose)
		}
	}
	if m.Purpose == "" && clicked && len(purposes) == 0 {
		purposes = []string{m.Channel + "_marketing"}
	}
	return purposes, nil
}

// isOut reports whether the person has withdrawn already what the message belongs to.
func isOut(ctx context.Context, db query.DBTX, contact uuid.UUID, m query.Message) (bool, error) {
	known, err := query.New().ListContactConsents(ctx, db, contact)
	if err != nil {
		return false, fmt.Errorf("unsubscribe: read the consents: %w", err)
	}
	out := false
	for _, k := range known {
		switch {
		case k.Purpose == m.Purpose:
			return !k.Granted, nil
		case m.Purpose == "" && k.Granted:
			return false, nil
		case m.Purpose == "":
			out = true
		}
	}
	return out, nil
}
