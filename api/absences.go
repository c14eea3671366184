package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// Absence is a time in which somebody is away.
type Absence struct {
	ID     uuid.UUID  `json:"id"`
	User   uuid.UUID  `json:"user"`
	From   time.Time  `json:"from"`
	Until  time.Time  `json:"until"`
	Deputy *uuid.UUID `json:"deputy,omitempty"`
}

// NewAbsence sends somebody away.
type NewAbsence struct {
	User   uuid.UUID `json:"user" jsonschema_description:"a user's id"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Deputy uuid.UUID `json:"deputy,omitzero" jsonschema_description:"the user who gets their work meanwhile; their manager when left out"`
}

type absenceFilter struct {
	Paging
	User uuid.UUID `json:"user,omitzero" jsonschema_description:"a user's id"`
}

func (s *Server) absenceOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/absences", ID: "listAbsences", Tag: "tasks", Access: access.AbsencesRead, Query: typeOf[absenceFilter](),
			Summary: "List who is or will be away, the earliest first", Answers: []Answer{answer[Page[Absence]](200, "A page of absences.")}, Handle: s.listAbsences,
		},
		{
			Method: http.MethodPost, Path: "/v1/absences", ID: "addAbsence", Tag: "tasks", Access: access.AbsencesWrite,
			Summary: "Note that somebody is away", Description: "Work that is given to them meanwhile goes to the deputy, and what they have goes there when they leave. It does not come back by itself.",
			Body:    jsonBody(NewAbsence{User: uuid.Max, From: time.Date(2030, 7, 1, 6, 0, 0, 0, time.UTC), Until: time.Date(2030, 7, 15, 6, 0, 0, 0, time.UTC), Deputy: uuid.Max}),
			Answers: []Answer{answer[Absence](201, "The absence.", "Location")}, Handle: s.addAbsence,
		},
		{
			Method: http.MethodDelete, Path: "/v1/absences/{id}", ID: "endAbsence", Tag: "tasks", Access: access.AbsencesWrite,
			Summary: "End an absence now, or take back one that has not begun", Answers: []Answer{answer[Absence](200, "The absence as it was.")},
			Problems: []int{http.StatusNotFound}, Handle: s.endAbsence,
		},
	}
}

func (s *Server) addAbsence(c *Call) error {
	var in NewAbsence
	if err := c.Decode(&in); err != nil {
		return err
	}
	ctx, q, now := c.Ctx(), query.New(), s.clock.Now().Truncate(time.Microsecond)
	var wrong []problem.Field
	if !in.Until.After(in.From) || !in.Until.After(now) {
		wrong = append(wrong, problem.Field{Field: "until", Message: "must be after from, and not be past"})
	}
	if in.Deputy == in.User {
		wrong = append(wrong, problem.Field{Field: "deputy", Message: "must be somebody else"})
	}
	for _, who := range []struct {
		field string
		id    uuid.UUID
	}{{"user", in.User}, {"deputy", in.Deputy}} {
		if who.field == "deputy" && who.id == uuid.Nil {
			continue
		}
		active, err := q.IsActiveUser(ctx, s.pool, who.id)
		if err != nil {
			return fmt.Errorf("add an absence: %w", err)
		}
		if !active {
			wrong = append(wrong, problem.Field{Field: who.field, Message: "is not an active user"})
		}
	}
	if len(wrong) > 0 {
		return problem.Invalid(wrong...)
	}
	var row query.Absence
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		row, err = q.AddAbsence(ctx, tx, query.AddAbsenceParams{
			ID: c.EffectID(), UserID: in.User, FromAt: in.From, UntilAt: in.Until, DeputyID: db.NullID(in.Deputy), CreatedAt: now,
		})
		if errors.Is(err, pgx.ErrNoRows) { // this very call, before a crash
			row, err = q.GetAbsence(ctx, tx, c.EffectID())
			return err
		}
		if err != nil {
			return fmt.Errorf("add an absence: %w", err)
		}
		if err := audit.Append(ctx, tx, now, c.Did("absence.add", "absence", row.ID.String(), "", "from_at", "until_at", "deputy_id")); err != nil {
			return err
		}
		return tellAbsence(ctx, tx, now, row, "begins")
	})
	if err != nil {
		return err
	}
	s.wake()
	c.Response().Header().Set("Location", link("v1/absences", row.ID.String()))
	return c.JSON(http.StatusCreated, absenceView(row))
}

// tellAbsence has the processes of a user's tasks look at them again.
func tellAbsence(ctx context.Context, tx pgx.Tx, now time.Time, row query.Absence, what string) error {
	mine, err := query.New().ListWatchedTasksOf(ctx, tx, row.UserID)
	if err != nil {
		return fmt.Errorf("look for the tasks of somebody who is away: %w", err)
	}
	list := make([]inbox.Event, len(mine))
	for i, task := range mine {
		list[i] = tasks.ChangedEvent(task, "absence/"+row.ID.String()+"/"+what)
	}
	_, err = inbox.Accept(ctx, tx, now, list...)
	return err
}

func (s *Server) endAbsence(c *Call) error {
	ctx, q, id, now := c.Ctx(), query.New(), c.ID("id"), s.clock.Now().Truncate(time.Microsecond)
	var row query.Absence
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		row, err = q.GetAbsence(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.NotFound("absence", id.String())
		}
		if err != nil {
			return fmt.Errorf("end an absence: %w", err)
		}
		dropped, err := q.DropAbsence(ctx, tx, query.DropAbsenceParams{ID: id, Now: now})
		if err != nil {
			return fmt.Errorf("take an absence back: %w", err)
		}
		ended, err := q.EndAbsence(ctx, tx, query.EndAbsenceParams{ID: id, Now: now})
		if err != nil {
			return fmt.Errorf("end an absence: %w", err)
		}
		if dropped+ended == 0 { // it was over
			return nil
		}
		if err := audit.Append(ctx, tx, now, c.Did("absence.end", "absence", id.String(), "", "until_at")); err != nil {
			return err
		}
		return tellAbsence(ctx, tx, now, row, "ends")
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.OK(absenceView(row))
}

func (s *Server) listAbsences(c *Call) error {
	var f absenceFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("absences", f.User)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListAbsencePageParams{UserID: db.NullID(f.User), FromAt: s.clock.Now(), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.After, arg.AfterAt, arg.AfterID = true, place.At, place.ID
	}
	rows, err := query.New().ListAbsencePage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list absences: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, absenceView, func(r query.Absence) timePlace { return timePlace{r.FromAt, r.ID} }))
}

func absenceView(r query.Absence) Absence {
	return Absence{ID: r.ID, User: r.UserID, From: r.FromAt.UTC(), Until: r.UntilAt.UTC(), Deputy: id(r.DeputyID)}
}
