package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// band is the discount of the standard pipeline, in thousandths, that needs nobody's approval.
const band = 100

// way is what an owner does for a deal at one stage after the other, beside the tasks of the stage.
var way = []struct {
	talk  string         // with the customer
	learn map[string]any // what was learned by it
	to    string         // the next stage
}{
	{"call", map[string]any{"need": "supply"}, "needs-analysis"},
	{"", map[string]any{"budget_confirmed": true}, "proposal"},
	{"meeting", map[string]any{"decision_maker": "known"}, "negotiation"},
}

// How long people take, in business days.
const (
	stagger   = 0.3 // between one deal and the next
	stageTime = 0.5 // for one stage
	decision  = 0.4 // of the manager, and of the customer
	signature = 0.2 // of our side
)

// rest lets business days pass.
func (d *deal) rest(days float64) { time.Sleep(d.real(days)) }

// live takes the deal to its end. Whoever never signs is the first, because the others need not wait for it then.
func (d *deal) live(ctx context.Context) error {
	if d.turn != expires {
		d.rest(stagger * float64(d.number))
	}
	if d.turn == stumbles {
		if err := d.stumble(ctx); err != nil {
			return err
		}
	}
	for _, stage := range way {
		if d.turn == early && stage.to == "proposal" {
			return d.lose(ctx, "no-budget")
		}
		d.rest(stageTime)
		if err := d.chores(ctx, "done"); err != nil {
			return err
		}
		if stage.talk != "" {
			if err := d.ask(ctx, "log", map[string]string{"kind": stage.talk}); err != nil {
				return err
			}
		}
		if err := d.ask(ctx, "amend", map[string]any{"attributes": stage.learn}); err != nil {
			return err
		}
		if err := d.ask(ctx, "move", map[string]string{"to": stage.to}); err != nil {
			return err
		}
	}
	if err := d.offer(ctx, d.discount); err != nil {
		return err
	}
	return d.close(ctx)
}

// stumble moves the deal on before anything was done for it: that is refused, with everything that it lacks.
func (d *deal) stumble(ctx context.Context) error {
	answer, err := d.house.call(ctx, d.rep(), http.MethodPost, "/v1/deals/"+d.id+"/move", map[string]string{"to": "needs-analysis"})
	if err != nil {
		return err
	}
	var problem struct {
		Errors []struct {
			Field   string `json:"field"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := answer.Decode(&problem); err != nil {
		return err
	}
	if answer.Status != http.StatusConflict || len(problem.Errors) == 0 {
		return fmt.Errorf("a move before its time was answered with %d %s", answer.Status, answer.Body)
	}
	var fields, messages []string
	for _, e := range problem.Errors {
		fields, messages = append(fields, e.Field), append(messages, e.Field+" "+e.Message)
	}
	d.unmet = strings.Join(fields, ", ")
	d.say("%s: the move to needs-analysis is refused: %s", d.company, strings.Join(messages, "; "))
	return nil
}

// offer makes the price that the customer gets, and takes the deal to its closing.
func (d *deal) offer(ctx context.Context, discount int) error {
	d.rest(stageTime)
	if err := d.chores(ctx, "done"); err != nil {
		return err
	}
	if discount > 0 {
		if err := d.ask(ctx, "amend", map[string]any{"amount": euros(d.at(discount))}); err != nil {
			return err
		}
	}
	d.say("%s: closing at %s, %.1f %% below the list", d.company, euros(d.at(discount)), float64(discount)/10)
	return d.ask(ctx, "move", map[string]string{"to": "closing"})
}

// lose has the owner give the deal up.
func (d *deal) lose(ctx context.Context, reason string) error {
	d.say("%s: given up: %s", d.company, reason)
	if err := d.ask(ctx, "lose", map[string]string{"reason": reason}); err != nil {
		return err
	}
	return d.until(ctx, "lost")
}
