package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	"github.com/google/uuid"

	"github.com/perdura/perdura/workflows/course"
)

// lesson is one of a course; after is the time since the one before.
func lesson(key, after string) string {
	return fmt.Sprintf(`{"key":%q,"title":{"en":"Lesson"},"text":{"en":"This is %s."},"when":{"after":%q}}`, key, key, after)
}

// teaches writes a course.
func (h *house) teaches(ctx context.Context, name, lessons string) error {
	return h.define(ctx, "course/"+name, `{"title":{"en":"Juggling"},"languages":["en"],"spacing":"1m","lessons":[`+lessons+`]}`)
}

// learner is somebody in a course of their own.
type learner struct {
	customer
	course, id string
}

// move pauses, resumes, skips or leaves.
func (h *house) move(ctx context.Context, l learner, what string) error {
	return h.post(ctx, "/v1/enrolments/"+l.id+"/"+what, "", nil)
}

// hears waits until a lesson has come by mail.
func (h *house) hears(ctx context.Context, l learner, key string) error {
	_, err := h.find(ctx, l.customer, regexp.MustCompile("This is "+key))
	return err
}

func (h *house) pausesHere(ctx context.Context, l learner) error {
	return h.until(ctx, func() (bool, error) {
		var run struct{ Step string }
		err := h.call(ctx, http.MethodGet, "/v1/processes/course/runs/"+l.id, "application/json", "", &run)
		return run.Step == "The learner pauses", err
	})
}

// learning is a scenario of a course that begins with these lessons.
func learning(name, ending string, days bool, lessons string, follow func(context.Context, *house, learner) error) scenario {
	return scenario{process: "course", name: name, ending: ending, days: days, play: func(ctx context.Context, h *house) (string, error) {
		c, err := h.known(ctx, true)
		if err != nil {
			return "", err
		}
		l := learner{customer: c, course: "course-" + uuid.NewString()}
		if err := h.teaches(ctx, l.course, lessons); err != nil {
			return "", err
		}
		var enrolled struct{ ID string }
		if err := h.post(ctx, "/v1/courses/"+l.course+"/enrolments", fmt.Sprintf(`{"email":%q,"language":"en"}`, c.email), &enrolled); err != nil {
			return "", err
		}
		l.id = enrolled.ID
		if err := h.hears(ctx, l, "one"); err != nil {
			return "", err
		}
		if err := h.waits(ctx, course.Process.Name(), l.id); err != nil {
			return "", err
		}
		return course.Process.Describe().WorkflowID(l.id, ""), follow(ctx, h, l)
	}}
}

var taught = []scenario{
	learning("completed", course.Completed, true, lesson("one", "")+","+lesson("two", "1d"), func(context.Context, *house, learner) error { return nil }),
	learning("paused-skipped-and-completed", course.Completed, true, lesson("one", "")+","+lesson("two", "10d")+","+lesson("three", "1h"),
		func(ctx context.Context, h *house, l learner) error {
			if err := h.move(ctx, l, "pause"); err != nil {
				return err
			}
			if err := h.pausesHere(ctx, l); err != nil {
				return err
			}
			if err := h.move(ctx, l, "resume"); err != nil {
				return err
			}
			return h.move(ctx, l, "skip")
		}),
	learning("changed-by-the-teacher-and-left", course.Left, false, lesson("one", "")+","+lesson("two", "30d"),
		func(ctx context.Context, h *house, l learner) error {
			if err := h.teaches(ctx, l.course, lesson("one", "")+","+lesson("better", "0m")+","+lesson("two", "30d")); err != nil {
				return err
			}
			if err := h.hears(ctx, l, "better"); err != nil {
				return err
			}
			return h.move(ctx, l, "leave")
		}),
	learning("opted-out", course.Left, false, lesson("one", "")+","+lesson("two", "30d"), func(ctx context.Context, h *house, l learner) error {
		return h.plays(ctx, l.customer, "reply", `{"text":"STOP"}`)
	}),
}
