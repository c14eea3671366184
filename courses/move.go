package courses

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/enrolment"
)

// Leave ends an enrolment in the learner's name. The other moves are Pause, Resume and Skip.
const Leave = "leave"

// Errors of Make.
var (
	ErrNoEnrolment = errors.New("no such enrolment")
	ErrEnded       = errors.New("the enrolment has ended")
)

// MoveOptions say whether the learner waits to be told, and name the event that tells the run (zero for a new name).
type MoveOptions struct {
	Answer  bool
	EventID uuid.UUID
}

func (o MoveOptions) change(state, reason, what string) enrolment.Change {
	return enrolment.Change{State: state, Reason: reason, What: what, Answer: o.Answer, EventID: o.EventID}
}

// Make makes a move of an enrolment. Nothing of what was decided before leaves after tx is committed, and the run is told.
// A move that changes nothing, such as a second pause, is no error. Errors: ErrNoEnrolment, ErrEnded with the row, or PostgreSQL's.
func Make(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, move string, o MoveOptions, actor audit.Record) (query.Enrolment, error) {
	now = now.Truncate(time.Microsecond)
	row, err := query.New().LockEnrolment(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrNoEnrolment
	}
	if err != nil {
		return row, fmt.Errorf("%s an enrolment: %w", move, err)
	}
	if !enrolment.Live(row.State) {
		if move == Leave && row.State == enrolment.Left {
			return row, nil
		}
		return row, ErrEnded
	}
	switch move {
	case Pause:
		if row.State == enrolment.Active {
			return enrolment.Turn(ctx, tx, now, row, o.change(enrolment.Paused, "", enrolment.Pausing), actor)
		}
	case Resume:
		if row.State == enrolment.Paused {
			return enrolment.Turn(ctx, tx, now, row, o.change(enrolment.Active, "", enrolment.Resumed), actor)
		}
	case Leave:
		return enrolment.Turn(ctx, tx, now, row, o.change(enrolment.Left, "left", enrolment.Ended), actor)
	case Skip:
		if err := skip(ctx, tx, now, row); err != nil {
			return row, err
		}
		return enrolment.Turn(ctx, tx, now, row, o.change(row.State, "", enrolment.Skipped), actor)
	}
	return row, nil
}

// skip notes the next lesson as given: those after it count from now.
func skip(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment) error {
	course, _, err := Kind.Current(ctx, tx, row.Course)
	if err != nil {
		return err
	}
	lessons, err := query.New().ListEnrolmentLessons(ctx, tx, row.ID)
	if err != nil {
		return fmt.Errorf("skip a lesson: %w", err)
	}
	next, ok := course.Next(Given(lessons))
	if !ok {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if err := query.New().AddEnrolmentLesson(ctx, tx, query.AddEnrolmentLessonParams{
		ID: id, EnrolmentID: row.ID, Lesson: next.Key, State: "skipped", Title: course.Say(next.Title, row.Language), At: now,
	}); err != nil {
		return fmt.Errorf("skip a lesson: %w", err)
	}
	return nil
}

// Given are the keys of the lessons that a learner has had, skipped or missed.
func Given(lessons []query.EnrolmentLesson) map[string]bool {
	given := map[string]bool{}
	for _, l := range lessons {
		if l.State != "due" {
			given[l.Lesson] = true
		}
	}
	return given
}

// answerEvery is how long somebody who sends a keyword again and again waits for the next answer.
const answerEvery = time.Hour

// Ask answers a keyword that came while its sender is in the course: what stands, at most once an hour.
func Ask(ctx context.Context, tx pgx.Tx, now time.Time, row query.Enrolment) error {
	now = now.Truncate(time.Microsecond)
	n, err := query.New().AnswerEnrolment(ctx, tx, query.AnswerEnrolmentParams{ID: row.ID, Now: now, NotSince: now.Add(-answerEvery)})
	if err != nil || n == 0 {
		return err
	}
	return enrolment.Tell(ctx, tx, now, row, enrolment.Change{What: enrolment.Asked, Answer: true}, now.Format(time.RFC3339Nano))
}
