package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/workflows/deal"
)

// dealRequest is one thing that people ask of a deal. Its run decides.
type dealRequest struct {
	verb, summary string
	body          *Body
	whileClosing  bool // whether it may be asked while the deal is being closed
}

var dealRequests = []dealRequest{
	{deal.Move.Name(), "Take a deal to another stage", jsonBody(deal.MoveRequest{To: "proposal"}), false},
	{deal.Amend.Name(), "Change the terms or attributes of a deal", jsonBody(deal.AmendRequest{}), true},
	{deal.Log.Name(), "Keep an interaction with the customer", jsonBody(deal.LogRequest{Kind: "call"}), true},
	{deal.Lose.Name(), "Give a deal up", jsonBody(deal.LoseRequest{Reason: "price"}), false},
}

func (s *Server) dealRequests() []*Operation {
	var ops []*Operation
	for _, r := range dealRequests {
		ops = append(ops, &Operation{
			Method: http.MethodPost, Path: "/v1/deals/{id}/" + r.verb, ID: r.verb + "Deal", Tag: "deals", Access: access.DealsWrite, Summary: r.summary,
			Description: "The run of the deal decides; a refusal is answered with 409 and everything that has to be mended first. Needs Temporal: 503 while it is down.",
			Body:        r.body, Answers: []Answer{answer[dealing.Verdict](200, "The verdict.")}, Problems: []int{http.StatusNotFound},
			Handle: func(c *Call) error { return s.askDeal(c, r) },
		})
	}
	return ops
}

func (s *Server) askDeal(c *Call, r dealRequest) error {
	if err := fits(c.Raw(), "", r.body.Media[0].Schema); err != nil {
		return err
	}
	run, err := s.dealRun(c, c.ID("id"))
	if err != nil {
		return err
	}
	request := map[string]json.RawMessage{}
	if err := json.Unmarshal(payload(c), &request); err != nil {
		return fmt.Errorf("read a request about a deal: %w", err)
	}
	// A program may say for whom it asks; a user asks for nobody else.
	if _, named := request["actor_id"]; !named || c.Principal.UserID != uuid.Nil {
		request["actor_id"] = json.RawMessage(`"` + c.Principal.Actor().String() + `"`)
	}
	raw, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("write a request about a deal: %w", err)
	}
	return s.ask(c, run, r.verb, raw)
}

// dealRun finds the run of a deal, which begins a moment after the deal.
func (s *Server) dealRun(c *Call, id uuid.UUID) (journal.Run, error) {
	run, err := journal.Get(c.Ctx(), s.pool, deal.Process.Name(), deal.Process.Name()+":"+id.String())
	if !errors.Is(err, journal.ErrNotFound) {
		return run, err
	}
	_, err = query.New().GetDeal(c.Ctx(), s.pool, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return run, problem.NotFound("deal", id.String())
	case err != nil:
		return run, fmt.Errorf("read a deal: %w", err)
	}
	return run, problem.Unavailable("The run of the deal has not begun yet. Try again in a moment.", time.Second)
}
