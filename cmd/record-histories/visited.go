package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/workflows/appointment"
	"github.com/perdura/perdura/workflows/busyfeed"
)

// visit is a type that a room gives, of which nothing follows but a call after the first no-show.
const visit = `{"title":"Visit","duration":"30m","grid":"30m","latest":"60d","givers":{"resources":["room-1"],"roles":["representative"]},
	"remind":{"days_before":1},"settle_after":"1h","no_show":{"template":"appointment-no-show","call_after":1}}`

// books books the first free time for a new customer that is so far ahead, and returns customer and appointment.
func (h *house) books(ctx context.Context, ahead time.Duration) (customer, uuid.UUID, error) {
	c, err := h.known(ctx, false)
	if err != nil {
		return c, uuid.Nil, err
	}
	if err := h.define(ctx, "appointment-type/recorded", visit); err != nil {
		return c, uuid.Nil, err
	}
	start, err := h.free(ctx, ahead)
	if err != nil {
		return c, uuid.Nil, err
	}
	var booked struct{ ID uuid.UUID }
	err = h.post(ctx, "/v1/appointments", fmt.Sprintf(`{"type":"recorded","contact_id":%q,"start":%q}`, c.id, start.Format(time.RFC3339)), &booked)
	return c, booked.ID, err
}

// free is the first free time so far ahead.
func (h *house) free(ctx context.Context, ahead time.Duration) (time.Time, error) {
	const path = "/v1/appointment-types/recorded/slots?limit=1"
	var slots struct{ Items []struct{ Start time.Time } }
	err := h.call(ctx, http.MethodGet, path, "application/json", "", &slots)
	if err == nil && len(slots.Items) == 1 && ahead > 0 {
		from := url.QueryEscape(slots.Items[0].Start.Add(ahead).Format(time.RFC3339))
		err = h.call(ctx, http.MethodGet, path+"&from="+from, "application/json", "", &slots)
	}
	if err == nil && len(slots.Items) == 0 {
		err = errors.New("there is no free time")
	}
	if err != nil {
		return time.Time{}, err
	}
	return slots.Items[0].Start, nil
}

func appointmentOf(id uuid.UUID) string {
	return appointment.Process.Describe().WorkflowID(id.String(), "")
}

var visited = []scenario{
	{process: "appointment", name: "moved-and-cancelled", ending: appointment.Cancelled, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.books(ctx, 48*time.Hour)
		if err != nil {
			return "", err
		}
		if _, err := h.find(ctx, c, regexp.MustCompile("is confirmed")); err != nil {
			return "", err
		}
		later, err := h.free(ctx, 96*time.Hour)
		if err != nil {
			return "", err
		}
		if err := h.post(ctx, "/v1/appointments/"+id.String()+"/reschedule", fmt.Sprintf(`{"start":%q}`, later.Format(time.RFC3339)), nil); err != nil {
			return "", err
		}
		if _, err := h.find(ctx, c, regexp.MustCompile("was moved")); err != nil {
			return "", err
		}
		return appointmentOf(id), h.post(ctx, "/v1/appointments/"+id.String()+"/cancel", "", nil)
	}},
	{process: "appointment", name: "held", ending: appointment.Held, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.books(ctx, 30*time.Hour)
		return appointmentOf(id), err
	}},
	{process: "appointment", name: "not-come", ending: appointment.NoShow, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.books(ctx, 0)
		if err != nil {
			return "", err
		}
		return appointmentOf(id), h.until(ctx, func() (bool, error) {
			answer, err := h.Call(ctx, http.MethodPost, h.API+"/v1/appointments/"+id.String()+"/no-show", nil)
			return answer.Status == http.StatusOK, err
		})
	}},
	{process: "busyfeed", name: "removed", ending: busyfeed.Removed, play: func(ctx context.Context, h *house) (string, error) {
		if _, err := h.known(ctx, false); err != nil { // whose lead is somebody's task
			return "", err
		}
		var users struct {
			Items []struct{ Assignee uuid.UUID }
		}
		if err := h.call(ctx, http.MethodGet, "/v1/tasks?limit=1", "application/json", "", &users); err != nil || len(users.Items) == 0 {
			return "", errors.Join(errors.New("nobody has a task"), err)
		}
		user := users.Items[0].Assignee.String()
		var feed struct{ ID uuid.UUID }
		if err := h.post(ctx, "/v1/users/"+user+"/busy-feeds", fmt.Sprintf(`{"url":%q}`, h.Outbox+"/no-calendar.ics"), &feed); err != nil {
			return "", err
		}
		workflow := busyfeed.Process.Describe().WorkflowID(feed.ID.String(), "")
		err := h.until(ctx, func() (bool, error) {
			var feeds struct{ Items []struct{ Problem string } }
			err := h.call(ctx, http.MethodGet, "/v1/users/"+user+"/busy-feeds", "application/json", "", &feeds)
			return len(feeds.Items) > 0 && feeds.Items[0].Problem != "", err
		})
		if err != nil {
			return "", err
		}
		return workflow, h.call(ctx, http.MethodDelete, "/v1/busy-feeds/"+feed.ID.String(), "application/json", "", nil)
	}},
}
