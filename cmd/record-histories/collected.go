package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/workflows/collection"
	"github.com/perdura/perdura/workflows/receivable"
)

// swift is a dunning plan of one mail at once and another after a day; what is still owed a day later is given up.
const swift = `{"priority":0,"team":"collections","finance":"finance","grace_days":0,"promise_within":"30d","on_broken":"message",
	"steps":[{"channel":"email","tone":"friendly","wait":"0m","when":"always"},{"channel":"email","tone":"firm","wait":"1d","when":"always"}],
	"write_off":{"wait":"1d"}}`

// debtor is a customer and their invoice, as the books outside name it and as ours do.
type debtor struct {
	customer
	bill, invoice string
}

// day is a day of the house's business time, so many days ahead.
func (h *house) day(ctx context.Context, ahead int) (string, error) {
	c, err := h.Clock(ctx)
	return c.Now().AddDate(0, 0, ahead).Format(time.DateOnly), err
}

// bills writes a new customer an invoice that is due so many days ahead.
func (h *house) bills(ctx context.Context, ahead int) (d debtor, err error) {
	if d.customer, err = h.known(ctx, true); err != nil {
		return d, err
	}
	if err := h.define(ctx, "dunning-plan/standard", swift); err != nil {
		return d, err
	}
	d.bill = uuid.NewString()
	issued, err := h.day(ctx, ahead-30)
	if err != nil {
		return d, err
	}
	due, err := h.day(ctx, ahead)
	if err != nil {
		return d, err
	}
	if err := h.happens(ctx, events.InvoiceIssued.Name(), d.customer,
		fmt.Sprintf(`,"invoice_id":%q,"number":"R-1","total":{"amount_minor":12000,"currency":"EUR"},"issued_on":%q,"due_on":%q`, d.bill, issued, due)); err != nil {
		return d, err
	}
	d.invoice, err = h.first(ctx, "/v1/invoices?contact="+d.id.String())
	return d, err
}

// owes is a customer whose invoice has been due, and whose collection waits at a step.
func (h *house) owes(ctx context.Context) (debtor, string, error) {
	d, err := h.bills(ctx, -3)
	if err != nil {
		return d, "", err
	}
	return d, collection.Process.Describe().WorkflowID(d.id.String(), ""), h.waits(ctx, collection.Process.Name(), d.id.String())
}

// marks tells what happened to the invoice, from where it came.
func (h *house) marks(ctx context.Context, event string, d debtor) error {
	body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/recorder","type":%q,"subject":%q,"data":{"invoice_id":%q}}`,
		uuid.NewString(), event, d.id, d.bill)
	return h.call(ctx, http.MethodPost, "/v1/events", "application/cloudevents+json", body, nil)
}

func (h *house) pays(ctx context.Context, d debtor, minor int) error {
	return h.happens(ctx, events.PaymentReceived.Name(), d.customer,
		fmt.Sprintf(`,"payment_id":%q,"invoice_id":%q,"amount":{"amount_minor":%d,"currency":"EUR"}`, uuid.NewString(), d.bill, minor))
}

// completes waits for a task about the customer and does it.
func (h *house) completes(ctx context.Context, d debtor, outcome string) error {
	task, err := h.first(ctx, "/v1/tasks?state=open&contact="+d.id.String())
	if err != nil {
		return err
	}
	return h.finish(ctx, uuid.MustParse(task), outcome)
}

// awaiting is a scenario of an invoice that is due so many days ahead.
func awaiting(name, ending string, ahead int, days bool, follow func(context.Context, *house, debtor) error) scenario {
	return scenario{process: "receivable", name: name, ending: ending, days: days, play: func(ctx context.Context, h *house) (string, error) {
		d, err := h.bills(ctx, ahead)
		if err == nil && ahead > 0 {
			err = h.waits(ctx, receivable.Process.Name(), d.invoice)
		}
		if err == nil && follow != nil {
			err = follow(ctx, h, d)
		}
		return receivable.Process.Describe().WorkflowID(d.invoice, ""), err
	}}
}

// collecting is a scenario of a customer who owes.
func collecting(name, ending string, days bool, follow func(context.Context, *house, debtor) error) scenario {
	return scenario{process: "collection", name: name, ending: ending, days: days, play: func(ctx context.Context, h *house) (string, error) {
		d, id, err := h.owes(ctx)
		if err != nil {
			return "", err
		}
		return id, follow(ctx, h, d)
	}}
}

// proposed lets the plan run out and has the manager decide whether the debt is written off.
func proposed(verb string) func(context.Context, *house, debtor) error {
	return func(ctx context.Context, h *house, d debtor) error {
		_, err := h.decide(ctx, d.id.String(), verb)
		if err != nil || verb == "approve" {
			return err
		}
		return h.completes(ctx, d, "done") // an agency has it
	}
}

var collected = []scenario{
	awaiting("paid", receivable.Paid, 20, false, func(ctx context.Context, h *house, d debtor) error {
		if err := h.pays(ctx, d, 5_000); err != nil { // a part changes nothing yet
			return err
		}
		return h.pays(ctx, d, 7_000)
	}),
	awaiting("void", receivable.Void, 20, false, func(ctx context.Context, h *house, d debtor) error {
		return h.marks(ctx, events.InvoiceVoided.Name(), d)
	}),
	awaiting("overdue-at-once", receivable.Overdue, -3, false, nil),
	awaiting("overdue-after-days", receivable.Overdue, 2, true, nil),
	collecting("paid-after-a-reminder", collection.Settled, false, func(ctx context.Context, h *house, d debtor) error { return h.pays(ctx, d, 12_000) }),
	collecting("paid-in-parts-and-too-much", collection.Settled, false, func(ctx context.Context, h *house, d debtor) error {
		if err := h.pays(ctx, d, 5_000); err != nil {
			return err
		}
		if err := h.waits(ctx, collection.Process.Name(), d.id.String()); err != nil {
			return err
		}
		return h.pays(ctx, d, 8_000)
	}),
	collecting("disputed-and-taken-back", collection.Cancelled, false, func(ctx context.Context, h *house, d debtor) error {
		if err := h.marks(ctx, events.InvoiceDisputed.Name(), d); err != nil {
			return err
		}
		if err := h.completes(ctx, d, collection.Upheld); err != nil {
			return err
		}
		return h.marks(ctx, events.InvoiceVoided.Name(), d)
	}),
	collecting("disputed-and-paid", collection.Settled, false, func(ctx context.Context, h *house, d debtor) error {
		if err := h.marks(ctx, events.InvoiceDisputed.Name(), d); err != nil {
			return err
		}
		if err := h.completes(ctx, d, collection.Stands); err != nil {
			return err
		}
		return h.pays(ctx, d, 12_000)
	}),
	collecting("bankrupt", collection.Bankrupt, false, func(ctx context.Context, h *house, d debtor) error {
		return h.happens(ctx, events.DebtorBankrupt.Name(), d.customer, "")
	}),
	collecting("promise-broken-and-written-off", collection.WrittenOff, true, func(ctx context.Context, h *house, d debtor) error {
		on, err := h.day(ctx, 1)
		if err != nil {
			return err
		}
		if err := h.happens(ctx, events.PromiseMade.Name(), d.customer, fmt.Sprintf(`,"on":%q`, on)); err != nil {
			return err
		}
		return proposed("approve")(ctx, h, d)
	}),
	collecting("written-off", collection.WrittenOff, true, proposed("approve")),
	collecting("handed-over", collection.HandedOver, true, proposed("reject")),
}
