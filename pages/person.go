package pages

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/links"
)

// maxJoins bounds how often a contact may have been joined to another.
const maxJoins = 20

// person reads the contact of this id, or the one that it was joined to. Errors: errLink when there is none.
func person(ctx context.Context, db query.DBTX, id uuid.UUID) (query.Contact, error) {
	for range maxJoins {
		row, err := query.New().GetContact(ctx, db, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return row, errLink
		}
		if err != nil {
			return row, fmt.Errorf("read a contact: %w", err)
		}
		if !row.MergedInto.Valid {
			return row, nil
		}
		id = row.MergedInto.UUID
	}
	return query.Contact{}, errLink
}

// mask hides an address from whoever looks over a shoulder, and lets its owner recognise it: a***@example.com, ***45.
func mask(channel provider.Channel, address string) string {
	address = strings.TrimSpace(address)
	if channel == provider.Email {
		local, domain, ok := strings.Cut(address, "@")
		if !ok || local == "" {
			return ""
		}
		return string([]rune(local)[:1]) + "***@" + domain
	}
	digits := []rune(address)
	if len(digits) < 6 {
		return ""
	}
	return "***" + string(digits[len(digits)-2:])
}

// maskOf is the address by which a contact is known best.
func maskOf(c query.Contact) string {
	if c.Email != nil && *c.Email != "" {
		return mask(provider.Email, *c.Email)
	}
	return mask(provider.SMS, text(c.Phone))
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// by is the person, as consents and the audit log name them.
func by(source string, contact uuid.UUID, reason string) consent.By {
	return consent.By{Source: source, Actor: audit.Record{ActorKind: audit.Person, ActorID: contact.String(), Reason: reason}}
}

// preferencesOf is the path of a contact's preference page.
func (p *Pages) preferencesOf(contact uuid.UUID) string {
	return "/" + string(links.Preferences) + "/" + p.Links.Token(links.Preferences, contact, 0)
}
