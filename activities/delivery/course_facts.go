package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db/query"
)

// courseFacts adds what a message about an enrolment may speak of.
func (c *Core) courseFacts(ctx context.Context, s Subjects, f *Facts) error {
	if s.EnrolmentID == uuid.Nil {
		return nil
	}
	row, err := c.q.CourseFacts(ctx, c.pool, query.CourseFactsParams{EnrolmentID: s.EnrolmentID, LessonID: s.LessonID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up the course that a message belongs to: %w", err)
	}
	course, _, err := courses.Kind.Current(ctx, c.pool, row.Course)
	if err != nil {
		return fmt.Errorf("look up the course that a message belongs to: %w", err)
	}
	if f.CourseLanguage = row.Language; f.CourseLanguage == "" {
		f.CourseLanguage = spoken(course, f.Language)
	}
	for name, text := range map[string]string{
		"course.title": course.Say(course.Title, f.CourseLanguage),
		"lesson.title": row.Title, "lesson.text": row.Words, "lesson.link": row.Material,
	} {
		if text != "" {
			f.Values[name] = text
		}
	}
	return nil
}

// spoken is the person's language if the course speaks it, else the course's first.
func spoken(c courses.Course, language string) string {
	short, _, _ := strings.Cut(language, "-")
	switch {
	case slices.Contains(c.Languages, language), len(c.Languages) == 0:
		return language
	case slices.Contains(c.Languages, short):
		return short
	}
	return c.Languages[0]
}
