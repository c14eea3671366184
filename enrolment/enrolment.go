// Package enrolment keeps how a learner stands in a course. Each change moves the fence of the enrolment, so that nothing
// leaves that was decided before, and tells the run.
package enrolment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
)

// The states of an enrolment.
const (
	Active      = "active"
	Paused      = "paused"
	Completed   = "completed"   // every lesson was given
	Left        = "left"        // the learner, or somebody for them, ended it
	Unreachable = "unreachable" // no lesson comes through
	Withdrawn   = "withdrawn"   // the course, or the contact, is gone
	Cancelled   = "cancelled"   // the house cancelled the run
)

// Live reports whether lessons may still come.
func Live(state string) bool { return state == Active || state == Paused }

// Fence is the kind of enrolments' fences.
const Fence = "enrolment"

// Purpose is what a learner agrees to by asking for a course.
const Purpose = "courses"

// What a run is told of its enrolment.
const (
	Asked   = "asked" // the keyword came once more
	Pausing = "paused"
	Resumed = "resumed"
	Skipped = "skipped"
	Ended   = "ended"
	Changed = "changed"
)

// Change is what happens to an enrolment. State and Reason are how it stands then, What is told to the run, Answer says that
// the learner waits to be told, and EventID names the event, so that a call that is repeated is known; zero for a new one.
type Change struct {
	State, Reason, What string
	Answer              bool
	EventID             uuid.UUID
}

// Turn writes a change, moves the fence, and tells the run.
func Turn(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment, c Change, actor audit.Record) (query.Enrolment, error) {
	row, err := query.New().MoveEnrolment(ctx, tx, query.MoveEnrolmentParams{ID: row.ID, State: c.State, Reason: c.Reason, Now: now})
	if err != nil {
		return row, fmt.Errorf("move an enrolment: %w", err)
	}
	token, err := fence.Move(ctx, tx, Fence, row.ID)
	if err != nil {
		return row, err
	}
	actor.Action, actor.ResourceKind, actor.ResourceID, actor.Fields = "enrolment."+c.What, "enrolment", row.ID.String(), []string{"state"}
	if err := audit.Append(ctx, tx, now, actor); err != nil {
		return row, err
	}
	return row, Tell(ctx, tx, now, row, c, fmt.Sprint(token.Version))
}

// Tell lets the run know. nonce tells this change from every other of the enrolment.
func Tell(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment, c Change, nonce string) error {
	raw, err := json.Marshal(events.Enrolment{EnrolmentID: row.ID, ContactID: row.ContactID, Course: row.Course, Change: c.What, Answer: c.Answer})
	if err != nil {
		return err
	}
	_, err = inbox.Accept(ctx, tx, now, inbox.Event{
		ID: c.EventID, Source: inbox.OwnSource, ExternalID: "enrolment/" + row.ID.String() + "/" + c.What + "/" + nonce,
		Type: events.EnrolmentChanged.Name(), Subject: row.ID.String(), Data: raw,
	})
	return err
}

// Stop ends what a person learns by a channel (by every one, when it is empty), in the transaction that notes the refusal.
func Stop(ctx context.Context, tx pgx.Tx, now time.Time, contact uuid.UUID, channel string, actor audit.Record) error {
	rows, err := query.New().LockLiveEnrolments(ctx, tx, query.LockLiveEnrolmentsParams{ContactID: contact, Channel: channel})
	if err != nil {
		return fmt.Errorf("end the courses of contact %s: %w", contact, err)
	}
	for _, row := range rows {
		if _, err := Turn(ctx, tx, now.Truncate(time.Microsecond), row, Change{State: Left, Reason: "opted-out", What: Ended}, actor); err != nil {
			return err
		}
	}
	return nil
}
