package api

import (
	"context"
	"fmt"
	"io"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db/query"
)

// slot is how long before its due time a task stands in a calendar.
const slot = 30 * time.Minute

// icsPriority are the priorities as RFC 5545, 3.8.1.9 counts them.
var icsPriority = map[string]int{tasks.Urgent: 1, tasks.High: 3, tasks.Normal: 5, tasks.Low: 9}

// writeFeed writes tasks and appointments as an iCalendar stream (RFC 5545). Most calendars show events only, so a task is one that ends
// when it is due and keeps nobody busy. Its UID stays, and SEQUENCE grows with every change. Instructions and whom it is about
// stay in the house.
func writeFeed(w io.Writer, now time.Time, list []query.Task, meetings []meeting, address func(task uuid.UUID) string) error {
	cal := ics.NewCalendarFor("-//Perdura//Tasks//EN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName("Tasks")
	cal.SetRefreshInterval("PT15M")
	for _, t := range list {
		e := cal.AddEvent(t.ID.String() + "@perdura")
		e.SetDtStampTime(now)
		e.SetCreatedTime(t.CreatedAt)
		e.SetSequence(int(t.Version) - 1)
		e.SetStartAt(t.DueAt.Add(-slot))
		e.SetEndAt(*t.DueAt)
		e.SetSummary(t.Title)
		e.SetURL(address(t.ID))
		e.SetPriority(icsPriority[t.Priority])
		e.SetStatus(ics.ObjectStatusConfirmed)
		e.SetTimeTransparency(ics.TransparencyTransparent)
		e.AddCategory(t.Kind)
	}
	for _, m := range meetings {
		m.addTo(cal, now)
	}
	return cal.SerializeTo(w, ics.WithNewLineWindows)
}

// meeting is an appointment in a calendar: unlike a task, it keeps whoever gives it busy.
type meeting struct {
	query.Appointment
	kind    appointments.Type
	address string
}

func (m meeting) addTo(cal *ics.Calendar, now time.Time) {
	e := cal.AddEvent(appointments.UID(m.ID))
	e.SetDtStampTime(now)
	e.SetCreatedTime(m.CreatedAt)
	e.SetSequence(int(m.Sequence))
	e.SetStartAt(m.StartAt)
	e.SetEndAt(m.EndAt)
	e.SetSummary(m.kind.Title)
	e.SetURL(m.address)
	if m.kind.Place.Address != "" {
		e.SetLocation(m.kind.Place.Address)
	}
	e.SetStatus(ics.ObjectStatusConfirmed)
	e.SetTimeTransparency(ics.TransparencyOpaque)
	e.AddCategory("appointment")
}

// meetings are the appointments behind a calendar link.
func (s *Server) meetings(ctx context.Context, link uuid.UUID, now time.Time) ([]meeting, error) {
	rows, err := query.New().ListAppointmentsOfLink(ctx, s.pool, query.ListAppointmentsOfLinkParams{ID: link, Now: now})
	if err != nil {
		return nil, fmt.Errorf("list the appointments of a calendar: %w", err)
	}
	list := make([]meeting, len(rows))
	for i, row := range rows {
		kind, err := appointments.TypeOf(ctx, s.pool, row)
		if err != nil {
			return nil, err
		}
		list[i] = meeting{row, kind, s.links.Below("/v1/appointments/" + row.ID.String())}
	}
	return list, nil
}
