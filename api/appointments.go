package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
)

// Appointment is a time that a person has with somebody of ours.
type Appointment struct {
	ID       uuid.UUID         `json:"id"`
	Type     string            `json:"type"`
	Contact  uuid.UUID         `json:"contact"`
	Giver    string            `json:"giver" jsonschema_description:"user:<id> or resource:<name>"`
	Start    time.Time         `json:"start"`
	End      time.Time         `json:"end"`
	State    string            `json:"state" jsonschema:"enum=booked,enum=held,enum=no-show,enum=unreachable,enum=cancelled"`
	Sequence int32             `json:"sequence" jsonschema_description:"how often it was moved or cancelled, as calendars count it"`
	Rebooks  *uuid.UUID        `json:"rebooks,omitempty" jsonschema_description:"the appointment that was missed"`
	Created  time.Time         `json:"created_at"`
	Links    map[string]string `json:"links"`
}

// NewAppointment books an appointment.
type NewAppointment struct {
	Type      string    `json:"type" jsonschema:"minLength=1,maxLength=100,pattern=^[a-z][a-z0-9-]*$"`
	ContactID uuid.UUID `json:"contact_id"`
	Start     time.Time `json:"start" jsonschema_description:"one of the free times"`
	Giver     string    `json:"giver,omitempty" jsonschema:"maxLength=200" jsonschema_description:"user:<id> or resource:<name>; whoever of those who are free has the least when left out"`
	Rebooks   uuid.UUID `json:"rebooks,omitzero" jsonschema_description:"the appointment that was missed"`
}

// AnotherTime moves an appointment.
type AnotherTime struct {
	Start time.Time `json:"start"`
	Giver string    `json:"giver,omitempty" jsonschema:"maxLength=200"`
}

type appointmentFilter struct {
	Paging
	Contact uuid.UUID `json:"contact,omitzero"`
	User    uuid.UUID `json:"user,omitzero" jsonschema_description:"the user who gives it"`
	Type    string    `json:"type,omitempty" jsonschema:"maxLength=100"`
	State   string    `json:"state,omitempty" jsonschema:"enum=booked,enum=held,enum=no-show,enum=unreachable,enum=cancelled"`
	From    time.Time `json:"from,omitzero" jsonschema_description:"the first start"`
	Until   time.Time `json:"until,omitzero" jsonschema_description:"starts before this"`
}

func (s *Server) appointmentOperations() []*Operation {
	var moves []*Operation
	for _, m := range appointmentMoves {
		op := &Operation{
			Method: http.MethodPost, Path: "/v1/appointments/{id}/" + m.verb, ID: m.id, Tag: "appointments", Access: access.AppointmentsWrite, Summary: m.summary,
			Answers: []Answer{answer[Appointment](200, "The appointment as it is now.")}, Problems: []int{http.StatusNotFound, http.StatusConflict},
			Handle: func(c *Call) error { return s.changeAppointment(c, m.do) },
		}
		if m.body != nil {
			op.Body = m.body()
		}
		moves = append(moves, op)
	}
	return append([]*Operation{
		{
			Method: http.MethodGet, Path: "/v1/appointments", ID: "listAppointments", Tag: "appointments", Access: access.AppointmentsRead, Query: typeOf[appointmentFilter](),
			Summary: "List appointments, the earliest first", Answers: []Answer{answer[Page[Appointment]](200, "A page of appointments.")}, Handle: s.listAppointments,
		},
		{
			Method: http.MethodGet, Path: "/v1/appointments/{id}", ID: "getAppointment", Tag: "appointments", Access: access.AppointmentsRead,
			Summary: "One appointment", Answers: []Answer{answer[Appointment](200, "The appointment.")}, Problems: []int{http.StatusNotFound}, Handle: s.getAppointment,
		},
		{
			Method: http.MethodPost, Path: "/v1/appointments", ID: "bookAppointment", Tag: "appointments", Access: access.AppointmentsWrite,
			Summary: "Book an appointment", Description: "Of two who want the same time of the same giver, one gets it. The other is told the next free times: 409, slot-taken.",
			Body:     jsonBody(NewAppointment{Type: "consultation", ContactID: uuid.Max, Start: time.Date(2030, 7, 1, 9, 0, 0, 0, time.UTC)}),
			Answers:  []Answer{answer[Appointment](201, "The appointment.", "Location")},
			Problems: []int{http.StatusConflict}, Handle: s.bookAppointment,
		},
	}, moves...)
}

func (s *Server) bookAppointment(c *Call) error {
	var in NewAppointment
	if err := c.Decode(&in); err != nil {
		return err
	}
	ctx, now := c.Ctx(), s.clock.Now()
	if wrong, err := s.unbookable(c, in); err != nil {
		return err
	} else if len(wrong) > 0 {
		return problem.Invalid(wrong...)
	}
	var row query.Appointment
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		row, err = appointments.Book(ctx, tx, now, appointments.Booking{
			ID: c.EffectID(), Type: in.Type, ContactID: in.ContactID, Start: in.Start, Giver: in.Giver, Rebooks: in.Rebooks, Actor: c.Actor(),
		})
		return err
	})
	if errors.Is(err, appointments.ErrTaken) {
		return s.slotTaken(c, in.Type, in.Start, in.Giver, uuid.Nil)
	}
	if err != nil {
		return err
	}
	s.wake()
	c.Response().Header().Set("Location", link("v1/appointments", row.ID.String()))
	return c.JSON(http.StatusCreated, appointmentView(row))
}

// unbookable says what the request names and does not exist.
func (s *Server) unbookable(c *Call, in NewAppointment) (wrong []problem.Field, err error) {
	_, err = query.New().GetContact(c.Ctx(), s.pool, in.ContactID)
	if errors.Is(err, pgx.ErrNoRows) {
		wrong = append(wrong, problem.Field{Field: "contact_id", Message: "there is no such contact"})
	} else if err != nil {
		return nil, fmt.Errorf("book an appointment: %w", err)
	}
	t, _, err := appointments.Kind.Current(c.Ctx(), s.pool, in.Type)
	if errors.Is(err, definitions.ErrUnknown) {
		return append(wrong, problem.Field{Field: "type", Message: "there is no such type of appointment"}), nil
	}
	if err != nil {
		return nil, err
	}
	if in.Giver != "" {
		gives, err := appointments.Gives(c.Ctx(), s.pool, t, in.Giver)
		if err != nil {
			return nil, err
		}
		if !gives {
			wrong = append(wrong, problem.Field{Field: "giver", Message: "does not give appointments of this type"})
		}
	}
	if in.Rebooks != uuid.Nil {
		missed, err := appointments.Get(c.Ctx(), s.pool, in.Rebooks)
		if err != nil && !errors.Is(err, appointments.ErrUnknown) {
			return nil, err
		}
		if err != nil || missed.ContactID != in.ContactID {
			wrong = append(wrong, problem.Field{Field: "rebooks", Message: "is no appointment of this contact"})
		}
	}
	return wrong, nil
}

// slotTaken tells which times are free instead.
func (s *Server) slotTaken(c *Call, name string, start time.Time, giver string, spared uuid.UUID) error {
	p := problem.Conflict("slot-taken", "Nobody is free to give the appointment at that time. Choose one of slots, and send the request with a new Idempotency-Key.")
	t, _, err := appointments.Kind.Current(c.Ctx(), s.pool, name)
	if err != nil {
		return err
	}
	free, err := appointments.Free(c.Ctx(), s.pool, s.clock.Now(), t, appointments.Wish{From: start, Giver: giver, Limit: alternatives, Spared: spared})
	if err != nil {
		return err
	}
	for _, slot := range free {
		p.Slots = append(p.Slots, slot.Start)
	}
	return p
}

// alternatives is how many free times are named to somebody who came too late.
const alternatives = 5

func (s *Server) getAppointment(c *Call) error {
	row, err := appointments.Get(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, appointments.ErrUnknown) {
		return problem.NotFound("appointment", c.Param("id"))
	}
	if err != nil {
		return err
	}
	return c.OK(appointmentView(row))
}

func (s *Server) listAppointments(c *Call) error {
	var f appointmentFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := strings.Join([]string{"appointments", f.Contact.String(), f.User.String(), f.Type, f.State, f.From.String(), f.Until.String()}, "/")
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListAppointmentPageParams{
		ContactID: db.NullID(f.Contact), UserID: db.NullID(f.User), Type: f.Type, State: f.State, FromAt: moment(f.From), UntilAt: moment(f.Until), MaxRows: int32(f.limit() + 1),
	}
	if place != nil {
		arg.After, arg.AfterAt, arg.AfterID = true, place.At, place.ID
	}
	rows, err := query.New().ListAppointmentPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list appointments: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, appointmentView, func(r query.Appointment) timePlace { return timePlace{r.StartAt, r.ID} }))
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func appointmentView(r query.Appointment) Appointment {
	return Appointment{
		ID: r.ID, Type: r.Type, Contact: r.ContactID, Giver: r.Giver, Start: r.StartAt.UTC(), End: r.EndAt.UTC(), State: r.State, Sequence: r.Sequence,
		Rebooks: id(r.Rebooks), Created: r.CreatedAt.UTC(), Links: map[string]string{
			"self": link("v1/appointments", r.ID.String()), "contact": link("v1/contacts", r.ContactID.String()), "run": link("v1/processes/appointment/runs", r.ID.String()),
		},
	}
}
