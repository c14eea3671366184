package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
)

// PipelineView is a pipeline as it stands now.
type PipelineView struct {
	Name       string            `json:"name"`
	Version    int               `json:"version"`
	Definition deals.Pipeline    `json:"definition"`
	Links      map[string]string `json:"links"`
}

// Forecast is what may still be sold and what was, each currency for itself.
type Forecast struct {
	Pipeline string         `json:"pipeline"`
	Open     []ForecastLine `json:"open" jsonschema_description:"by the month in which the deals should close, and stage; those without a close date come first"`
	Won      []WonLine      `json:"won" jsonschema_description:"by the month in which the deals were won"`
}

// ForecastLine sums up the open deals of one month and stage in one currency.
type ForecastLine struct {
	Month    string       `json:"month,omitempty" jsonschema_description:"2026-12; absent without a close date"`
	Stage    string       `json:"stage"`
	Deals    int32        `json:"deals"`
	Amount   money.Amount `json:"amount"`
	Weighted string       `json:"weighted" jsonschema_description:"each amount times the deal's probability, summed up exactly: a decimal number in units of the currency"`
}

// WonLine sums up the deals that were won in one month in one currency.
type WonLine struct {
	Month  string       `json:"month"`
	Deals  int32        `json:"deals"`
	Amount money.Amount `json:"amount"`
}

type forecastFilter struct {
	Pipeline string    `json:"pipeline,omitempty" jsonschema:"maxLength=100,default=sales"`
	Owner    uuid.UUID `json:"owner,omitzero" jsonschema_description:"a user's id"`
}

func (s *Server) forecastOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/forecast", ID: "getForecast", Tag: "deals", Access: access.DealsRead, Query: typeOf[forecastFilter](),
			Summary: "What may be sold, and what was", Description: "Computed over the deals as they are at this moment.",
			Answers: []Answer{answer[Forecast](200, "The forecast.")}, Handle: s.forecast,
		},
		{
			Method: http.MethodGet, Path: "/v1/pipelines/{name}", ID: "getPipeline", Tag: "deals", Access: access.DealsRead,
			Summary: "The stages of a pipeline, and what each asks for", Answers: []Answer{answer[PipelineView](200, "The newest version.")},
			Problems: []int{http.StatusNotFound}, Handle: s.pipeline,
		},
	}
}

func (s *Server) pipeline(c *Call) error {
	name := c.Param("name")
	p, version, err := deals.Kind.Current(c.Ctx(), s.pool, name)
	if errors.Is(err, definitions.ErrUnknown) {
		return problem.NotFound("pipeline", name)
	}
	if err != nil {
		return err
	}
	return c.OK(PipelineView{Name: name, Version: version, Definition: p, Links: map[string]string{
		"definition": link("v1/definitions", deals.Kind.Name(), name), "deals": "/v1/deals?pipeline=" + name,
	}})
}

func (s *Server) forecast(c *Call) error {
	f := forecastFilter{Pipeline: deals.StandardName}
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	rows, err := query.New().ForecastDeals(c.Ctx(), s.pool, query.ForecastDealsParams{Pipeline: f.Pipeline, Owner: db.NullID(f.Owner)})
	if err != nil {
		return fmt.Errorf("sum up the forecast: %w", err)
	}
	out := Forecast{Pipeline: f.Pipeline, Open: []ForecastLine{}, Won: []WonLine{}}
	for _, r := range rows {
		amount := money.Amount{Minor: r.AmountMinor, Currency: r.Currency}
		if r.State == deals.Won {
			out.Won = append(out.Won, WonLine{r.Month, r.Deals, amount})
			continue
		}
		weighted, err := inUnits(r.WeightedMinor, r.Currency)
		if err != nil {
			return err
		}
		out.Open = append(out.Open, ForecastLine{r.Month, r.Stage, r.Deals, amount, weighted})
	}
	return c.OK(out)
}

// inUnits writes an exact number of a currency's smallest units in units of the currency.
func inUnits(minor pgtype.Numeric, currency string) (string, error) {
	minor.Exp -= int32(money.Digits(currency))
	raw, err := minor.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("write a weighted amount: %w", err)
	}
	return string(raw), nil
}
