package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/perdura/perdura/money"
)

// deal is one of the ten, as its people see it.
type deal struct {
	*team
	role
	number        int
	email         string
	lead, contact string
	id            string
	owner         uuid.UUID
	unmet         string // what a refused move lacked
	stands        standing
}

// standing is a deal as the API shows it.
type standing struct {
	ID       string       `json:"id"`
	Contact  string       `json:"contact"`
	Owner    uuid.UUID    `json:"owner"`
	Stage    string       `json:"stage"`
	State    string       `json:"state"`
	Amount   money.Amount `json:"amount"`
	Discount int          `json:"discount_permille"`
	Reason   string       `json:"loss_reason"`
	History  []struct {
		Accepted bool   `json:"accepted"`
		To       string `json:"to"`
	} `json:"history"`
}

// task is work for somebody.
type task struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"`
	Assignee uuid.UUID `json:"assignee"`
}

// begin lets somebody ask for an offer. Whoever is given the lead accepts it, and the deal opens by itself.
func (d *deal) begin(ctx context.Context) error {
	l, err := send[lead](ctx, d.house, d.house.APIKey, http.MethodPost, "/v1/leads", map[string]any{
		"email": d.email, "first_name": d.first, "last_name": d.company, "company": d.company, "country": "GB", "language": "en",
		"source": "website", "channel": "form", "message": "Please send us an offer.",
	})
	if err != nil {
		return err
	}
	d.lead = l.ID
	if err := d.accept(ctx); err != nil {
		return err
	}
	if err := wait(ctx, "the deal", func() (bool, error) {
		found, err := list[standing](ctx, d.house, "/v1/deals", "lead", d.lead)
		if len(found) == 1 {
			d.id, d.contact, d.owner = found[0].ID, found[0].Contact, found[0].Owner
		}
		return d.id != "", err
	}); err != nil {
		return err
	}
	return d.ask(ctx, "amend", map[string]any{"list_amount": euros(d.list), "amount": euros(d.list)})
}

// lead is what somebody asked for, as the API shows it.
type lead struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"`
	TaskID   string    `json:"task_id"`
	Assignee uuid.UUID `json:"assignee"`
}

// accept finishes the follow-up task of the lead.
func (d *deal) accept(ctx context.Context) error {
	var l lead
	if err := wait(ctx, "the follow-up task", func() (_ bool, err error) {
		l, err = get[lead](ctx, d.house, "/v1/leads/"+d.lead)
		return l.TaskID != "", err
	}); err != nil {
		return fmt.Errorf("the lead is %s: %w", l.Status, err)
	}
	_, err := send[any](ctx, d.house, d.keys[l.Assignee], http.MethodPost, "/v1/tasks/"+l.TaskID+"/complete", map[string]string{"outcome": "accepted"})
	return err
}

// rep is the key of the owner.
func (d *deal) rep() string { return d.keys[d.owner] }

// ask has the owner ask something of the deal that must be granted.
func (d *deal) ask(ctx context.Context, verb string, request any) error {
	_, err := send[any](ctx, d.house, d.rep(), http.MethodPost, "/v1/deals/"+d.id+"/"+verb, request)
	return err
}

// stand reads how the deal stands.
func (d *deal) stand(ctx context.Context) (err error) {
	d.stands, err = get[standing](ctx, d.house, "/v1/deals/"+d.id)
	return err
}

// until waits until the deal has come to a state.
func (d *deal) until(ctx context.Context, state string) error {
	if err := wait(ctx, "the state "+state, func() (bool, error) {
		err := d.stand(ctx)
		return d.stands.State == state, err
	}); err != nil {
		return fmt.Errorf("it is %s at %s: %w", d.stands.State, d.stands.Stage, err)
	}
	return nil
}

// chores finishes what the owner has to do for the deal.
func (d *deal) chores(ctx context.Context, outcome string) error {
	open, err := list[task](ctx, d.house, "/v1/tasks", "deal", d.id, "state", "open")
	if err != nil {
		return err
	}
	for _, t := range open {
		if _, err := send[any](ctx, d.house, d.rep(), http.MethodPost, "/v1/tasks/"+t.ID+"/complete", map[string]string{"outcome": outcome}); err != nil {
			return err
		}
	}
	return nil
}
