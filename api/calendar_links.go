package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/links"
)

// CalendarLink is the address of a user's tasks for their calendar. Whoever knows it can read them.
type CalendarLink struct {
	URL string `json:"url"`
}

// CalendarLinksRevoked says how many links open nothing any more.
type CalendarLinksRevoked struct {
	Revoked int64 `json:"revoked"`
}

func (s *Server) calendarLinkOperations() []*Operation {
	if s.links == nil {
		return nil
	}
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/users/{id}/calendar-link", ID: "makeCalendarLink", Tag: "tasks", Access: access.TasksWrite,
			Summary: "Make the link under which a calendar reads a user's tasks", Description: "It needs no key. Earlier links of the user open nothing any more.",
			Answers: []Answer{answer[CalendarLink](201, "The link.")}, Problems: []int{http.StatusNotFound}, Handle: s.makeCalendarLink,
		},
		{
			Method: http.MethodDelete, Path: "/v1/users/{id}/calendar-link", ID: "revokeCalendarLink", Tag: "tasks", Access: access.TasksWrite,
			Summary: "Revoke the link under which a calendar reads a user's tasks",
			Answers: []Answer{answer[CalendarLinksRevoked](200, "How many were revoked.")}, Handle: s.revokeCalendarLink,
		},
		{
			Method: http.MethodGet, Path: "/v1/tasks/calendar/{token}", ID: "readTaskCalendar", Tag: "tasks", Raw: true,
			Summary: "The open tasks and appointments of a user, for their calendar", Description: "iCalendar (RFC 5545): one event for each open task that has a due time, and for each appointment to come.",
			Answers:  []Answer{{Status: http.StatusOK, Text: "The calendar.", Media: []Media{{Type: "text/calendar"}}}},
			Problems: []int{http.StatusNotFound}, Handle: s.readTaskCalendar,
		},
	}
}

func (s *Server) makeCalendarLink(c *Call) error {
	ctx, q, user, now := c.Ctx(), query.New(), c.ID("id"), s.clock.Now().Truncate(time.Microsecond)
	active, err := q.IsActiveUser(ctx, s.pool, user)
	if err != nil {
		return fmt.Errorf("make a calendar link: %w", err)
	}
	if !active {
		return problem.NotFound("active user", user.String())
	}
	err = db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := q.RevokeCalendarLinks(ctx, tx, query.RevokeCalendarLinksParams{UserID: user, Now: now, Kept: c.EffectID()}); err != nil {
			return fmt.Errorf("revoke earlier calendar links: %w", err)
		}
		if err := q.AddCalendarLink(ctx, tx, query.AddCalendarLinkParams{ID: c.EffectID(), UserID: user, CreatedAt: now}); err != nil {
			return fmt.Errorf("make a calendar link: %w", err)
		}
		return audit.Append(ctx, tx, now, c.Did("calendar-link.make", "user", user.String(), ""))
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, CalendarLink{URL: s.links.Below("/v1/tasks/calendar/" + s.links.Token(links.Calendar, c.EffectID(), 0))})
}

func (s *Server) revokeCalendarLink(c *Call) error {
	ctx, user, now := c.Ctx(), c.ID("id"), s.clock.Now().Truncate(time.Microsecond)
	var out CalendarLinksRevoked
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		out.Revoked, err = query.New().RevokeCalendarLinks(ctx, tx, query.RevokeCalendarLinksParams{UserID: user, Now: now, Kept: uuid.Nil})
		if err != nil {
			return fmt.Errorf("revoke calendar links: %w", err)
		}
		if out.Revoked == 0 {
			return nil
		}
		return audit.Append(ctx, tx, now, c.Did("calendar-link.revoke", "user", user.String(), ""))
	})
	if err != nil {
		return err
	}
	return c.OK(out)
}

// readTaskCalendar answers alike for a link that was forged and for one that was revoked.
func (s *Server) readTaskCalendar(c *Call) error {
	ctx, q, now := c.Ctx(), query.New(), s.clock.Now()
	none := problem.New(http.StatusNotFound, "not-found", "Not found", "The calendar link is not valid any more. Ask for a new one.")
	id, _, err := s.links.Read(links.Calendar, c.Param("token"))
	if err != nil {
		return none
	}
	row, err := q.GetCalendarLink(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && row.RevokedAt != nil {
		return none
	}
	if err != nil {
		return fmt.Errorf("read a calendar link: %w", err)
	}
	list, err := q.ListTasksToCome(ctx, s.pool, id)
	if err != nil {
		return fmt.Errorf("list the tasks of a calendar: %w", err)
	}
	var feed bytes.Buffer
	address := func(task uuid.UUID) string { return s.links.Below(link("v1/tasks", task.String())) }
	meetings, err := s.meetings(ctx, id, now)
	if err != nil {
		return err
	}
	if err := writeFeed(&feed, now, list, meetings, address); err != nil {
		return fmt.Errorf("write a calendar: %w", err)
	}
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", feed.Bytes())
}
