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
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Enrolment is one learner in one course.
type Enrolment struct {
	ID         uuid.UUID         `json:"id"`
	Course     string            `json:"course"`
	ContactID  uuid.UUID         `json:"contact_id"`
	Channel    string            `json:"channel,omitempty" jsonschema_description:"without one, that which the person prefers"`
	Language   string            `json:"language,omitempty"`
	Source     string            `json:"source" jsonschema_description:"sms-keyword, api, or the event that began it"`
	State      string            `json:"state" jsonschema:"enum=active,enum=paused,enum=completed,enum=left,enum=unreachable,enum=withdrawn,enum=cancelled"`
	Reason     string            `json:"reason,omitempty"`
	EnrolledAt time.Time         `json:"enrolled_at"`
	ChangedAt  time.Time         `json:"changed_at"`
	NextLesson string            `json:"next_lesson,omitempty" jsonschema_description:"the key of the lesson that comes next"`
	NextAt     *time.Time        `json:"next_at,omitempty" jsonschema_description:"not before; nobody knows while the learner pauses"`
	Lessons    []LearnerLesson   `json:"lessons" jsonschema_description:"what the learner has had, in its order"`
	Links      map[string]string `json:"links"`
}

// LearnerLesson is a lesson that a learner got, skipped or missed.
type LearnerLesson struct {
	Lesson      string     `json:"lesson"`
	State       string     `json:"state" jsonschema:"enum=given,enum=skipped,enum=missed"`
	Reason      string     `json:"reason,omitempty" jsonschema_description:"why it was missed"`
	At          time.Time  `json:"at"`
	MessageID   *uuid.UUID `json:"message_id,omitempty"`
	DeliveredAt *time.Time `json:"delivered_at,omitempty"`
	OpenedAt    *time.Time `json:"opened_at,omitempty"`
	ClickedAt   *time.Time `json:"clicked_at,omitempty"`
}

type learnerFilter struct {
	Paging
	State string `json:"state,omitempty" jsonschema:"enum=active,enum=paused,enum=completed,enum=left,enum=unreachable,enum=withdrawn,enum=cancelled"`
}

func (s *Server) enrolmentOperations() []*Operation {
	ops := []*Operation{{
		Method: http.MethodGet, Path: "/v1/enrolments/{id}", ID: "getEnrolment", Tag: "courses", Access: access.CoursesRead,
		Summary: "One learner in one course", Answers: []Answer{answer[Enrolment](200, "The enrolment.")}, Problems: []int{http.StatusNotFound}, Handle: s.getEnrolment,
	}}
	for _, m := range []struct{ move, id, summary string }{
		{courses.Pause, "pauseEnrolment", "Give no lesson until the learner resumes"},
		{courses.Resume, "resumeEnrolment", "Go on with a course that was paused"},
		{courses.Skip, "skipLesson", "Leave the next lesson out"},
		{courses.Leave, "leaveCourse", "End a course for a learner"},
	} {
		ops = append(ops, &Operation{
			Method: http.MethodPost, Path: "/v1/enrolments/{id}/" + m.move, ID: m.id, Tag: "courses", Access: access.CoursesWrite, Summary: m.summary,
			Description: "Nothing that was decided before leaves after the answer. A move that changes nothing is answered like one that does.",
			Answers:     []Answer{answer[Enrolment](200, "The enrolment as it stands now.")}, Problems: []int{http.StatusNotFound, http.StatusConflict},
			Handle: s.moveEnrolment(m.move),
		})
	}
	return ops
}

func (s *Server) moveEnrolment(move string) func(*Call) error {
	return func(c *Call) error {
		var row query.Enrolment
		err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
			done, err := repeated(c.Ctx(), tx, c)
			if err != nil {
				return err
			}
			if done {
				row, err = query.New().GetEnrolment(c.Ctx(), tx, c.ID("id"))
				return err
			}
			row, err = courses.Make(c.Ctx(), tx, s.clock.Now(), c.ID("id"), move, courses.MoveOptions{EventID: c.EffectID()}, c.Actor())
			return err
		})
		switch {
		case errors.Is(err, courses.ErrNoEnrolment):
			return problem.NotFound("enrolment", c.Param("id"))
		case errors.Is(err, courses.ErrEnded):
			return problem.Conflict("enrolment-ended", "The enrolment is "+row.State+": nothing moves it any more.")
		case err != nil:
			return err
		}
		s.wake()
		return s.showEnrolment(c, row)
	}
}

func (s *Server) getEnrolment(c *Call) error {
	row, err := query.New().GetEnrolment(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("enrolment", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read an enrolment: %w", err)
	}
	return s.showEnrolment(c, row)
}

func (s *Server) showEnrolment(c *Call, row query.Enrolment) error {
	lessons, err := s.lessonsOf(c, row)
	if err != nil {
		return err
	}
	return c.OK(enrolmentView(row, lessons[row.ID]))
}

func (s *Server) listLearners(c *Call) error {
	var f learnerFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	if _, err := s.findCourse(c); err != nil {
		return err
	}
	list := "learners " + c.Param("name") + f.State
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListLearnerPageParams{Course: c.Param("name"), State: db.NullText(f.State), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListLearnerPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list the learners of a course: %w", err)
	}
	lessons, err := s.lessonsOf(c, rows...)
	if err != nil {
		return err
	}
	view := func(r query.Enrolment) Enrolment { return enrolmentView(r, lessons[r.ID]) }
	return c.OK(page(list, f.limit(), rows, view, func(r query.Enrolment) timePlace { return timePlace{r.EnrolledAt, r.ID} }))
}

// lessonsOf are what learners have had, with what came back, by enrolment.
func (s *Server) lessonsOf(c *Call, rows ...query.Enrolment) (map[uuid.UUID][]LearnerLesson, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	list, err := query.New().ListLearnerLessons(c.Ctx(), s.pool, ids)
	if err != nil {
		return nil, fmt.Errorf("read the lessons of learners: %w", err)
	}
	out := map[uuid.UUID][]LearnerLesson{}
	for _, l := range list {
		out[l.EnrolmentID] = append(out[l.EnrolmentID], LearnerLesson{
			Lesson: l.Lesson, State: l.State, Reason: l.Reason, At: l.At.UTC(), MessageID: id(l.MessageID),
			DeliveredAt: utc(l.DeliveredAt), OpenedAt: utc(l.OpenedAt), ClickedAt: utc(l.ClickedAt),
		})
	}
	return out, nil
}

func enrolmentView(r query.Enrolment, lessons []LearnerLesson) Enrolment {
	if lessons == nil {
		lessons = []LearnerLesson{}
	}
	self := link("v1/enrolments", r.ID.String())
	return Enrolment{
		ID: r.ID, Course: r.Course, ContactID: r.ContactID, Channel: r.Channel, Language: r.Language, Source: r.Source, State: r.State, Reason: r.Reason,
		EnrolledAt: r.EnrolledAt.UTC(), ChangedAt: r.ChangedAt.UTC(), NextLesson: r.NextLesson, NextAt: utc(r.NextAt), Lessons: lessons,
		Links: map[string]string{
			"self": self, "contact": link("v1/contacts", r.ContactID.String()), "learners": link("v1/courses", r.Course, "learners"),
			"run": link("v1/processes", courses.ProcessName, "runs", r.ID.String()),
		},
	}
}
