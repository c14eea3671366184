package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/taskrules"
)

// factsOf reads what an event concerns, and what is known of it now. A task brings along what it is about, a deal its
// lead and contact, a lead its contact. What the event names and does not exist is not known.
func factsOf(ctx context.Context, db query.DBTX, data json.RawMessage) (taskrules.Facts, taskrules.About, error) {
	f := taskrules.Facts{}
	members := map[string]json.RawMessage{}
	_ = json.Unmarshal(data, &members) // data that is no object has no members
	for name, raw := range members {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		f[taskrules.OfEvent+name] = text
	}
	about := taskrules.About{ContactID: idIn(f, "contact_id"), LeadID: idIn(f, "lead_id"), DealID: idIn(f, "deal_id")}
	for _, read := range []func(context.Context, query.DBTX, taskrules.Facts, *taskrules.About) error{ofTask, ofDeal, ofLead, ofContact} {
		if err := read(ctx, db, f, &about); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return f, about, fmt.Errorf("read the facts of an event: %w", err)
		}
	}
	return f, about, nil
}

// idIn is a member of the event's data that is an id.
func idIn(f taskrules.Facts, name string) uuid.UUID {
	id, err := uuid.Parse(f[taskrules.OfEvent+name])
	if err != nil {
		return uuid.Nil
	}
	return id
}

// fill sets an id that is not known yet.
func fill(id *uuid.UUID, found uuid.NullUUID) {
	if *id == uuid.Nil {
		*id = found.UUID
	}
}

func ofTask(ctx context.Context, db query.DBTX, f taskrules.Facts, about *taskrules.About) error {
	id := idIn(f, "task_id")
	if id == uuid.Nil {
		return nil
	}
	task, err := query.New().GetTask(ctx, db, id)
	fill(&about.DealID, task.DealID)
	fill(&about.LeadID, task.LeadID)
	fill(&about.ContactID, task.ContactID)
	return err
}

func ofDeal(ctx context.Context, db query.DBTX, f taskrules.Facts, about *taskrules.About) error {
	if about.DealID == uuid.Nil {
		return nil
	}
	deal, err := query.New().GetDealOfTask(ctx, db, about.DealID)
	if err != nil {
		return err
	}
	fill(&about.LeadID, deal.LeadID)
	fill(&about.ContactID, uuid.NullUUID{UUID: deal.ContactID, Valid: true})
	f["deal.pipeline"], f["deal.stage"], f["deal.state"], f["deal.currency"] = deal.Pipeline, deal.Stage, deal.State, deal.Currency
	f["deal.amount_minor"] = strconv.FormatInt(deal.AmountMinor, 10)
	know(f, "deal.loss_reason", deal.LossReason)
	return nil
}

func ofLead(ctx context.Context, db query.DBTX, f taskrules.Facts, about *taskrules.About) error {
	if about.LeadID == uuid.Nil {
		return nil
	}
	lead, err := query.New().GetLeadOfTask(ctx, db, about.LeadID)
	if err != nil {
		return err
	}
	fill(&about.ContactID, lead.ContactID)
	f["lead.source"], f["lead.channel"], f["lead.status"] = lead.Source, lead.Channel, lead.Status
	know(f, "lead.campaign", lead.Campaign)
	know(f, "lead.tier", lead.Tier)
	know(f, "lead.quality", lead.Quality)
	if lead.Score != nil {
		f["lead.score"] = strconv.Itoa(int(*lead.Score))
	}
	return nil
}

func ofContact(ctx context.Context, db query.DBTX, f taskrules.Facts, about *taskrules.About) error {
	if about.ContactID == uuid.Nil {
		return nil
	}
	contact, err := query.New().GetContact(ctx, db, about.ContactID)
	if err != nil {
		return err
	}
	f["contact.lifecycle"] = contact.Lifecycle
	know(f, "contact.country", contact.Country)
	know(f, "contact.language", contact.Language)
	return nil
}

func know(f taskrules.Facts, name string, value *string) {
	if value != nil {
		f[name] = *value
	}
}
