package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/losing"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/clawback"
	"github.com/perdura/perdura/workflows/closure"
	"github.com/perdura/perdura/workflows/deal"
	"github.com/perdura/perdura/workflows/dealentry"
	"github.com/perdura/perdura/workflows/loss"
	"github.com/perdura/perdura/workflows/signature"
)

// way takes a new sale somewhere and returns the subject of the run to record.
type way func(ctx context.Context, h *house, s sale) (subject string, err error)

// selling is a scenario of the run of a process that a sale brings.
func selling(folder, name, ending, process string, days bool, follow way) scenario {
	return scenario{process: folder, name: name, ending: ending, days: days, play: func(ctx context.Context, h *house) (string, error) {
		s, err := h.sell(ctx)
		if err != nil {
			return "", err
		}
		subject, err := follow(ctx, h, s)
		if err != nil {
			return "", err
		}
		return h.runOf(ctx, process, subject)
	}}
}

// won takes a deal to its end: 5 % off need nobody's approval, 20 % the manager's.
func won(discount int, verb string) way {
	return func(ctx context.Context, h *house, s sale) (string, error) {
		if err := h.advance(ctx, s, discount); err != nil {
			return "", err
		}
		if verb != "" {
			if _, err := h.decide(ctx, s.deal, verb); err != nil || verb == "reject" {
				return s.deal, err
			}
		}
		_, err := h.signs(ctx, s)
		return s.deal, err
	}
}

func declined(ctx context.Context, h *house, s sale) (string, error) {
	if err := h.advance(ctx, s, 50); err != nil {
		return "", err
	}
	return s.deal, h.declines(ctx, s)
}

// unsigned leaves the contract lying.
func unsigned(ctx context.Context, h *house, s sale) (string, error) {
	return s.deal, h.advance(ctx, s, 50)
}

// sentOut lets the customer have the contract, and returns it.
func sentOut(ctx context.Context, h *house, s sale) (string, error) {
	if err := h.advance(ctx, s, 50); err != nil {
		return "", err
	}
	if _, err := h.find(ctx, s.customer, contractLink); err != nil {
		return "", err
	}
	return h.first(ctx, "/v1/contracts?deal="+s.deal)
}

func voided(ctx context.Context, h *house, s sale) (string, error) {
	contract, err := sentOut(ctx, h, s)
	if err != nil {
		return "", err
	}
	return s.deal, h.post(ctx, "/v1/contracts/"+contract+"/void", "", nil)
}

// lowered changes the price of a deal whose contract is out to one that the manager refuses.
func lowered(ctx context.Context, h *house, s sale) (string, error) {
	if _, err := sentOut(ctx, h, s); err != nil {
		return "", err
	}
	if err := h.amend(ctx, s, 200); err != nil {
		return "", err
	}
	_, err := h.decide(ctx, s.deal, "reject")
	return s.deal, err
}

// raised changes the price that the manager is asked about to one that nobody need approve, and returns the approval.
func raised(ctx context.Context, h *house, s sale) (string, error) {
	approval, err := decided("")(ctx, h, s)
	if err != nil {
		return "", err
	}
	return approval, h.amend(ctx, s, 50)
}

func raisedAndWon(ctx context.Context, h *house, s sale) (string, error) {
	if _, err := raised(ctx, h, s); err != nil {
		return "", err
	}
	_, err := h.signs(ctx, s)
	return s.deal, err
}

// busy keeps so many interactions that the run of the deal goes on as a new one.
func busy(ctx context.Context, h *house, s sale) (string, error) {
	return s.deal, h.until(ctx, func() (bool, error) {
		if err := h.post(ctx, "/v1/deals/"+s.deal+"/log", `{"kind":"call"}`, nil); err != nil {
			return false, err
		}
		run, err := h.temporal.DescribeWorkflowExecution(ctx, deal.Process.Describe().WorkflowID(s.deal, ""), "")
		info := run.GetWorkflowExecutionInfo()
		return info.GetExecution().GetRunId() != info.GetFirstRunId(), err
	})
}

func busyAndLost(ctx context.Context, h *house, s sale) (string, error) {
	if _, err := busy(ctx, h, s); err != nil {
		return "", err
	}
	return lost(ctx, h, s)
}

// forgotten leaves the deal lying until the owner and the manager were called to it, and gives it up.
func forgotten(ctx context.Context, h *house, s sale) (string, error) {
	err := h.until(ctx, func() (bool, error) {
		var page struct{ Items []struct{ Kind string } }
		err := h.call(ctx, http.MethodGet, "/v1/tasks?state=open&deal="+s.deal, "application/json", "", &page)
		return slices.Contains(page.Items, struct{ Kind string }{"deal-stalled"}), err
	})
	if err != nil {
		return "", err
	}
	return lost(ctx, h, s)
}

func lost(ctx context.Context, h *house, s sale) (string, error) {
	return s.deal, h.post(ctx, "/v1/deals/"+s.deal+"/lose", `{"reason":"no-budget"}`, nil)
}

// contractOf goes a way and speaks of the deal's contract.
func contractOf(follow way) way {
	return func(ctx context.Context, h *house, s sale) (string, error) {
		if _, err := follow(ctx, h, s); err != nil {
			return "", err
		}
		return h.first(ctx, "/v1/contracts?deal="+s.deal)
	}
}

// decided asks for a price, and for the manager's verdict unless verb is empty.
func decided(verb string) way {
	return func(ctx context.Context, h *house, s sale) (string, error) {
		if err := h.advance(ctx, s, 200); err != nil {
			return "", err
		}
		return h.decide(ctx, s.deal, verb)
	}
}

func choreOf(outcome string) way {
	return func(ctx context.Context, h *house, s sale) (string, error) {
		task, err := h.chore(ctx, s)
		if err == nil && outcome != "" {
			err = h.finish(ctx, task, outcome)
		}
		return task.String(), err
	}
}

func refunded(ctx context.Context, h *house, s sale) (string, error) {
	if _, err := won(50, "")(ctx, h, s); err != nil {
		return "", err
	}
	run, err := h.runOf(ctx, closure.Process.Name(), s.deal)
	if err != nil {
		return "", err
	}
	if err := h.ended(ctx, run, closure.Won); err != nil {
		return "", err
	}
	body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/recorder","type":%q,"subject":%q,"data":{"deal_id":%q,"amount_minor":1000}}`,
		uuid.NewString(), events.DealRefunded.Name(), s.deal, s.deal)
	return s.deal, h.call(ctx, http.MethodPost, "/v1/events", "application/cloudevents+json", body, nil)
}

var sold = []scenario{
	selling("work", "task-completed", work.Completed, work.Process.Name(), false, choreOf("done")),
	selling("work", "task-unattended", work.Unattended, work.Process.Name(), true, choreOf("")),
	selling("work", "approval-approved", work.Approved, work.Approval.Name(), false, decided("approve")),
	selling("work", "approval-rejected", work.Rejected, work.Approval.Name(), false, decided("reject")),
	selling("work", "approval-expired", work.Expired, work.Approval.Name(), true, decided("")),
	selling("work", "approval-voided", work.Voided, work.Approval.Name(), false, raised),
	selling("dealentry", "opened", dealing.DealOpened, dealentry.Process.Name(), false, func(_ context.Context, _ *house, s sale) (string, error) { return s.lead, nil }),
	selling("deal", "won", deals.Won, deal.Process.Name(), false, won(50, "")),
	selling("deal", "lost", deals.Lost, deal.Process.Name(), false, lost),
	selling("deal", "stalled-and-lost", deals.Lost, deal.Process.Name(), true, forgotten),
	selling("deal", "goes-on-as-a-new-run", continues, deal.Process.Name(), false, busy),
	selling("deal", "lost-in-the-second-run", deals.Lost, deal.Process.Name(), false, busyAndLost),
	selling("closure", "won", closure.Won, closure.Process.Name(), false, won(50, "")),
	selling("closure", "won-after-approval", closure.Won, closure.Process.Name(), false, won(200, "approve")),
	selling("closure", "back-price-rejected", closure.Back, closure.Process.Name(), false, won(200, "reject")),
	selling("closure", "back-after-the-price-changed", closure.Back, closure.Process.Name(), false, lowered),
	selling("closure", "won-after-the-price-changed", closure.Won, closure.Process.Name(), false, raisedAndWon),
	selling("closure", "back-contract-withdrawn", closure.Back, closure.Process.Name(), false, voided),
	selling("closure", "lost-declined", closure.Lost, closure.Process.Name(), false, declined),
	selling("closure", "back-unsigned", closure.Back, closure.Process.Name(), true, unsigned),
	selling("signature", "signed", signature.Signed, signature.Process.Name(), false, contractOf(won(50, ""))),
	selling("signature", "withdrawn", signature.Withdrawn, signature.Process.Name(), false, contractOf(voided)),
	selling("signature", "declined", signature.Declined, signature.Process.Name(), false, contractOf(declined)),
	selling("signature", "expired", signature.Expired, signature.Process.Name(), true, contractOf(unsigned)),
	selling("clawback", "clawed-back", commissioning.ClawedBack, clawback.Process.Name(), false, refunded),
	selling("loss", "recycled", losing.Recycled, loss.Process.Name(), false, lost),
}
