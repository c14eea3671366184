package surveys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
)

// invitationSpace is the UUID name space of invitations.
var invitationSpace = uuid.MustParse("c3f1b1c8-51c7-5d0d-9a38-0f6a86a2b4e5")

// Ask is the wish to ask one person about one occasion.
type Ask struct {
	// Survey is a survey's name; empty for the standard one of For.
	Survey string
	// For is sale, service or retention.
	For       string
	ContactID uuid.UUID
	// Occasion is the opaque id of what is asked about.
	Occasion string
	// Test invitations stay out of every statistic.
	Test bool
}

// InvitationID is the id that this wish always leads to.
func (a Ask) InvitationID() uuid.UUID {
	name := "named/" + a.Survey
	if a.Survey == "" {
		name = "standard/" + a.For
	}
	return uuid.NewSHA1(invitationSpace, []byte(strings.Join([]string{name, a.ContactID.String(), a.Occasion}, "\n")))
}

// Invitation is an invitation with the survey that it leads to.
type Invitation struct {
	ID        uuid.UUID
	ContactID uuid.UUID
	Name      string
	Version   int
	Survey    Survey
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Errors of Invite.
var (
	// ErrAsked means that the person was invited to the same survey about the same occasion by another wish.
	ErrAsked = errors.New("the person was asked about this occasion before")
	// ErrNobody means that there is no such person, or that it was joined to another.
	ErrNobody = errors.New("there is nobody to ask")
)

// Invite writes the invitation in tx, in the newest version of the survey; asking again returns the one that stands.
// Errors: ErrAsked, ErrNobody, definitions.ErrUnknown, or PostgreSQL's.
func Invite(ctx context.Context, tx pgx.Tx, now time.Time, a Ask) (Invitation, error) {
	q := query.New()
	if row, err := q.GetSurveyInvitation(ctx, tx, a.InvitationID()); !errors.Is(err, pgx.ErrNoRows) {
		if err != nil {
			return Invitation{}, fmt.Errorf("invite to a survey: %w", err)
		}
		return stored(ctx, tx, row)
	}
	contact, err := q.GetContact(ctx, tx, a.ContactID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && contact.MergedInto.Valid {
		return Invitation{}, ErrNobody
	}
	if err != nil {
		return Invitation{}, fmt.Errorf("invite to a survey: %w", err)
	}
	name := a.Survey
	if name == "" {
		if name, err = StandardFor(ctx, tx, a.For); err != nil {
			return Invitation{}, err
		}
	}
	survey, version, err := Kind.Current(ctx, tx, name)
	if err != nil {
		return Invitation{}, fmt.Errorf("invite to a survey: %w", err)
	}
	wanted := ""
	if contact.Language != nil {
		wanted = *contact.Language
	}
	added, err := q.AddSurveyInvitation(ctx, tx, query.AddSurveyInvitationParams{
		ID: a.InvitationID(), Survey: name, SurveyVersion: int32(version), ContactID: a.ContactID, Occasion: a.Occasion,
		Language: survey.Speaks(wanted), Test: a.Test, CreatedAt: now, ExpiresAt: now.Add(survey.Expires.Duration()),
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("invite to a survey: %w", err)
	}
	row, err := q.GetSurveyInvitation(ctx, tx, a.InvitationID())
	switch {
	case errors.Is(err, pgx.ErrNoRows) && added == 0:
		return Invitation{}, ErrAsked
	case err != nil:
		return Invitation{}, fmt.Errorf("invite to a survey: %w", err)
	}
	return stored(ctx, tx, row)
}

func stored(ctx context.Context, db query.DBTX, row query.SurveyInvitation) (Invitation, error) {
	survey, err := Kind.At(ctx, db, row.Survey, int(row.SurveyVersion))
	if err != nil {
		return Invitation{}, fmt.Errorf("invite to a survey: %w", err)
	}
	return Invitation{
		ID: row.ID, ContactID: row.ContactID, Name: row.Survey, Version: int(row.SurveyVersion), Survey: survey,
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}, nil
}

// StandardFor is the name of the survey that an occasion (sale, service or retention) is asked about with. One that the
// house wrote goes before a built-in one, and then the first by name. Errors: definitions.ErrUnknown, or PostgreSQL's.
func StandardFor(ctx context.Context, db query.DBTX, occasion string) (string, error) {
	names, err := Kind.Names(ctx, db)
	if err != nil {
		return "", fmt.Errorf("find the standard survey: %w", err)
	}
	builtIn := ""
	for _, name := range names {
		survey, version, err := Kind.Current(ctx, db, name)
		switch {
		case err != nil:
			return "", fmt.Errorf("find the standard survey: %w", err)
		case survey.StandardFor != occasion || occasion == "":
		case version > 0:
			return name, nil
		case builtIn == "":
			builtIn = name
		}
	}
	if builtIn == "" {
		return "", fmt.Errorf("no survey is standard for %q: %w", occasion, definitions.ErrUnknown)
	}
	return builtIn, nil
}
