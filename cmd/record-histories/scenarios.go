package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"go.temporal.io/api/serviceerror"

	"github.com/perdura/perdura/workflows/capture"
	"github.com/perdura/perdura/workflows/handoff"
	"github.com/perdura/perdura/workflows/leadimport"
)

type notFound = *serviceerror.NotFound

// scenario is one way through a process, named by the folder of its package below workflows; those of the kit's package work
// stand beside it. play goes it as far as the outside has a part in it and returns the workflow ID.
type scenario struct {
	process, name, ending string
	days                  bool // it takes days of business time
	play                  func(ctx context.Context, h *house) (string, error)
}

func captureOf(id uuid.UUID) string { return capture.Process.Describe().WorkflowID(id.String(), "") }
func handoffOf(id uuid.UUID) string { return handoff.Process.Describe().WorkflowID(id.String(), "") }

// somebody is a person whom nobody knows yet: with an e-mail address of their own and a name that resembles no other.
func somebody() (email, name string) {
	name = uuid.NewString()
	return name + "@example.com", name
}

func form(email, name, more string) string {
	return fmt.Sprintf(`{"email":%q,"first_name":"Ada","last_name":%q,"source":"website","channel":"form"%s}`, email, name, more)
}

func newcomer(ctx context.Context, h *house) (lead, error) {
	email, name := somebody()
	return h.submit(ctx, form(email, name, ""), "captured")
}

// continues is the ending of a run that goes on as a new one.
const continues = "continues"

var scenarios = slices.Concat(leads, kept, said, asked, wonBack, delivered, sold, visited, paid, collected, taught)

var leads = []scenario{
	{process: "capture", name: "captured", ending: capture.Captured, play: func(ctx context.Context, h *house) (string, error) {
		l, err := newcomer(ctx, h)
		return captureOf(l.ID), err
	}},
	{process: "capture", name: "merged", ending: capture.Merged, play: func(ctx context.Context, h *house) (string, error) {
		email, name := somebody()
		if _, err := h.submit(ctx, form(email, name, ""), "captured"); err != nil {
			return "", err
		}
		l, err := h.submit(ctx, form(email, name, ""), "merged")
		return captureOf(l.ID), err
	}},
	{process: "capture", name: "reviewed-and-merged", ending: capture.Merged, play: func(ctx context.Context, h *house) (string, error) {
		// One shared mailbox, two names: a person must decide.
		mailbox := "info@" + uuid.NewString() + ".example.com"
		if _, err := h.submit(ctx, form(mailbox, "Example", ""), "captured"); err != nil {
			return "", err
		}
		l, err := h.submit(ctx, fmt.Sprintf(`{"email":%q,"first_name":"Grace","last_name":"Sample","source":"website","channel":"form"}`, mailbox), "in_review")
		if err != nil {
			return "", err
		}
		return captureOf(l.ID), h.post(ctx, "/v1/reviews/"+l.ReviewID+"/decide", `{"decision":"merge"}`, nil)
	}},
	{process: "capture", name: "corrected", ending: capture.Captured, play: func(ctx context.Context, h *house) (string, error) {
		email, name := somebody()
		l, err := h.submit(ctx, form("not an address", name, ""), "invalid")
		if err != nil {
			return "", err
		}
		return captureOf(l.ID), h.post(ctx, "/v1/leads/"+l.ID.String()+"/amend", fmt.Sprintf(`{"email":%q}`, email), nil)
	}},
	{process: "handoff", name: "contacted", ending: handoff.Contacted, play: func(ctx context.Context, h *house) (string, error) {
		l, err := newcomer(ctx, h)
		if err != nil {
			return "", err
		}
		return handoffOf(l.ID), h.finish(ctx, l.TaskID, "accepted")
	}},
	{process: "handoff", name: "reassigned-and-recycled", ending: handoff.Recycled, play: func(ctx context.Context, h *house) (string, error) {
		l, err := newcomer(ctx, h)
		if err != nil {
			return "", err
		}
		other, err := newcomer(ctx, h) // representatives take turns
		if err != nil {
			return "", err
		}
		if err := h.post(ctx, "/v1/tasks/"+l.TaskID.String()+"/reassign", fmt.Sprintf(`{"assignee":%q}`, other.Assignee), nil); err != nil {
			return "", err
		}
		return handoffOf(l.ID), h.finish(ctx, l.TaskID, "no budget")
	}},
	{process: "handoff", name: "passed-on-and-escalated", ending: handoff.Unresolved, days: true, play: func(ctx context.Context, h *house) (string, error) {
		l, err := newcomer(ctx, h)
		return handoffOf(l.ID), err
	}},
	{process: "capture", name: "given-up", ending: capture.Incomplete, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, name := somebody()
		l, err := h.submit(ctx, form("not an address", name, ""), "invalid")
		return captureOf(l.ID), err
	}},
	{process: "leadimport", name: "with-rejects", ending: leadimport.WithRejects, play: func(ctx context.Context, h *house) (string, error) {
		a, nameA := somebody()
		b, nameB := somebody()
		file := fmt.Sprintf("email,last_name\n%s,%s\nnot an address,Example\n%s,%s\n", a, nameA, b, nameB)
		var started struct {
			ID uuid.UUID `json:"id"`
		}
		err := h.call(ctx, "POST", "/v1/leads/imports", "text/csv", file, &started)
		return leadimport.Process.Describe().WorkflowID(started.ID.String(), ""), err
	}},
}

// finish takes a task through the hands of its assignee.
func (h *house) finish(ctx context.Context, task uuid.UUID, outcome string) error {
	if err := h.post(ctx, "/v1/tasks/"+task.String()+"/acknowledge", "", nil); err != nil {
		return err
	}
	return h.post(ctx, "/v1/tasks/"+task.String()+"/complete", fmt.Sprintf(`{"outcome":%q}`, outcome), nil)
}
