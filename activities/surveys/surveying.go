package surveying

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
)

// Surveying implements the contracts of this package on PostgreSQL.
type Surveying struct {
	pool  *pgxpool.Pool
	clock clock.Clock
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Surveying { return &Surveying{pool, c} }

// Activities lists what a worker registers.
func (s *Surveying) Activities() []process.Implementation {
	return []process.Implementation{Invite.Implement(s.Invite), Read.Implement(s.Read)}
}

// Invite implements the contract Invite.
func (s *Surveying) Invite(ctx context.Context, ask Ask) (Invitation, error) {
	var out Invitation
	wish := surveys.Ask{Survey: ask.Survey, For: ask.For, ContactID: ask.ContactID, Occasion: ask.Occasion, Test: ask.Test}
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		now := s.clock.Now().Truncate(time.Microsecond)
		kept, err := surveys.Invite(ctx, tx, now, wish)
		if err != nil {
			return err
		}
		out = invited(kept)
		if !kept.CreatedAt.Equal(now) { // written before
			return nil
		}
		return audit.Append(ctx, tx, now, audit.Record{
			ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: "survey_invitation.write",
			ResourceKind: "survey_invitation", ResourceID: kept.ID.String(),
		})
	})
	switch {
	case errors.Is(err, surveys.ErrAsked):
		return Invitation{Verdict: AskedBefore}, nil
	case errors.Is(err, surveys.ErrNobody):
		return Invitation{Verdict: Nobody}, nil
	case errors.Is(err, definitions.ErrUnknown):
		return Invitation{Verdict: NoSurvey}, nil
	}
	return out, err
}

func invited(kept surveys.Invitation) Invitation {
	out := Invitation{
		Verdict: Invited, InvitationID: kept.ID, ExpiresAt: kept.ExpiresAt,
		Template: or(kept.Survey.Invitation, surveys.TemplateInvitation), Reminder: or(kept.Survey.Reminder, surveys.TemplateReminder),
	}
	for _, after := range kept.Survey.Reminders {
		out.RemindAfter = append(out.RemindAfter, after.Duration())
	}
	return out
}

var letters = map[string]string{
	surveys.Thank: surveys.TemplateThanks, surveys.Promote: surveys.TemplatePromoter, surveys.CallBack: surveys.TemplateDetractor,
}

// Read implements the contract Read.
func (s *Surveying) Read(ctx context.Context, i Invitee) (Reply, error) {
	branch, answered, err := surveys.Read(ctx, s.pool, i.InvitationID)
	if errors.Is(err, surveys.ErrUnknown) {
		return Reply{}, process.NotFound("invitation", i.InvitationID.String())
	}
	if err != nil || !answered {
		return Reply{}, err
	}
	return Reply{Answered: true, Word: branch.Word, Then: branch.Then, Template: or(branch.Template, letters[branch.Then])}, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
