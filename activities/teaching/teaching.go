package teaching

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// Teaching implements the contracts of this package on PostgreSQL.
type Teaching struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	gate  *gate.Gate
	q     *query.Queries
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Teaching {
	return &Teaching{pool, c, gate.New(), query.New()}
}

// Activities lists what a worker registers.
func (t *Teaching) Activities() []process.Implementation {
	return []process.Implementation{Next.Implement(t.Next), Note.Implement(t.Note), Close.Implement(t.Close)}
}

// Next implements the contract of the same name.
func (t *Teaching) Next(ctx context.Context, l Learner) (step Step, err error) {
	now := t.clock.Now().Truncate(time.Microsecond)
	err = db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		row, err := t.lock(ctx, tx, l.EnrolmentID)
		if err != nil {
			return err
		}
		step, err = t.next(ctx, tx, now, row)
		return err
	})
	return step, err
}

func (t *Teaching) lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (query.Enrolment, error) {
	row, err := t.q.LockEnrolment(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, process.NotFound("enrolment", id.String())
	}
	if err != nil {
		return row, fmt.Errorf("lock enrolment %s: %w", id, err)
	}
	return row, nil
}

func (t *Teaching) next(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment) (Step, error) {
	step := Step{ContactID: row.ContactID, Channel: provider.Channel(row.Channel)}
	over := func(state, reason string) (Step, error) {
		step.Do, step.Reason = state, reason
		return step, nil
	}
	course, _, err := courses.Kind.Current(ctx, tx, row.Course)
	if row.State == enrolment.Completed { // by this run, whose last steps run once more
		step.Survey = course.Survey
	}
	switch {
	case !enrolment.Live(row.State):
		return over(row.State, row.Reason)
	case errors.Is(err, definitions.ErrUnknown):
		return over(enrolment.Withdrawn, "no-course")
	case err != nil:
		return step, err
	case course.Closed:
		return over(enrolment.Withdrawn, "closed")
	}
	if step.Fence, err = fence.Read(ctx, tx, enrolment.Fence, row.ID); err != nil {
		return step, err
	}
	reach, err := t.gate.Reach(ctx, tx, now, row.ContactID)
	switch {
	case err != nil:
		return step, err
	case !reach.Known:
		return over(enrolment.Withdrawn, "no-contact")
	}
	lessons, err := t.q.ListEnrolmentLessons(ctx, tx, row.ID)
	if err != nil {
		return step, fmt.Errorf("read what enrolment %s was given: %w", row.ID, err)
	}
	lesson, more := course.Next(courses.Given(lessons))
	if err := t.q.DropDueLessons(ctx, tx, query.DropDueLessonsParams{EnrolmentID: row.ID, Kept: lesson.Key}); err != nil {
		return step, fmt.Errorf("drop what enrolment %s is not given: %w", row.ID, err)
	}
	if !more {
		step.Survey = course.Survey
		return over(enrolment.Completed, "")
	}
	due := course.Due(lesson, courses.Progress{Enrolled: row.EnrolledAt, Last: last(lessons), Zone: reach.Zone})
	if err := t.q.ExpectLesson(ctx, tx, query.ExpectLessonParams{ID: row.ID, NextLesson: lesson.Key, NextAt: expected(row, due)}); err != nil {
		return step, fmt.Errorf("note what enrolment %s is given next: %w", row.ID, err)
	}
	switch {
	case row.State == enrolment.Paused:
		step.Do = Paused
		return step, nil
	case due.After(now):
		step.Do, step.At = Wait, due
		return step, nil
	}
	return step, t.prepare(ctx, tx, now, row, course, lesson, &step)
}

// prepare keeps the words of a lesson that is due.
func (t *Teaching) prepare(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment, course courses.Course, lesson courses.Lesson, step *Step) error {
	// The same lesson has the same id, so that a step that runs again changes nothing.
	id := uuid.NewSHA1(row.ID, []byte(lesson.Key))
	if err := t.q.AddEnrolmentLesson(ctx, tx, query.AddEnrolmentLessonParams{
		ID: id, EnrolmentID: row.ID, Lesson: lesson.Key, State: "due", Title: course.Say(lesson.Title, row.Language),
		Words: course.Say(lesson.Text, row.Language), Material: course.Say(lesson.Material, row.Language), At: now,
	}); err != nil {
		return fmt.Errorf("keep the lesson of enrolment %s: %w", row.ID, err)
	}
	step.Do, step.LessonID, step.Template = Give, id, lesson.Template
	if step.Template == "" {
		step.Template = courses.LessonTemplate
	}
	return nil
}

// expected is when a lesson comes, as people are told; nobody knows while the learner pauses.
func expected(row query.Enrolment, due time.Time) *time.Time {
	if row.State == enrolment.Paused {
		return nil
	}
	return &due
}

// last is when the last lesson was given, skipped or missed.
func last(lessons []query.EnrolmentLesson) (at time.Time) {
	for _, l := range lessons {
		if l.State != "due" && l.At.After(at) {
			at = l.At
		}
	}
	return at
}

// hopeless are the reasons for which no later lesson would come through either.
var hopeless = []string{gate.NoContact, gate.NoAddress, gate.NotConfigured, gate.Suppressed, gate.NoConsent, gate.TopicOptOut}

// Note implements the contract of the same name.
func (t *Teaching) Note(ctx context.Context, a Attempt) (noted Noted, err error) {
	now := t.clock.Now().Truncate(time.Microsecond)
	err = db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		row, err := t.lock(ctx, tx, a.EnrolmentID)
		if err != nil {
			return err
		}
		state := "given"
		switch {
		case a.Left:
		case a.Reason == delivery.Overtaken, a.Reason == Changed:
			return nil // worked out anew
		case slices.Contains(hopeless, a.Reason):
			noted = Noted{enrolment.Unreachable, a.Reason}
			state = "missed"
		default:
			state = "missed"
		}
		if _, err := t.q.SettleLesson(ctx, tx, query.SettleLessonParams{
			ID: a.LessonID, State: state, Reason: a.Reason, MessageID: db.NullID(a.MessageID), At: now,
		}); err != nil {
			return fmt.Errorf("note a lesson of enrolment %s: %w", a.EnrolmentID, err)
		}
		if noted.Ended == "" {
			return nil
		}
		return t.end(ctx, tx, now, row, noted.Ended, noted.Reason)
	})
	return noted, err
}

// Changed is the reason of a lesson that was taken back because the run heard of a change.
const Changed = "enrolment-changed"

// Close implements the contract of the same name.
func (t *Teaching) Close(ctx context.Context, e End) (struct{}, error) {
	return struct{}{}, db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		row, err := t.lock(ctx, tx, e.EnrolmentID)
		if err != nil {
			return err
		}
		return t.end(ctx, tx, t.clock.Now().Truncate(time.Microsecond), row, e.State, e.Reason)
	})
}

// end ends an enrolment, once.
func (t *Teaching) end(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment, state, reason string) error {
	if !enrolment.Live(row.State) {
		return nil
	}
	actor := audit.Record{ActorKind: audit.System, ActorID: courses.ProcessName, Reason: reason}
	_, err := enrolment.Turn(ctx, tx, now, row, enrolment.Change{State: state, Reason: reason, What: enrolment.Ended}, actor)
	return err
}
