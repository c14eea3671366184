package appointments

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process/calendar"
)

// Giver is somebody, or something, that gives appointments.
type Giver struct {
	// Name is user:<id> or resource:<name>.
	Name   string
	UserID uuid.UUID // zero for a resource
	Diary
	load int
}

// Gives reports whether somebody, or something, of this name gives a type. Errors are PostgreSQL's.
func Gives(ctx context.Context, db query.DBTX, t Type, name string) (bool, error) {
	if resource, ok := strings.CutPrefix(name, "resource:"); ok {
		return slices.Contains(t.Givers.Resources, resource), nil
	}
	rows, err := query.New().ListGivers(ctx, db, query.ListGiversParams{Ids: some(t.Givers.Users), Teams: some(t.Givers.Teams), Roles: some(t.Givers.Roles)})
	if err != nil {
		return false, fmt.Errorf("look for who gives an appointment: %w", err)
	}
	return slices.ContainsFunc(rows, func(r query.ListGiversRow) bool { return UserGiver(r.ID) == name }), nil
}

// UserGiver is the name of a user as a giver.
func UserGiver(id uuid.UUID) string { return "user:" + id.String() }

// span is the time that a question is about.
type span struct {
	now, from, until time.Time
	spared           uuid.UUID // the appointment that is moved does not stand in its own way
}

// givers reads who gives a type, with their time in a span. only names one of them; empty for all.
func givers(ctx context.Context, db query.DBTX, t Type, s span, only string) ([]Giver, error) {
	q := query.New()
	rows, err := q.ListGivers(ctx, db, query.ListGiversParams{Ids: some(t.Givers.Users), Teams: some(t.Givers.Teams), Roles: some(t.Givers.Roles)})
	if err != nil {
		return nil, fmt.Errorf("look for who gives an appointment: %w", err)
	}
	var list []Giver
	var users []uuid.UUID
	hours := map[string]hoursOf{}
	for _, r := range rows {
		if name := UserGiver(r.ID); only == "" || only == name {
			list, users = append(list, Giver{Name: name, UserID: r.ID}), append(users, r.ID)
			hours[name] = hoursOf{calendars: []string{r.ID.String(), r.Team}, zone: r.TimeZone}
		}
	}
	for _, r := range t.Givers.Resources {
		if name := "resource:" + r; only == "" || only == name {
			list = append(list, Giver{Name: name})
			hours[name] = hoursOf{calendars: []string{r}}
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	if err := readWorking(ctx, db, list, hours, s); err != nil {
		return nil, err
	}
	if err := readTaken(ctx, db, list, some(users), s); err != nil {
		return nil, err
	}
	return list, nil
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// hoursOf says which calendar holds somebody's working time: the first that exists; and the zone that the default one
// is read in.
type hoursOf struct {
	calendars []string
	zone      string
}

// readWorking fills in the working time.
func readWorking(ctx context.Context, db query.DBTX, list []Giver, hours map[string]hoursOf, s span) error {
	var ids []string
	for _, h := range hours {
		ids = append(ids, h.calendars...)
	}
	rows, err := query.New().ListBusinessCalendars(ctx, db, ids)
	if err != nil {
		return fmt.Errorf("read working times: %w", err)
	}
	own := map[string]calendar.Calendar{}
	for _, r := range rows {
		var def calendar.Definition
		if json.Unmarshal(r.Definition, &def) != nil {
			continue
		}
		if cal, err := calendar.New(def); err == nil {
			own[r.ID] = cal
		}
	}
	usual, _, err := tasks.Hours(ctx, db)
	if err != nil {
		return err
	}
	for i := range list {
		cal, err := workingTime(hours[list[i].Name], own, usual)
		if err != nil {
			return fmt.Errorf("working time of %s: %w", list[i].Name, err)
		}
		for _, w := range cal.Stretches(s.from, s.until) {
			list[i].Working = append(list[i].Working, Interval{w.From, w.To})
		}
	}
	return nil
}

func workingTime(h hoursOf, own map[string]calendar.Calendar, usual calendar.Definition) (calendar.Calendar, error) {
	for _, id := range h.calendars {
		if cal, ok := own[id]; ok {
			return cal, nil
		}
	}
	if _, err := calendar.LoadZone(h.zone); err == nil {
		usual.Zone = h.zone
	}
	return calendar.New(usual)
}

// readTaken fills in what is taken, and how much each giver has.
func readTaken(ctx context.Context, db query.DBTX, list []Giver, users []uuid.UUID, s span) error {
	q, names := query.New(), make([]string, len(list))
	at := map[string]*Giver{}
	for i := range list {
		names[i] = list[i].Name
		at[names[i]] = &list[i]
	}
	// Buffers reach beyond the span by a day at most, each way.
	from, until := s.from.Add(-day), s.until.Add(3*day)
	booked, err := q.ListBookedOf(ctx, db, query.ListBookedOfParams{Givers: names, FromAt: from, UntilAt: until, Spared: s.spared})
	if err != nil {
		return fmt.Errorf("read what is booked: %w", err)
	}
	for _, b := range booked {
		at[b.Giver].Taken = append(at[b.Giver].Taken, Interval{b.BusyFrom, b.BusyUntil})
	}
	away, err := q.ListAbsencesOf(ctx, db, query.ListAbsencesOfParams{Ids: users, FromAt: from, UntilAt: until})
	if err != nil {
		return fmt.Errorf("read who is away: %w", err)
	}
	for _, a := range away {
		g := at[UserGiver(a.UserID)]
		g.Taken = append(g.Taken, Interval{a.FromAt, a.UntilAt})
	}
	busy, err := q.ListBusyTimesOf(ctx, db, query.ListBusyTimesOfParams{Ids: users, FromAt: from, UntilAt: until})
	if err != nil {
		return fmt.Errorf("read who is busy: %w", err)
	}
	for _, b := range busy {
		g := at[UserGiver(b.UserID)]
		g.Taken = append(g.Taken, Interval{b.FromAt, b.UntilAt})
	}
	counts, err := q.CountBookedOf(ctx, db, query.CountBookedOfParams{Givers: names, FromAt: s.from.Add(-loadSpan), UntilAt: s.until.Add(loadSpan)})
	if err != nil {
		return fmt.Errorf("count what is booked: %w", err)
	}
	for _, c := range counts {
		at[c.Giver].load = int(c.Booked)
	}
	slices.SortStableFunc(list, func(a, b Giver) int { return cmp.Or(cmp.Compare(a.load, b.load), cmp.Compare(a.Name, b.Name)) })
	return nil
}

// loadSpan is the time around an appointment in which givers are compared by what they have.
const loadSpan = 7 * day
