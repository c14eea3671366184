package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// BusyFeed is a calendar in which a user keeps when they are busy. Its address, which may be a secret, is not shown.
type BusyFeed struct {
	ID      uuid.UUID  `json:"id"`
	User    uuid.UUID  `json:"user"`
	Sent    bool       `json:"sent" jsonschema_description:"somebody sends it; it is not read from an address"`
	ReadAt  *time.Time `json:"read_at,omitempty" jsonschema_description:"when it was read last"`
	Problem string     `json:"problem,omitempty" jsonschema_description:"what kept it from being read last: a code"`
}

// BusyFeeds are those of a user.
type BusyFeeds struct {
	Items []BusyFeed `json:"items"`
}

// NewBusyFeed names a calendar.
type NewBusyFeed struct {
	URL string `json:"url" jsonschema:"minLength=1,maxLength=2000" jsonschema_description:"an https address of an iCalendar stream (RFC 5545)"`
}

// BusyTimes says what was read in a calendar.
type BusyTimes struct {
	Stretches int `json:"stretches" jsonschema_description:"the times in which the user is busy, joined where they touch"`
}

func (s *Server) busyFeedOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/users/{id}/busy-feeds", ID: "listBusyFeeds", Tag: "appointments", Access: access.AppointmentsRead,
			Summary: "List the calendars in which a user keeps when they are busy", Answers: []Answer{answer[BusyFeeds](200, "The calendars.")}, Handle: s.listBusyFeeds,
		},
		{
			Method: http.MethodPost, Path: "/v1/users/{id}/busy-feeds", ID: "addBusyFeed", Tag: "appointments", Access: access.AppointmentsWrite,
			Summary: "Have a user's calendar read every quarter of an hour", Body: jsonBody(NewBusyFeed{URL: "https://calendar.example.com/robin.ics"}),
			Answers: []Answer{answer[BusyFeed](201, "The calendar.")}, Problems: []int{http.StatusNotFound}, Handle: s.addBusyFeed,
		},
		{
			Method: http.MethodDelete, Path: "/v1/busy-feeds/{id}", ID: "removeBusyFeed", Tag: "appointments", Access: access.AppointmentsWrite,
			Summary: "Forget a calendar and what was read in it", Answers: []Answer{answer[BusyFeed](200, "The calendar as it was.")},
			Problems: []int{http.StatusNotFound}, Handle: s.removeBusyFeed,
		},
		{
			Method: http.MethodPost, Path: "/v1/users/{id}/busy-times", ID: "takeBusyTimes", Tag: "appointments", Access: access.AppointmentsWrite,
			Summary: "Say by a calendar when a user is busy", Description: "iCalendar (RFC 5545), events or VFREEBUSY. It takes the place of the one that was sent before.",
			Body:    &Body{Media: []Media{{Type: "text/calendar"}}},
			Answers: []Answer{answer[BusyTimes](200, "What was read.")}, Problems: []int{http.StatusNotFound}, Handle: s.takeBusyTimes,
		},
	}
}

func (s *Server) activeUser(c *Call) (uuid.UUID, error) {
	user := c.ID("id")
	active, err := query.New().IsActiveUser(c.Ctx(), s.pool, user)
	if err != nil {
		return user, fmt.Errorf("look for a user: %w", err)
	}
	if !active {
		return user, problem.NotFound("active user", user.String())
	}
	return user, nil
}

func (s *Server) listBusyFeeds(c *Call) error {
	rows, err := query.New().ListBusyFeeds(c.Ctx(), s.pool, c.ID("id"))
	if err != nil {
		return fmt.Errorf("list calendars: %w", err)
	}
	out := BusyFeeds{Items: make([]BusyFeed, len(rows))}
	for i, r := range rows {
		out.Items[i] = busyFeedView(r)
	}
	return c.OK(out)
}

func (s *Server) addBusyFeed(c *Call) error {
	var in NewBusyFeed
	if err := c.Decode(&in); err != nil {
		return err
	}
	user, err := s.activeUser(c)
	if err != nil {
		return err
	}
	if !appointments.FeedAddress(in.URL) {
		return problem.Invalid(problem.Field{Field: "url", Message: "must be an https address outside"})
	}
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		return appointments.AddFeed(c.Ctx(), tx, s.clock.Now(), c.EffectID(), user, in.URL, c.Actor())
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.JSON(http.StatusCreated, BusyFeed{ID: c.EffectID(), User: user})
}

func (s *Server) removeBusyFeed(c *Call) error {
	row, err := query.New().GetBusyFeed(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("calendar", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read a calendar's row: %w", err)
	}
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		return appointments.DropFeed(c.Ctx(), tx, s.clock.Now(), row.ID, c.Actor())
	})
	if errors.Is(err, appointments.ErrNoFeed) {
		return problem.NotFound("calendar", c.Param("id"))
	}
	if err != nil {
		return err
	}
	s.wake()
	return c.OK(busyFeedView(row))
}

func (s *Server) takeBusyTimes(c *Call) error {
	user, err := s.activeUser(c)
	if err != nil {
		return err
	}
	var out BusyTimes
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		out.Stretches, err = appointments.TakeCalendar(c.Ctx(), tx, s.clock.Now(), user, c.Raw(), c.Actor())
		return err
	})
	if errors.Is(err, appointments.ErrCalendar) {
		return problem.Invalid(problem.Field{Field: "body", Message: "is no iCalendar stream that can be read whole (RFC 5545)"})
	}
	if err != nil {
		return err
	}
	return c.OK(out)
}

func busyFeedView(r query.BusyFeed) BusyFeed {
	v := BusyFeed{ID: r.ID, User: r.UserID, Sent: r.Url == "", Problem: r.Problem}
	if r.ReadAt != nil {
		at := r.ReadAt.UTC()
		v.ReadAt = &at
	}
	return v
}
