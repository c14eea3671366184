package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/work"
)

// sale is a deal that a scenario takes along, with its customer.
type sale struct {
	customer
	lead, deal string
}

// sell lets sales accept a lead, which makes a deal of it.
func (h *house) sell(ctx context.Context) (sale, error) {
	if err := h.define(ctx, "contact-policy/default", patient); err != nil {
		return sale{}, err
	}
	email, name := somebody()
	l, err := h.submit(ctx, form(email, name, `,"company":"Example Ltd","country":"GB"`), "captured")
	if err != nil {
		return sale{}, err
	}
	s := sale{customer: customer{l.Contact, email}, lead: l.ID.String()}
	if err := h.finish(ctx, l.TaskID, "accepted"); err != nil {
		return s, err
	}
	if s.deal, err = h.first(ctx, "/v1/deals?contact="+l.Contact.String()); err != nil {
		return s, err
	}
	return s, h.until(ctx, func() (bool, error) { // its run begins
		answer, err := h.Call(ctx, http.MethodPost, h.API+"/v1/deals/"+s.deal+"/log", map[string]string{"kind": "call"})
		return answer.Status < http.StatusInternalServerError, err
	})
}

// first waits until a list has an entry, and returns the id of its first.
func (h *house) first(ctx context.Context, path string) (id string, err error) {
	err = h.until(ctx, func() (bool, error) {
		var page struct{ Items []struct{ ID string } }
		if err := h.call(ctx, http.MethodGet, path, "application/json", "", &page); err != nil || len(page.Items) == 0 {
			return false, err
		}
		id = page.Items[0].ID
		return true, nil
	})
	return id, err
}

// runOf waits for a run about a subject, and returns its workflow ID.
func (h *house) runOf(ctx context.Context, name, subject string) (string, error) {
	id, err := h.first(ctx, "/v1/processes/"+name+"/runs?subject="+subject)
	return name + ":" + id, err
}

// chore is the open task of the deal.
func (h *house) chore(ctx context.Context, s sale) (uuid.UUID, error) {
	id, err := h.first(ctx, "/v1/tasks?state=open&deal="+s.deal)
	if err != nil {
		return uuid.Nil, err
	}
	return uuid.Parse(id)
}

// amend gives the deal what the stages want to know, and a price with a discount.
func (h *house) amend(ctx context.Context, s sale, discountPermille int) error {
	const list = 500_000
	terms := fmt.Sprintf(`{"attributes":{"need":"seats","budget_confirmed":true,"decision_maker":"known"},
		"list_amount":{"amount_minor":%d,"currency":"EUR"},"amount":{"amount_minor":%d,"currency":"EUR"}}`, list, list*(1000-discountPermille)/1000)
	return h.post(ctx, "/v1/deals/"+s.deal+"/amend", terms, nil)
}

// advance takes the deal to the last stage with a discount, doing whatever the stages ask for.
func (h *house) advance(ctx context.Context, s sale, discountPermille int) error {
	if err := h.amend(ctx, s, discountPermille); err != nil {
		return err
	}
	if err := h.post(ctx, "/v1/deals/"+s.deal+"/log", `{"kind":"call"}`, nil); err != nil {
		return err
	}
	for _, stage := range []string{"needs-analysis", "proposal", "negotiation", "closing"} {
		var open struct{ Items []struct{ ID uuid.UUID } }
		if err := h.call(ctx, http.MethodGet, "/v1/tasks?state=open&deal="+s.deal, "application/json", "", &open); err != nil {
			return err
		}
		for _, task := range open.Items {
			if err := h.finish(ctx, task.ID, "done"); err != nil {
				return err
			}
		}
		if err := h.post(ctx, "/v1/deals/"+s.deal+"/move", fmt.Sprintf(`{"to":%q}`, stage), nil); err != nil {
			return err
		}
	}
	return nil
}

// decide has the manager decide on what is asked about a subject, and returns the approval.
func (h *house) decide(ctx context.Context, subject, verb string) (id string, err error) {
	hash, user := "", ""
	err = h.until(ctx, func() (bool, error) {
		var page struct {
			Items []struct {
				ID          string `json:"id"`
				SubjectID   string `json:"subject_id"`
				ContentHash string `json:"content_hash"`
				Seats       []struct {
					User string `json:"user"`
				} `json:"seats"`
			}
		}
		err := h.call(ctx, http.MethodGet, "/v1/approvals?state=open", "application/json", "", &page)
		for _, a := range page.Items {
			if a.SubjectID == subject {
				id, hash, user = a.ID, a.ContentHash, a.Seats[0].User
			}
		}
		return id != "", err
	})
	if err == nil {
		err = h.waits(ctx, work.Approval.Name(), id) // whoever decides at once leaves it nothing to do
	}
	if err != nil || verb == "" {
		return id, err
	}
	key, err := h.keyOf(ctx, user)
	if err != nil {
		return id, err
	}
	answer, err := h.Call(ctx, http.MethodPost, h.API+"/v1/approvals/"+id+"/"+verb,
		map[string]string{"content_hash": hash, "reason": "recorded"}, "Authorization", "Bearer "+key)
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("the decision was answered with %d: %s", answer.Status, answer.Body)
	}
	return id, err
}

// keyOf makes a key of a user, as the command `perdura keys create --user` does.
func (h *house) keyOf(ctx context.Context, user string) (string, error) {
	pool, err := db.Open(ctx, h.DatabaseURL, 2)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	_, secret, err := access.NewKeys(pool, clock.Clock{}).CreateFor(ctx, audit.Record{ActorKind: audit.System, ActorID: "recorder"},
		user, "recorder", []string{"approvals:read", "approvals:decide"}, time.Time{})
	return secret, err
}

// What the customer finds in their mails.
var (
	contractLink = regexp.MustCompile(`/k/[\w-]+`)
	oneTimeCode  = regexp.MustCompile(`\b\d{6}\b`)
)

// signs has the customer sign and our side sign after them; it returns the contract.
func (h *house) signs(ctx context.Context, s sale) (string, error) {
	path, err := h.find(ctx, s.customer, contractLink)
	if err != nil {
		return "", err
	}
	const form = "application/x-www-form-urlencoded"
	if err := h.call(ctx, http.MethodPost, path, form, "do=code", nil); err != nil {
		return "", err
	}
	code, err := h.find(ctx, s.customer, oneTimeCode)
	if err != nil {
		return "", err
	}
	if err := h.call(ctx, http.MethodPost, path, form, "do=sign&name=Ada+Example&agree=yes&code="+code, nil); err != nil {
		return "", err
	}
	contract, err := h.first(ctx, "/v1/contracts?state=signed&deal="+s.deal)
	if err != nil {
		return "", errors.Join(errors.New("the customer's signature did not count"), err)
	}
	return contract, h.post(ctx, "/v1/contracts/"+contract+"/countersign", "", nil)
}

// declines has the customer say no.
func (h *house) declines(ctx context.Context, s sale) error {
	path, err := h.find(ctx, s.customer, contractLink)
	if err != nil {
		return err
	}
	return h.call(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", "do=decline&reason=price", nil)
}
