package api

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/money"
)

// Deal is what may be sold to somebody.
type Deal struct {
	ID              uuid.UUID         `json:"id"`
	Name            string            `json:"name"`
	Contact         uuid.UUID         `json:"contact"`
	Lead            *uuid.UUID        `json:"lead,omitempty"`
	Owner           *uuid.UUID        `json:"owner,omitempty"`
	Pipeline        string            `json:"pipeline"`
	PipelineVersion int32             `json:"pipeline_version" jsonschema_description:"of the pipeline whose rules judge the next move"`
	Stage           string            `json:"stage"`
	State           string            `json:"state" jsonschema:"enum=open,enum=closing,enum=won,enum=lost"`
	Amount          money.Amount      `json:"amount"`
	List            money.Amount      `json:"list_amount"`
	Discount        int               `json:"discount_permille" jsonschema_description:"what the amount is below the list price, in thousandths of it"`
	CloseOn         string            `json:"close_on,omitempty" jsonschema_description:"the day on which it should close"`
	Probability     int               `json:"probability_permille" jsonschema_description:"how likely it is to be won, in thousandths"`
	Category        string            `json:"forecast" jsonschema:"enum=won,enum=commit,enum=best-case,enum=pipeline,enum=omitted" jsonschema_description:"how a forecast counts it"`
	Attributes      deals.Attributes  `json:"attributes"`
	Revision        int32             `json:"revision" jsonschema_description:"of the terms"`
	StageSince      time.Time         `json:"stage_since"`
	TouchedAt       time.Time         `json:"touched_at" jsonschema_description:"of the last thing that somebody did"`
	CreatedAt       time.Time         `json:"created_at"`
	ClosedAt        *time.Time        `json:"closed_at,omitempty"`
	LossReason      string            `json:"loss_reason,omitempty"`
	Links           map[string]string `json:"links"`
}

// DealDetail is a deal with everything that is known of it.
type DealDetail struct {
	Deal
	Factors    []deals.Factor     `json:"factors" jsonschema_description:"why the probability is what it is: the effects add up to it"`
	Next       *NextStage         `json:"next,omitempty"`
	Collateral []deals.Collateral `json:"collateral,omitempty" jsonschema_description:"what helps to sell at this stage"`
	Tasks      []Task             `json:"tasks"`
	History    []DealVerdict      `json:"history" jsonschema_description:"every verdict about the deal, the newest first"`
}

// NextStage is where an open deal goes next, and what it lacks for that.
type NextStage struct {
	Stage string        `json:"stage"`
	Unmet []deals.Unmet `json:"unmet,omitempty"`
}

// DealVerdict is one request and what came of it.
type DealVerdict struct {
	No          int32        `json:"no" jsonschema_description:"verdicts fall one after the other, without gaps"`
	What        string       `json:"what" jsonschema:"enum=open,enum=move,enum=amend,enum=log,enum=work,enum=stall,enum=lose,enum=close,enum=reopen"`
	Accepted    bool         `json:"accepted"`
	Reason      string       `json:"reason,omitempty"`
	Actor       *uuid.UUID   `json:"actor,omitempty" jsonschema_description:"a user or an API key; absent for the house itself"`
	Reference   *uuid.UUID   `json:"reference,omitempty" jsonschema_description:"the interaction or task that it is about"`
	From        string       `json:"from"`
	To          string       `json:"to"`
	State       string       `json:"state"`
	Amount      money.Amount `json:"amount"`
	Before      int          `json:"probability_before_permille"`
	Probability int          `json:"probability_permille"`
	Revision    int32        `json:"revision"`
	At          time.Time    `json:"at"`
}

func dealView(d query.SalesPipeline) Deal {
	permille := dealing.Permille(d.Probability)
	v := Deal{
		ID: d.ID, Name: d.Name, Contact: d.ContactID, Lead: id(d.LeadID), Owner: id(d.OwnerID), Pipeline: d.Pipeline, PipelineVersion: d.PipelineVersion,
		Stage: d.Stage, State: d.State, Amount: money.Amount{Minor: d.AmountMinor, Currency: d.Currency},
		List: money.Amount{Minor: d.ListMinor, Currency: d.Currency}, Discount: deals.Discount(d.ListMinor, d.AmountMinor), CloseOn: day(d.CloseOn),
		Probability: permille, Category: deals.Category(d.State, permille), Attributes: deals.Attributes{}, Revision: d.Revision,
		StageSince: d.StageSince.UTC(), TouchedAt: d.TouchedAt.UTC(), CreatedAt: d.CreatedAt.UTC(), ClosedAt: utc(d.ClosedAt), LossReason: db.Text(d.LossReason),
		Links: map[string]string{
			"self": link("v1/deals", d.ID.String()), "process": link("v1/processes/deal/runs", d.ID.String()),
			"contact": link("v1/contacts", d.ContactID.String()), "pipeline": link("v1/pipelines", d.Pipeline),
		},
	}
	_ = json.Unmarshal(d.Attributes, &v.Attributes) // written by us
	if d.LeadID.Valid {
		v.Links["lead"] = link("v1/leads", d.LeadID.UUID.String())
	}
	for _, r := range dealRequests {
		if d.State == deals.Open || d.State == deals.Closing && r.whileClosing {
			v.Links[r.verb] = link("v1/deals", d.ID.String(), r.verb)
		}
	}
	return v
}

func verdictView(h query.DealHistory) DealVerdict {
	return DealVerdict{
		No: h.No, What: h.What, Accepted: h.Accepted, Reason: db.Text(h.Reason), Actor: id(h.ActorID), Reference: id(h.Reference), From: h.StageBefore,
		To: h.StageAfter, State: h.StateAfter, Amount: money.Amount{Minor: h.AmountAfter, Currency: h.Currency},
		Before: dealing.Permille(h.ProbabilityBefore), Probability: dealing.Permille(h.ProbabilityAfter), Revision: h.Revision, At: h.At.UTC(),
	}
}

func day(d pgtype.Date) string {
	if !d.Valid {
		return ""
	}
	return d.Time.Format(time.DateOnly)
}
