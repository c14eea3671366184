package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
)

// Course is one course with the number of its learners.
type Course struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Owner    *uuid.UUID        `json:"owner,omitempty"`
	Closed   bool              `json:"closed"`
	Lessons  int               `json:"lessons"`
	Keywords []string          `json:"keywords"`
	Learners map[string]int64  `json:"learners" jsonschema_description:"how many, by state"`
	Links    map[string]string `json:"links"`
}

// EnrolmentRequest enrols a person: a contact, or an address, of which a contact is made where none is known.
type EnrolmentRequest struct {
	ContactID uuid.UUID `json:"contact_id,omitzero"`
	Phone     string    `json:"phone,omitempty" jsonschema:"maxLength=50" jsonschema_description:"with an international prefix; lessons come by text message"`
	Email     string    `json:"email,omitempty" jsonschema:"maxLength=254" jsonschema_description:"lessons come by mail"`
	Language  string    `json:"language,omitempty" jsonschema:"maxLength=35" jsonschema_description:"one of the course's; the person's own without it"`
}

type courseFilter struct {
	Owner uuid.UUID `json:"owner,omitempty" jsonschema_description:"those of one teacher"`
}

func (s *Server) courseOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/courses", ID: "listCourses", Tag: "courses", Access: access.CoursesRead, Query: typeOf[courseFilter](),
			Summary: "List the courses, with the number of their learners", Answers: []Answer{answer[Page[Course]](200, "Every course.")}, Handle: s.listCourses,
		},
		{
			Method: http.MethodGet, Path: "/v1/courses/{name}/learners", ID: "listLearners", Tag: "courses", Access: access.CoursesRead, Query: typeOf[learnerFilter](),
			Summary: "Who learns in a course, the newest first", Description: "Who got which lesson when, what came back, and what comes next.",
			Answers: []Answer{answer[Page[Enrolment]](200, "A page of learners.")}, Problems: []int{http.StatusNotFound}, Handle: s.listLearners,
		},
		{
			Method: http.MethodPost, Path: "/v1/courses/{name}/enrolments", ID: "enrol", Tag: "courses", Access: access.CoursesWrite,
			Summary: "Enrol a person in a course", Description: "Starts the process course. Who is in the course already stays as they are, and is answered with 200.",
			Body:     jsonBody(EnrolmentRequest{Phone: "+441632960100", Language: "en"}),
			Answers:  []Answer{answer[Enrolment](201, "The person learns from now on.", "Location"), answer[Enrolment](200, "The enrolment that stands.", "Location")},
			Problems: []int{http.StatusNotFound, http.StatusConflict}, Handle: s.enrol,
		},
	}
}

func (s *Server) listCourses(c *Call) error {
	var f courseFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	all, err := courses.All(c.Ctx(), s.pool)
	if err != nil {
		return err
	}
	counts, err := query.New().CountEnrolments(c.Ctx(), s.pool)
	if err != nil {
		return fmt.Errorf("count the learners: %w", err)
	}
	out := Page[Course]{Items: []Course{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if f.Owner == uuid.Nil || all[name].Owner == f.Owner {
			out.Items = append(out.Items, courseView(name, all[name], counts))
		}
	}
	return c.OK(out)
}

func courseView(name string, course courses.Course, counts []query.CountEnrolmentsRow) Course {
	v := Course{
		Name: name, Title: course.Say(course.Title, ""), Closed: course.Closed, Lessons: len(course.Lessons), Keywords: []string{},
		Learners: map[string]int64{}, Links: map[string]string{
			"definition": link("v1/definitions/course", name), "learners": link("v1/courses", name, "learners"), "enrolments": link("v1/courses", name, "enrolments"),
		},
	}
	if course.Owner != uuid.Nil {
		v.Owner = &course.Owner
	}
	for _, k := range course.Keywords {
		v.Keywords = append(v.Keywords, k.Word)
	}
	for _, row := range counts {
		if row.Course == name {
			v.Learners[row.State] = row.Learners
		}
	}
	return v
}

// findCourse errs when there is no such course.
func (s *Server) findCourse(c *Call) (courses.Course, error) {
	course, _, err := courses.Kind.Current(c.Ctx(), s.pool, c.Param("name"))
	if errors.Is(err, definitions.ErrUnknown) {
		return course, problem.NotFound("course", c.Param("name"))
	}
	return course, err
}

func (s *Server) enrol(c *Call) error {
	var in EnrolmentRequest
	if err := c.Decode(&in); err != nil {
		return err
	}
	course, err := s.findCourse(c)
	if err != nil {
		return err
	}
	asking, wrong := in.asking(c, course)
	if wrong != nil {
		return problem.Invalid(*wrong)
	}
	var row query.Enrolment
	var fresh bool
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		if row, err = query.New().GetEnrolment(c.Ctx(), tx, c.EffectID()); err == nil {
			return nil // a repeat whose answer was lost
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the enrolment of a repeat: %w", err)
		}
		if asking.ContactID == uuid.Nil {
			if asking.ContactID, err = s.learner(c, tx, in, asking); err != nil {
				return err
			}
		}
		row, fresh, err = courses.Enrol(c.Ctx(), tx, s.clock.Now(), asking, c.Actor())
		return err
	})
	switch {
	case errors.Is(err, courses.ErrUnknown):
		return problem.Invalid(problem.Field{Field: "contact_id", Message: "there is no such contact"})
	case errors.Is(err, courses.ErrClosed):
		return problem.Conflict("course-closed", "The course is closed: nobody enrols any more.")
	case errors.Is(err, courses.ErrDeclined):
		return problem.Conflict("declined", "The person does not want to be written to by this channel: only they can take that back.")
	case err != nil:
		return err
	}
	s.wake()
	c.Response().Header().Set("Location", link("v1/enrolments", row.ID.String()))
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return c.JSON(status, enrolmentView(row, nil))
}

// asking is what a request asks for; exactly one of its ways names the person.
func (in EnrolmentRequest) asking(c *Call, course courses.Course) (courses.Asking, *problem.Field) {
	a := courses.Asking{ID: c.EffectID(), Course: c.Param("name"), ContactID: in.ContactID, Language: in.Language, Source: "api"}
	ways := 0
	for _, given := range []bool{in.ContactID != uuid.Nil, in.Phone != "", in.Email != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return a, &problem.Field{Field: "contact_id", Message: "give either contact_id, phone or email"}
	case in.Language != "" && !slices.Contains(course.Languages, in.Language):
		return a, &problem.Field{Field: "language", Message: "must be one of the course's languages"}
	}
	for field, way := range map[string][2]string{"phone": {"sms", in.Phone}, "email": {"email", in.Email}} {
		if way[1] == "" {
			continue
		}
		a.Channel = way[0]
		if _, ok := consent.Canonical(way[0], way[1], ""); !ok {
			return a, &problem.Field{Field: field, Message: "cannot be read as one: a telephone number needs its international prefix"}
		}
	}
	return a, nil
}

// learner finds or makes the contact of an address.
func (s *Server) learner(c *Call, tx pgx.Tx, in EnrolmentRequest, a courses.Asking) (uuid.UUID, error) {
	kind, raw := "phone", in.Phone
	if a.Channel == "email" {
		kind, raw = "email", in.Email
	}
	address, _ := consent.Canonical(a.Channel, raw, "")
	if err := courses.Hold(c.Ctx(), tx, kind, address); err != nil {
		return uuid.Nil, err
	}
	return courses.Person(c.Ctx(), tx, s.clock.Now(), kind, address, a.Language, c.Actor())
}
