package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process/calendar"
)

// DefaultCalendar is the id of the calendar that counts where no other is named.
const DefaultCalendar = "default"

// StandardWeek is Monday to Friday, 9 to 18, UTC: the default calendar until somebody writes another.
func StandardWeek() calendar.Definition {
	day := []string{"09:00-18:00"}
	return calendar.Definition{Zone: "UTC", Week: map[string][]string{
		"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day,
	}}
}

// Hours reads the default business calendar. A definition that cannot be worked with is told to the log, and the standard
// week counts: leads are not held up by it.
func Hours(ctx context.Context, db query.DBTX) (calendar.Definition, calendar.Calendar, error) {
	raw, err := query.New().GetBusinessCalendar(ctx, db, DefaultCalendar)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return calendar.Definition{}, calendar.Calendar{}, fmt.Errorf("read the business calendar: %w", err)
	}
	if err == nil {
		var def calendar.Definition
		bad := json.Unmarshal(raw, &def)
		if bad == nil {
			var cal calendar.Calendar
			if cal, bad = calendar.New(def); bad == nil {
				return def, cal, nil
			}
		}
		slog.ErrorContext(ctx, "business calendar cannot be worked with, the standard week counts: correct it", "calendar", DefaultCalendar, "error", bad)
	}
	def := StandardWeek()
	cal, err := calendar.New(def)
	return def, cal, err
}

// HoursOf is the default business calendar in the time zone of a user, with the holidays written out for two years.
func HoursOf(ctx context.Context, db query.DBTX, now time.Time, user uuid.NullUUID) (calendar.Definition, calendar.Calendar, error) {
	def, cal, err := Hours(ctx, db)
	if err != nil || !user.Valid {
		return def, cal, err
	}
	row, err := query.New().GetUser(ctx, db, user.UUID)
	if err != nil {
		return def, cal, fmt.Errorf("read the assignee: %w", err)
	}
	if _, err := calendar.LoadZone(row.TimeZone); err == nil {
		def.Zone = row.TimeZone
	}
	if def.Country != "" {
		if def, err = def.Fixed(now.Year(), now.Year()+1); err != nil {
			return def, cal, err
		}
	}
	cal, err = calendar.New(def)
	return def, cal, err
}

// Days is the working time of n days: the mean of those on which the office is open.
func Days(cal calendar.Calendar, n int) time.Duration {
	var minutes, days int
	for _, spans := range cal.Week {
		if len(spans) > 0 {
			days++
		}
		for _, s := range spans {
			minutes += int(s.To - s.From)
		}
	}
	if days == 0 {
		return 0
	}
	return time.Duration(n*minutes/days) * time.Minute
}
