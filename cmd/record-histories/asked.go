package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/survey"
)

// ask lets something end for a new customer, and returns them and the workflow ID of the survey about it.
func (h *house) ask(ctx context.Context, event, occasion string) (customer, string, error) {
	c, err := h.known(ctx, true)
	if err != nil {
		return c, "", err
	}
	in := survey.Input{For: occasion, ContactID: c.id, Occasion: uuid.NewString()}
	return c, survey.Process.Describe().WorkflowID(in.InvitationID().String(), ""),
		h.happens(ctx, event, c, fmt.Sprintf(`,"reference":%q`, in.Occasion))
}

// brief is a survey whose form is open for half a day, with one reminder.
func brief(occasion, question string) string {
	return fmt.Sprintf(`{"title":{"en":"How was it?"},"fallback":"en","thanks":{"en":"Thank you."},"questions":[%s],
		"reminders":["6h"],"expires":"12h","standard_for":%q}`, question, occasion)
}

var asked = []scenario{
	{process: "survey", name: "promoter", ending: survey.AnsweredPromoter, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.ask(ctx, events.SaleCompleted.Name(), surveys.Sale)
		if err != nil {
			return "", err
		}
		return id, h.fillsIn(ctx, c, surveyLink, "q.satisfied=5&q.recommend=10")
	}},
	{process: "survey", name: "detractor", ending: survey.AnsweredDetractor, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.ask(ctx, events.SaleCompleted.Name(), surveys.Sale)
		if err != nil {
			return "", err
		}
		return id, h.fillsIn(ctx, c, surveyLink, "q.satisfied=1&q.recommend=2")
	}},
	{process: "survey", name: "reminded-and-silent", ending: survey.Silent, days: true, play: func(ctx context.Context, h *house) (string, error) {
		question := `{"id":"recommend","kind":"nps","words":{"en":{"label":"Would you recommend us?"}}}`
		if err := h.define(ctx, "survey/service", brief(surveys.Service, question)); err != nil {
			return "", err
		}
		_, id, err := h.ask(ctx, events.ServiceEnded.Name(), surveys.Service)
		return id, err
	}},
}
