package pages

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/db"
)

// optInView is the page behind a confirmation link.
type optInView struct {
	Heading     string
	Mask        string
	State       string // an opt-in's
	Purpose     string
	Preferences string
}

// optIn shows the button that confirms a consent, and takes its POST.
func (v *visit) optIn() error {
	now := v.p.Clock.Now()
	if v.posted {
		err := db.InTx(v.Context(), v.p.Pool, func(tx pgx.Tx) error { return optins.Confirm(v.Context(), tx, now, v.id) })
		if err != nil && !errors.Is(err, optins.ErrExpired) && !errors.Is(err, optins.ErrUnknown) {
			return err
		}
		if err == nil {
			v.p.wake()
		}
	}
	row, err := optins.Find(v.Context(), v.p.Pool, now, v.id)
	if errors.Is(err, optins.ErrUnknown) {
		return errLink
	}
	if err != nil && !errors.Is(err, optins.ErrExpired) {
		return err
	}
	contact, unknown := person(v.Context(), v.p.Pool, row.ContactID)
	if unknown != nil {
		return unknown
	}
	view := optInView{
		Heading: "optin.title", Mask: maskOf(contact), State: row.State, Purpose: row.Purpose, Preferences: v.p.preferencesOf(contact.ID),
	}
	switch {
	case err != nil:
		view.State, view.Heading = optins.Expired, "optin.expired_title"
		return v.showGone("optin", text(contact.Language), view)
	case row.State == optins.Confirmed:
		view.Heading = "optin.done_title"
	}
	return v.show("optin", text(contact.Language), view)
}
