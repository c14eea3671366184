package appointments

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// Invite is an appointment as it travels in a mail: an iCalendar object (RFC 5545) with its method (RFC 5546).
type Invite struct {
	Method  string // REQUEST, CANCEL or PUBLISH
	Content []byte
}

// Invitation says what an invitation holds besides the appointment. Empty parts are left out.
type Invitation struct {
	// Organizer is the sender's mailbox, with or without a name; Attendee and AttendeeName are the person.
	Organizer              string
	Attendee, AttendeeName string
	Link                   string
	// Publish makes it an entry to take over (PUBLISH), which nobody is asked to answer.
	Publish bool
}

// InviteOf makes the invitation to an appointment that stands, or takes back one that was cancelled; nil for one that is over.
// Its UID stays the same for good, and SEQUENCE grows with every move and with the cancellation, so that calendars
// keep one entry and never take an older mail for the newer.
func InviteOf(row query.Appointment, t Type, now time.Time, i Invitation) (*Invite, error) {
	method, status := ics.MethodRequest, ics.ObjectStatusConfirmed
	switch row.State {
	case Booked:
	case Cancelled:
		method, status = ics.MethodCancel, ics.ObjectStatusCancelled
	default:
		return nil, nil
	}
	if i.Publish {
		method = ics.MethodPublish
	}
	cal := ics.NewCalendarFor("-//Perdura//Appointments//EN")
	cal.SetMethod(method)
	e := cal.AddEvent(UID(row.ID))
	e.SetDtStampTime(now)
	e.SetCreatedTime(row.CreatedAt)
	e.SetModifiedAt(row.ChangedAt)
	e.SetSequence(int(row.Sequence))
	e.SetStartAt(row.StartAt)
	e.SetEndAt(row.EndAt)
	e.SetSummary(t.Title)
	e.SetStatus(status)
	e.SetTimeTransparency(ics.TransparencyOpaque)
	if t.Place.Address != "" {
		e.SetLocation(t.Place.Address)
	}
	if t.Place.Latitude != nil && t.Place.Longitude != nil {
		e.SetProperty(ics.ComponentPropertyGeo, degrees(*t.Place.Latitude)+";"+degrees(*t.Place.Longitude))
	}
	if i.Link != "" {
		e.SetURL(i.Link)
	}
	if i.Organizer != "" {
		mailbox, err := netmail.ParseAddress(i.Organizer)
		if err != nil {
			return nil, errors.New("the sender's address cannot stand in an invitation")
		}
		e.SetOrganizer("mailto:"+mailbox.Address, named(mailbox.Name)...)
	}
	if i.Attendee != "" {
		e.AddAttendee("mailto:"+i.Attendee, append(named(i.AttendeeName), ics.CalendarUserTypeIndividual, ics.ParticipationRoleReqParticipant,
			ics.ParticipationStatusAccepted, ics.WithRSVP(false))...)
	}
	var out strings.Builder
	if err := cal.SerializeTo(&out, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write an invitation: %w", err)
	}
	return &Invite{string(method), []byte(out.String())}, nil
}

// UID is the identity of an appointment in calendars.
func UID(id uuid.UUID) string { return id.String() + "@perdura" }

// named is a person's name as a parameter, without what may not stand in one (RFC 5545, 3.2).
func named(name string) []ics.PropertyParameter {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "" {
		return nil
	}
	return []ics.PropertyParameter{ics.WithCN(name)}
}

// InviteFor reads an appointment and makes its invitation for the person, from the sender's mailbox; nil when there is
// none to send. It returns the appointment too. Errors: ErrUnknown, or PostgreSQL's.
func InviteFor(ctx context.Context, db query.DBTX, now time.Time, id uuid.UUID, organizer, link string) (*Invite, query.Appointment, error) {
	row, err := Get(ctx, db, id)
	if err != nil {
		return nil, row, err
	}
	t, err := TypeOf(ctx, db, row)
	if err != nil {
		return nil, row, err
	}
	people, err := query.New().AppointmentPeople(ctx, db, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, row, ErrUnknown
	}
	if err != nil {
		return nil, row, fmt.Errorf("read who is invited: %w", err)
	}
	invite, err := InviteOf(row, t, now, Invitation{Organizer: organizer, Attendee: people.ContactEmail, AttendeeName: people.ContactName, Link: link})
	return invite, row, err
}

// InviteGiver reads an appointment and makes the invitation i of who gives it, or takes it back where they give it no more;
// nil when there is none to send. Errors: ErrUnknown, or PostgreSQL's.
func InviteGiver(ctx context.Context, db query.DBTX, now time.Time, id uuid.UUID, i Invitation, noMore bool) (*Invite, error) {
	row, err := Get(ctx, db, id)
	if err != nil {
		return nil, err
	}
	t, err := TypeOf(ctx, db, row)
	if err != nil {
		return nil, err
	}
	if noMore && row.State == Booked {
		row.State = Cancelled // for them
	}
	return InviteOf(row, t, now, i)
}
