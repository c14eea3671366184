package courses

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// ByKeyword is the source of an enrolment, and of the consent with it, that a text message asked for.
const ByKeyword = "sms-keyword"

// Errors of Enrol.
var (
	ErrUnknown  = errors.New("no such course or contact")
	ErrClosed   = errors.New("the course is closed")
	ErrDeclined = errors.New("the person does not want to be written to by this channel")
)

// Asking is the wish that somebody takes a course.
type Asking struct {
	ID        uuid.UUID
	Course    string
	ContactID uuid.UUID
	// Channel is empty for the one that the person prefers; Language for the person's own.
	Channel, Language string
	Source            string
	// Occasion enrols once: the event that asks. Empty for none.
	Occasion string
}

// Enrol writes an enrolment and emits enrolment.begun, which starts the run. Somebody who is in the course already stays as
// they are; fresh is false then. Errors: ErrUnknown, ErrClosed, ErrDeclined, or PostgreSQL's.
func Enrol(ctx context.Context, tx pgx.Tx, now time.Time, a Asking, actor audit.Record) (row query.Enrolment, fresh bool, err error) {
	now = now.Truncate(time.Microsecond)
	q := query.New()
	course, _, err := Kind.Current(ctx, tx, a.Course)
	if errors.Is(err, definitions.ErrUnknown) {
		return row, false, ErrUnknown
	}
	if err != nil {
		return row, false, err
	}
	person, err := q.LockPerson(ctx, tx, a.ContactID)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, false, ErrUnknown
	}
	if err != nil {
		return row, false, fmt.Errorf("enrol in a course: lock the contact: %w", err)
	}
	if course.Closed {
		return row, false, ErrClosed
	}
	if declined, err := declined(ctx, tx, a.Channel, person); err != nil || declined {
		return row, false, errors.Join(err, decline(declined))
	}
	added, err := q.AddEnrolment(ctx, tx, query.AddEnrolmentParams{
		ID: a.ID, Course: a.Course, ContactID: person.ID, Channel: a.Channel, Language: a.Language, Source: a.Source,
		Occasion: filled(a.Occasion), EnrolledAt: now,
	})
	if err != nil {
		return row, false, fmt.Errorf("enrol in a course: %w", err)
	}
	if added == 0 {
		row, err = standing(ctx, tx, a, person.ID)
		return row, false, err
	}
	if row, err = q.GetEnrolment(ctx, tx, a.ID); err != nil {
		return row, false, fmt.Errorf("enrol in a course: %w", err)
	}
	if a.Source == ByKeyword {
		by := consent.By{Source: ByKeyword, Actor: actor}
		if err := consent.OptIn(ctx, tx, now, events.Choice{ContactID: person.ID, Purpose: enrolment.Purpose, Channel: a.Channel}, by); err != nil {
			return row, false, err
		}
	}
	actor.Action, actor.ResourceKind, actor.ResourceID = "enrolment.begin", "enrolment", row.ID.String()
	if err := audit.Append(ctx, tx, now, actor); err != nil {
		return row, false, err
	}
	return row, true, inbox.Emit(ctx, tx, now, "enrolment/"+row.ID.String()+"/begun", row.ID.String(), events.EnrolmentBegun,
		events.Enrolment{EnrolmentID: row.ID, ContactID: row.ContactID, Course: row.Course})
}

// standing is the enrolment that was there before.
func standing(ctx context.Context, tx pgx.Tx, a Asking, contact uuid.UUID) (query.Enrolment, error) {
	row, err := query.New().FindLiveEnrolment(ctx, tx, query.FindLiveEnrolmentParams{Course: a.Course, ContactID: contact})
	if errors.Is(err, pgx.ErrNoRows) && a.Occasion != "" {
		row, err = query.New().FindEnrolmentOfOccasion(ctx, tx, query.FindEnrolmentOfOccasionParams{Course: a.Course, Occasion: a.Occasion})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		row, err = query.New().GetEnrolment(ctx, tx, a.ID)
	}
	if err != nil {
		return row, fmt.Errorf("look for the enrolment that stands: %w", err)
	}
	return row, nil
}

// declined reports whether a STOP stands for the channel, whether it came a moment or a year ago.
func declined(ctx context.Context, tx pgx.Tx, channel string, p query.LockPersonRow) (bool, error) {
	known, err := query.New().ListPersonAddresses(ctx, tx, p.ID)
	if err != nil {
		return false, fmt.Errorf("read the addresses of a learner: %w", err)
	}
	for _, k := range known {
		by := map[string]string{"phone": "sms", "email": "email"}[k.Kind]
		if channel != "" && by != channel {
			continue
		}
		no, err := query.New().HasUnsubscribed(ctx, tx, query.HasUnsubscribedParams{Channel: by, Address: k.Value})
		if err != nil || no {
			return no, err
		}
	}
	return false, nil
}

func decline(declined bool) error {
	if declined {
		return ErrDeclined
	}
	return nil
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
