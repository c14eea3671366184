package api

import (
	"io"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/query"
)

// slot is how long before its due time a task stands in a calendar.
const slot = 30 * time.Minute

// icsPriority are the priorities as RFC 5545, 3.8.1.9 counts them.
var icsPriority = map[string]int{tasks.Urgent: 1, tasks.High: 3, tasks.Normal: 5, tasks.Low: 9}

// writeFeed writes tasks as an iCalendar stream (RFC 5545). Most calendars show events only, so a task is one that ends
// when it is due and keeps nobody busy. Its UID stays, and SEQUENCE grows with every change. Instructions and whom it is about
// stay in the house.
func writeFeed(w io.Writer, now time.Time, list []query.Task, address func(task uuid.UUID) string) error {
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
	return cal.SerializeTo(w, ics.WithNewLineWindows)
}
