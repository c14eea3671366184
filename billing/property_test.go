package billing_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
)

// Whatever is told, in whatever order and however often: nothing is lost, made, or mixed with another currency.
func TestTheSumsAlwaysHold(t *testing.T) {
	t.Parallel()
	b := open(t)
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		b.who = b.person()
		name := func(kind string, i int) string { return fmt.Sprintf("%s%d-%d", kind, round, i) }
		amount := func(currency string) money.Amount {
			return money.Amount{Minor: rapid.Int64Range(1, 500).Draw(r, "minor"), Currency: currency}
		}
		var told []inbox.Event
		n := rapid.IntRange(1, 14).Draw(r, "events")
		for i := range n {
			k := rapid.IntRange(0, 3).Draw(r, "which")
			currency := []string{"EUR", "JPY"}[k%2] // an invoice and the payments that name it have one currency
			id := name("e", i)
			switch rapid.IntRange(0, 6).Draw(r, "kind") {
			case 0, 1:
				due := fmt.Sprintf("2026-03-%02d", rapid.IntRange(1, 28).Draw(r, "due"))
				told = append(told, event(id, events.InvoiceIssued, b.invoice(name("i", k), amount(currency), due)))
			case 2:
				told = append(told, event(id, events.PaymentReceived, events.Payment{PaymentID: name("p", i%6), InvoiceID: name("i", k), Amount: amount(currency)}))
			case 3:
				told = append(told, event(id, events.PaymentReceived, events.Payment{PaymentID: name("p", i%6), ContactID: b.who, Amount: amount(currency)}))
			case 4:
				told = append(told, event(id, events.PaymentRefunded, events.PaymentRefund{PaymentID: name("p", rapid.IntRange(0, 5).Draw(r, "payment")), RefundID: name("r", i),
					Amount: amount(currency), Settled: rapid.Bool().Draw(r, "settled")}))
			case 5:
				told = append(told, event(id, events.InvoiceCredited, events.InvoiceCredit{InvoiceID: name("i", k), CreditID: name("c", i), Amount: amount(currency)}))
			case 6:
				told = append(told, event(id, events.InvoiceVoided, events.InvoiceMark{InvoiceID: name("i", k)}))
			}
		}
		told = append(told, rapid.SliceOfN(rapid.SampledFrom(told), 0, 4).Draw(r, "repeats")...)
		for _, e := range rapid.Permutation(told).Draw(r, "order") {
			var wrong *billing.InvalidError
			if err := b.accept(e); err != nil && !errors.As(err, &wrong) {
				r.Fatalf("%s: %v", e.Type, err)
			}
		}
		b.holds(r)
	})
}

// holds checks the sums of one account, past the constraints.
func (b *books) holds(r *rapid.T) {
	for name, sql := range map[string]string{
		"paid is what was allocated": `select count(*) from invoices i where paid_minor <> (select coalesce(sum(amount_minor), 0) from payment_allocations where invoice_id = i.id)`,
		"nothing is overpaid":        `select count(*) from invoices where paid_minor + credited_minor > total_minor`,
		"a payment goes nowhere twice": `select count(*) from payments p where allocated_minor <> (select coalesce(sum(amount_minor), 0) from payment_allocations where payment_id = p.id)
			or refunded_minor <> (select coalesce(sum(amount_minor), 0) from payment_refunds where payment_id = p.id) or allocated_minor + refunded_minor > amount_minor`,
		"currencies do not mix": `select count(*) from payment_allocations a join invoices i on i.id = a.invoice_id join payments p on p.id = a.payment_id where i.currency <> p.currency or a.currency <> p.currency`,
		"no money lies idle while something is owed": `select count(*) from payments p join invoices i on i.contact_id = p.contact_id and i.currency = p.currency and i.state = 'open'
			where p.allocated_minor + p.refunded_minor < p.amount_minor and (p.invoice_ref = '' or exists (select 1 from invoices n where n.source = p.source and n.external_id = p.invoice_ref))`,
	} {
		var n int
		if err := b.pool.QueryRow(b.Context(), sql).Scan(&n); err != nil {
			r.Fatal(err)
		}
		if n != 0 {
			r.Fatalf("%s: %d rows do not", name, n)
		}
	}
}

// The database itself refuses books that do not add up.
func TestTheDatabaseRefusesWrongSums(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-03-10"))
	for _, sql := range []string{
		`update invoices set paid_minor = 10`,
		`update invoices set paid_minor = 1001`,
		`update invoices set state = 'paid'`,
		`update invoices set credited_minor = -1`,
	} {
		_, err := b.pool.Exec(t.Context(), sql)
		require.Error(t, err, sql)
	}
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: "a", Amount: eur(400)})
	_, err := b.pool.Exec(t.Context(), `update payment_allocations set amount_minor = 399`)
	require.Error(t, err)
	_, err = b.pool.Exec(t.Context(), `delete from payment_allocations`)
	require.Error(t, err)
	_, err = b.pool.Exec(t.Context(), `update payments set currency = 'USD'`)
	require.Error(t, err)
	dbtest.Exec(t, b.pool, `update invoices set number = 'R-1'`)
}
