package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/perdura/perdura/money"
)

// contract is a contract as the API shows it.
type contract struct {
	ID     string       `json:"id"`
	State  string       `json:"state"`
	Amount money.Amount `json:"amount"`
	Reason string       `json:"reason"`
	SHA256 string       `json:"document_sha256"`
}

// approval is a decision that somebody has to take.
type approval struct {
	ID          string          `json:"id"`
	SubjectID   string          `json:"subject_id"`
	State       string          `json:"state"`
	Content     json.RawMessage `json:"content"`
	ContentHash string          `json:"content_hash"`
}

// close goes from the closing to the end of the deal.
func (d *deal) close(ctx context.Context) error {
	if d.turn == refused {
		if err := d.decide(ctx, "reject", "too much for a first order"); err != nil {
			return err
		}
		if err := d.back(ctx); err != nil {
			return err
		}
		if err := d.offer(ctx, bandMiddle); err != nil {
			return err
		}
	} else if d.discount > band {
		if err := d.decide(ctx, "approve", "within this year's plan"); err != nil {
			return err
		}
	}
	switch d.turn {
	case expires:
		if err := d.back(ctx); err != nil {
			return err
		}
		return d.lose(ctx, "no-decision")
	case declines:
		if err := d.decline(ctx, "price"); err != nil {
			return err
		}
		return d.until(ctx, "lost")
	}
	if err := d.sign(ctx); err != nil {
		return err
	}
	if err := d.countersign(ctx); err != nil {
		return err
	}
	if err := d.until(ctx, "won"); err != nil {
		return err
	}
	d.say("%s: won", d.company)
	if d.turn == refunds {
		return d.refund(ctx)
	}
	return nil
}

// decide has the manager read what is to be approved, and say yes or no to exactly that.
func (d *deal) decide(ctx context.Context, verb, reason string) error {
	var asked approval
	if err := wait(ctx, "the question to the manager", func() (bool, error) {
		open, err := list[approval](ctx, d.house, "/v1/approvals", "state", "open", "assignee", d.manager.String())
		for _, a := range open {
			if a.SubjectID == d.id {
				asked = a
			}
		}
		return asked.ID != "", err
	}); err != nil {
		return err
	}
	d.rest(decision)
	var content struct {
		Minor    int64 `json:"amount_minor"`
		Discount int   `json:"discount_permille"`
	}
	if err := json.Unmarshal(asked.Content, &content); err != nil {
		return err
	}
	if content.Minor != d.at(d.discount) || content.Discount != d.discount {
		return fmt.Errorf("the manager is asked about another price: %s", asked.Content)
	}
	_, err := send[any](ctx, d.house, d.keys[d.manager], http.MethodPost, "/v1/approvals/"+asked.ID+"/"+verb,
		map[string]string{"content_hash": asked.ContentHash, "reason": reason})
	if err == nil {
		d.say("%s: the manager says %s: %s", d.company, verb, reason)
	}
	return err
}

// back waits until the deal has come back from its closing, and takes note of why.
func (d *deal) back(ctx context.Context) error {
	if err := d.until(ctx, "open"); err != nil {
		return err
	}
	d.say("%s: back at %s", d.company, d.stands.Stage)
	return d.chores(ctx, "seen")
}

// countersign signs for our side once the customer has.
func (d *deal) countersign(ctx context.Context) error {
	var signed []contract
	if err := wait(ctx, "the customer's signature", func() (_ bool, err error) {
		signed, err = list[contract](ctx, d.house, "/v1/contracts", "deal", d.id, "state", "signed")
		return len(signed) == 1, err
	}); err != nil {
		return err
	}
	d.rest(signature)
	_, err := send[any](ctx, d.house, d.rep(), http.MethodPost, "/v1/contracts/"+signed[0].ID+"/countersign", nil)
	return err
}

// refund tells, as finance does, that the customer got money back, and waits until commission was clawed back for it.
func (d *deal) refund(ctx context.Context) error {
	d.rest(decision)
	if _, err := send[any](ctx, d.house, d.house.APIKey, http.MethodPost, "/v1/events", map[string]any{
		"specversion": "1.0", "id": "refund-" + d.id, "source": "https://finance.example.com", "type": "deal.refunded", "subject": d.id,
		"data": map[string]any{"deal_id": d.id, "amount_minor": refund(d.stands.Amount)},
	}, "Content-Type", "application/cloudevents+json"); err != nil {
		return err
	}
	began := time.Now()
	err := wait(ctx, "the claw-back", func() (bool, error) {
		rows, err := list[earning](ctx, d.house, "/v1/commissions", "deal", d.id)
		return len(rows) > 2, err
	})
	if err == nil {
		d.say("%s: %s went back to the customer, and commission was clawed back %s later", d.company, euros(refund(d.stands.Amount)), time.Since(began).Round(time.Millisecond))
	}
	return err
}
