package surveys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// State is where an invitation stands.
type State string

// The states of an invitation.
const (
	Open     State = "open"
	Answered State = "answered"
	Expired  State = "expired"
)

// Form is an invitation's survey in the language of the person, in the version that they were invited to.
type Form struct {
	InvitationID uuid.UUID
	Survey       string
	Version      int
	Language     string // BCP 47; the one that the texts are in
	Title        string
	Intro        string
	Thanks       string
	Questions    []FormQuestion
	ExpiresAt    time.Time
	Answered     bool
	Test         bool
}

// FormQuestion is a question in words.
type FormQuestion struct {
	ID       string
	Kind     string
	Required bool
	Label    string
	Help     string
	// Options are what may be chosen, in order: of nps and csat the numbers of the scale, whose first and last carry the
	// words at its ends, if it has any.
	Options []Option
	ShowIf  *ShowIf
}

// Option is one thing to choose: ID is what Submit takes.
type Option struct{ ID, Label string }

// StateAt is where the invitation stands at a business time.
func (f Form) StateAt(now time.Time) State {
	switch {
	case f.Answered:
		return Answered
	case !f.ExpiresAt.After(now):
		return Expired
	}
	return Open
}

// Errors of Load and Submit.
var (
	// ErrUnknown means that there is no such invitation.
	ErrUnknown = errors.New("there is no such invitation")
	// ErrAnswered means that the invitation was answered before; the first answer stands.
	ErrAnswered = errors.New("the invitation was answered before")
	// ErrExpired means that the form has closed.
	ErrExpired = errors.New("the form has closed")
)

// Load returns the form of an invitation. Errors: ErrUnknown, or PostgreSQL's.
func Load(ctx context.Context, db query.DBTX, invitation uuid.UUID) (Form, error) {
	row, err := query.New().GetSurveyInvitation(ctx, db, invitation)
	if errors.Is(err, pgx.ErrNoRows) {
		return Form{}, ErrUnknown
	}
	if err != nil {
		return Form{}, fmt.Errorf("load a survey's form: %w", err)
	}
	survey, err := Kind.At(ctx, db, row.Survey, int(row.SurveyVersion))
	if err != nil {
		return Form{}, fmt.Errorf("load a survey's form: %w", err)
	}
	f := survey.in(survey.Speaks(row.Language))
	f.InvitationID, f.Survey, f.Version, f.Test = row.ID, row.Survey, int(row.SurveyVersion), row.Test
	f.ExpiresAt, f.Answered = row.ExpiresAt.UTC(), row.AnsweredAt != nil
	return f, nil
}

// MarkOpened notes that the form was shown. Only the first time counts, and only while the form is open.
func MarkOpened(ctx context.Context, db query.DBTX, now time.Time, invitation uuid.UUID) error {
	if _, err := query.New().OpenSurveyInvitation(ctx, db, query.OpenSurveyInvitationParams{ID: invitation, Now: now}); err != nil {
		return fmt.Errorf("note that a survey's form was opened: %w", err)
	}
	return nil
}
