package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/money"
)

// historyLength bounds the verdicts that a deal shows.
const historyLength = 100

// DealSubmission is what a deal begins with. What is not given comes from the lead, the contact or the pipeline.
type DealSubmission struct {
	Pipeline   string           `json:"pipeline,omitempty" jsonschema:"maxLength=100,default=sales"`
	Name       string           `json:"name,omitempty" jsonschema:"maxLength=200" jsonschema_description:"the company's or person's name when not given"`
	Contact    uuid.UUID        `json:"contact,omitzero" jsonschema_description:"whom it is sold to; may be left out with a lead"`
	Lead       uuid.UUID        `json:"lead,omitzero" jsonschema_description:"what it comes of; a lead has one open deal"`
	Owner      uuid.UUID        `json:"owner,omitzero" jsonschema_description:"a user's id; the lead's assignee or the contact's owner when not given"`
	Amount     *money.Amount    `json:"amount,omitempty"`
	List       *money.Amount    `json:"list_amount,omitempty" jsonschema_description:"the price before any discount; the amount when not given"`
	CloseOn    string           `json:"close_on,omitempty" jsonschema:"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}$" jsonschema_description:"the day on which it should close"`
	Attributes deals.Attributes `json:"attributes,omitempty"`
}

type dealFilter struct {
	Paging
	Pipeline string    `json:"pipeline,omitempty" jsonschema:"maxLength=100"`
	Stage    string    `json:"stage,omitempty" jsonschema:"maxLength=64"`
	State    string    `json:"state,omitempty" jsonschema:"enum=open,enum=closing,enum=won,enum=lost"`
	Owner    uuid.UUID `json:"owner,omitzero" jsonschema_description:"a user's id"`
	Contact  uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
	Lead     uuid.UUID `json:"lead,omitzero" jsonschema_description:"a lead's id"`
}

func (s *Server) dealOperations() []*Operation {
	ops := []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/deals", ID: "openDeal", Tag: "deals", Access: access.DealsWrite, Summary: "Open a deal",
			Description: "The deal stands at the first stage of its pipeline, with the tasks of that stage. A lead that has an open deal gets no second one: 409.",
			Body:        jsonBody(DealSubmission{Lead: uuid.Max, Amount: &money.Amount{Minor: 1_250_000, Currency: "EUR"}, CloseOn: "2027-03-31"}),
			Answers:     []Answer{answer[DealDetail](201, "The deal.", "Location")}, Problems: []int{http.StatusConflict}, Handle: s.openDeal,
		},
		{
			Method: http.MethodGet, Path: "/v1/deals", ID: "listDeals", Tag: "deals", Access: access.DealsRead, Query: typeOf[dealFilter](),
			Summary: "List deals, the newest first", Answers: []Answer{answer[Page[Deal]](200, "A page of deals.")}, Handle: s.listDeals,
		},
		{
			Method: http.MethodGet, Path: "/v1/deals/{id}", ID: "getDeal", Tag: "deals", Access: access.DealsRead,
			Summary:     "A deal, what its next stage asks for, and its history",
			Description: "The hundred newest verdicts are shown.",
			Answers:     []Answer{answer[DealDetail](200, "The deal.")}, Problems: []int{http.StatusNotFound},
			Handle: func(c *Call) error {
				v, err := s.readDeal(c, c.ID("id"))
				if err != nil {
					return err
				}
				return c.OK(v)
			},
		},
	}
	return append(append(ops, s.dealRequests()...), s.forecastOperations()...)
}

func (s *Server) openDeal(c *Call) error {
	in := DealSubmission{Pipeline: deals.StandardName}
	if err := c.Decode(&in); err != nil {
		return err
	}
	opened, err := dealing.OpenOnce(c.Ctx(), s.pool, s.clock.Now(), "api/deals/"+c.Effect(), dealing.Opening{
		Pipeline: in.Pipeline, Name: in.Name, ContactID: in.Contact, LeadID: in.Lead, OwnerID: in.Owner, Amount: in.Amount, List: in.List,
		CloseOn: in.CloseOn, Attributes: in.Attributes, By: c.Actor(), ActorID: c.Principal.Actor(),
	})
	var wrong *dealing.WrongOpening
	if errors.As(err, &wrong) {
		return problem.Invalid(fieldsOf(wrong.Fields)...)
	}
	if err != nil {
		return err
	}
	self := link("v1/deals", opened.DealID.String())
	if opened.Result == dealing.DealThere {
		p := problem.Conflict("deal-open", "The lead has an open deal.")
		p.Links = map[string]string{"deal": self}
		return p
	}
	s.wake()
	v, err := s.readDeal(c, opened.DealID)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", self)
	return c.JSON(http.StatusCreated, v)
}

func fieldsOf(unmet []deals.Unmet) []problem.Field {
	fields := make([]problem.Field, len(unmet))
	for i, u := range unmet {
		fields[i] = problem.Field(u)
	}
	return fields
}

func (s *Server) listDeals(c *Call) error {
	var f dealFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("deals", f.Pipeline, "/", f.Stage, "/", f.State, f.Owner, f.Contact, f.Lead)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListDealPageParams{
		Pipeline: db.NullText(f.Pipeline), Stage: db.NullText(f.Stage), State: db.NullText(f.State), Owner: db.NullID(f.Owner), Contact: db.NullID(f.Contact),
		Lead: db.NullID(f.Lead), MaxRows: int32(f.limit() + 1),
	}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListDealPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list deals: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, dealView, func(d query.SalesPipeline) timePlace { return timePlace{d.CreatedAt, d.ID} }))
}

func (s *Server) readDeal(c *Call, id uuid.UUID) (DealDetail, error) {
	ctx, q := c.Ctx(), query.New()
	deal, err := q.GetDeal(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return DealDetail{}, problem.NotFound("deal", id.String())
	}
	if err != nil {
		return DealDetail{}, fmt.Errorf("read a deal: %w", err)
	}
	rules, err := deals.Kind.At(ctx, s.pool, deal.Pipeline, int(deal.PipelineVersion))
	if err != nil {
		return DealDetail{}, err
	}
	tasks, err := q.ListDealTasks(ctx, s.pool, id)
	if err != nil {
		return DealDetail{}, fmt.Errorf("read the tasks of a deal: %w", err)
	}
	history, err := q.ListDealHistory(ctx, s.pool, query.ListDealHistoryParams{DealID: id, MaxRows: historyLength})
	if err != nil {
		return DealDetail{}, fmt.Errorf("read the history of a deal: %w", err)
	}
	facts, err := dealing.Facts(ctx, s.pool, deal, tasks, s.clock.Now())
	if err != nil {
		return DealDetail{}, err
	}
	v := DealDetail{Deal: dealView(deal), Factors: []deals.Factor{}, Tasks: make([]Task, len(tasks)), History: make([]DealVerdict, len(history))}
	if err := json.Unmarshal(deal.Factors, &v.Factors); err != nil {
		return v, fmt.Errorf("read the factors of deal %s: they are damaged: %w", id, err)
	}
	if stage, known := rules.Stage(deal.Stage); known {
		v.Collateral = stage.Collateral
	}
	if next, more := rules.Next(deal.Stage); more && deal.State == deals.Open {
		v.Next = &NextStage{Stage: next.Name, Unmet: rules.Unmet(facts, next.Name)}
	}
	for i, t := range tasks {
		v.Tasks[i] = taskView(t)
	}
	for i, h := range history {
		v.History[i] = verdictView(h)
	}
	return v, nil
}
