package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/money"
)

// Losses are the lost deals of a span of time, counted in three ways. Amounts of different currencies stand apart.
type Losses struct {
	ByReason []LossCount `json:"by_reason"`
	ByStage  []LossCount `json:"by_stage"`
	ByMonth  []LossCount `json:"by_month" jsonschema_description:"2026-05, in UTC"`
}

// LossCount is how many deals were lost for one reason, from one stage or in one month, and for how much.
type LossCount struct {
	Value  string       `json:"value"`
	Deals  int32        `json:"deals"`
	Amount money.Amount `json:"amount"`
}

type lossSpan struct {
	From     time.Time `json:"from,omitzero" jsonschema_description:"deals lost from this time on"`
	To       time.Time `json:"to,omitzero" jsonschema_description:"deals lost before this time"`
	Pipeline string    `json:"pipeline,omitempty" jsonschema:"maxLength=100"`
}

func (s *Server) lossOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodGet, Path: "/v1/losses", ID: "analyseLosses", Tag: "deals", Access: access.LossesRead, Query: typeOf[lossSpan](),
		Summary: "Why, where and when deals were lost", Answers: []Answer{answer[Losses](200, "Counts and amounts, the most frequent first.")}, Handle: s.analyseLosses,
	}}
}

func (s *Server) analyseLosses(c *Call) error {
	var span lossSpan
	if err := c.DecodeQuery(&span); err != nil {
		return err
	}
	if span.To.IsZero() {
		span.To = endOfTime
	}
	if !span.From.Before(span.To) {
		return problem.BadRequest("Ask for a span of time.", problem.Field{Field: "to", Message: "must be later than from"})
	}
	var out Losses
	for by, counts := range map[string]*[]LossCount{"reason": &out.ByReason, "stage": &out.ByStage, "month": &out.ByMonth} {
		rows, err := query.New().AnalyseLosses(c.Ctx(), s.pool, query.AnalyseLossesParams{
			By: by, Since: &span.From, Until: &span.To, Pipeline: db.NullText(span.Pipeline),
		})
		if err != nil {
			return fmt.Errorf("count lost deals by %s: %w", by, err)
		}
		*counts = make([]LossCount, len(rows))
		for i, r := range rows {
			(*counts)[i] = LossCount{Value: r.Value, Deals: r.Deals, Amount: money.Amount{Minor: r.AmountMinor, Currency: r.Currency}}
		}
	}
	return c.OK(out)
}
