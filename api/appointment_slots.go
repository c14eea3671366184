package api

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// FreeSlots are the times at which an appointment can be had.
type FreeSlots struct {
	Items []FreeSlot `json:"items"`
}

// FreeSlot is one of them.
type FreeSlot struct {
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Givers []string  `json:"givers" jsonschema_description:"who could give it, whoever has the least first"`
}

type slotFilter struct {
	From  time.Time `json:"from,omitzero" jsonschema_description:"now, when left out"`
	To    time.Time `json:"to,omitzero" jsonschema_description:"starts before this"`
	Giver string    `json:"giver,omitempty" jsonschema:"maxLength=200"`
	Limit int       `json:"limit,omitempty" jsonschema:"minimum=1,maximum=500,default=50"`
}

// NewZone is where a person is now.
type NewZone struct {
	TimeZone string `json:"time_zone" jsonschema:"minLength=1,maxLength=100" jsonschema_description:"an IANA name such as Europe/Berlin"`
}

func (s *Server) slotOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/appointment-types/{name}/slots", ID: "listSlots", Tag: "appointments", Access: access.AppointmentsRead, Query: typeOf[slotFilter](),
			Summary: "List the free times of a type of appointment, the earliest first", Description: "Types are definitions of the kind appointment-type.",
			Answers: []Answer{answer[FreeSlots](200, "The free times.")}, Problems: []int{http.StatusNotFound}, Handle: s.listSlots,
		},
		{
			Method: http.MethodPut, Path: "/v1/contacts/{id}/time-zone", ID: "setTimeZone", Tag: "contacts", Access: access.ContactsWrite,
			Summary: "Say in which time zone a person is now", Description: "Reminders of appointments that are to come are planned again.", Body: jsonBody(NewZone{TimeZone: "Europe/Berlin"}),
			Answers: []Answer{answer[NewZone](200, "The time zone.")}, Problems: []int{http.StatusNotFound}, Handle: s.setTimeZone,
		},
	}
}

func (s *Server) listSlots(c *Call) error {
	var f slotFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	t, _, err := appointments.Kind.Current(c.Ctx(), s.pool, c.Param("name"))
	if errors.Is(err, definitions.ErrUnknown) {
		return problem.NotFound("appointment type", c.Param("name"))
	}
	if err != nil {
		return err
	}
	free, err := appointments.Free(c.Ctx(), s.pool, s.clock.Now(), t, appointments.Wish{From: f.From, Until: f.To, Giver: f.Giver, Limit: cmp.Or(f.Limit, standardLimit), Spared: uuid.Nil})
	if err != nil {
		return err
	}
	out := FreeSlots{Items: make([]FreeSlot, len(free))}
	for i, slot := range free {
		out.Items[i] = FreeSlot{slot.Start.UTC(), slot.Until.UTC(), slot.Givers}
	}
	return c.OK(out)
}

func (s *Server) setTimeZone(c *Call) error {
	var in NewZone
	if err := c.Decode(&in); err != nil {
		return err
	}
	row, err := s.findContact(c)
	if err != nil {
		return err
	}
	if _, err := calendar.LoadZone(in.TimeZone); err != nil {
		return problem.Invalid(problem.Field{Field: "time_zone", Message: "is not known: write an IANA name such as Europe/Berlin"})
	}
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		_, err := appointments.Relocate(c.Ctx(), tx, s.clock.Now(), row.ID, in.TimeZone, c.Actor())
		return err
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.OK(in)
}
