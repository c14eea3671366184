package billing_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
)

func TestAPaymentPaysWhatItNamesThenWhatIsDueFirst(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("late", eur(1000), "2026-03-20"))
	must(b, events.InvoiceIssued, b.invoice("early", eur(1000), "2026-03-10"))
	must(b, events.InvoiceIssued, b.invoice("yen", money.Amount{Minor: 1000, Currency: "JPY"}, "2026-03-01"))
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p1", InvoiceID: "late", Amount: eur(1100)})
	b.stands("late", billing.Paid, 1000, 0)
	b.stands("early", billing.Open, 100, 0)
	b.stands("yen", billing.Open, 0, 0)
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p2", ContactID: b.who, Amount: eur(1500)})
	b.stands("early", billing.Paid, 1000, 0)
	require.Equal(t, []money.Amount{eur(600)}, b.account().Credits)
	must(b, events.InvoiceIssued, b.invoice("next", eur(1000), "2026-04-10"))
	b.stands("next", billing.Open, 600, 0)
	require.Empty(t, b.account().Credits, "the next invoice took the credit")
	require.Equal(t, []billing.Total{{Currency: "JPY", Open: 1000, Overdue: 1000}, {Currency: "EUR", Open: 400}}, b.account().Totals)
}

func TestAPaymentMayComeBeforeItsInvoice(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("other", eur(500), "2026-03-01"))
	must(b, events.PaymentReceived, events.Payment{PaymentID: "nobody", InvoiceID: "a", Amount: eur(300)})
	must(b, events.PaymentReceived, events.Payment{PaymentID: "theirs", ContactID: b.who, InvoiceID: "a", Amount: eur(800)})
	b.stands("other", billing.Open, 0, 0)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-03-10"))
	b.stands("a", billing.Paid, 1000, 0)
	b.stands("other", billing.Open, 100, 0)
	require.Error(t, tell(b, events.PaymentRefunded, events.PaymentRefund{PaymentID: "unknown", RefundID: "r", Amount: eur(1)}))
}

func TestMoneyThatGoesBackIsOwedAgain(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-03-10"))
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: "a", Amount: eur(1200)})
	must(b, events.PaymentRefunded, events.PaymentRefund{PaymentID: "p", RefundID: "r1", Amount: eur(500)})
	b.stands("a", billing.Open, 700, 0)
	require.Empty(t, b.account().Credits, "what was free went first")
	require.Equal(t, 2, b.heard(events.InvoiceBooked.Name()), "it is waited for again")
	must(b, events.PaymentRefunded, events.PaymentRefund{PaymentID: "p", RefundID: "r1", Amount: eur(500)})
	b.stands("a", billing.Open, 700, 0)
	must(b, events.PaymentRefunded, events.PaymentRefund{PaymentID: "p", RefundID: "r2", Amount: eur(200), Settled: true})
	b.stands("a", billing.Open, 500, 200)
	require.Error(t, tell(b, events.PaymentRefunded, events.PaymentRefund{PaymentID: "p", RefundID: "r3", Amount: eur(501)}), "more than is left")
	b.stands("a", billing.Open, 500, 200)
}

func TestVoidedAndCredited(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-03-10"))
	must(b, events.InvoiceIssued, b.invoice("b", eur(1000), "2026-04-10"))
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: "a", Amount: eur(600)})
	must(b, events.InvoiceCredited, events.InvoiceCredit{InvoiceID: "a", CreditID: "c", Amount: eur(700)})
	b.stands("a", billing.Paid, 300, 700)
	b.stands("b", billing.Open, 300, 0)
	must(b, events.InvoiceVoided, events.InvoiceMark{InvoiceID: "a"})
	b.stands("a", billing.Void, 0, 700)
	b.stands("b", billing.Open, 600, 0)
	must(b, events.InvoiceIssued, b.invoice("a", eur(2000), "2026-03-10"))
	b.stands("a", billing.Void, 0, 700)
	require.Error(t, tell(b, events.InvoiceCredited, events.InvoiceCredit{InvoiceID: "b", CreditID: "c2", Amount: eur(1001)}))
}

func TestWrongEventsAreRefusedWithTheirField(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-03-10"))
	other := b.person()
	for field, err := range map[string]error{
		"contact_id":         tell(b, events.InvoiceIssued, events.Invoice{InvoiceID: "x", ContactID: uuid.New(), Total: eur(1), IssuedOn: "2026-01-01", DueOn: "2026-01-01"}),
		"due_on":             tell(b, events.InvoiceIssued, b.invoice("x", eur(1), "2026-02-30")),
		"total.amount_minor": tell(b, events.InvoiceIssued, b.invoice("x", eur(-1), "2026-02-03")),
		"total.currency":     tell(b, events.InvoiceIssued, b.invoice("x", money.Amount{Minor: 1, Currency: "QQQ"}, "2026-02-03")),
		"amount.currency":    tell(b, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: "a", Amount: money.Amount{Minor: 1, Currency: "USD"}}),
		"invoice_id":         tell(b, events.InvoiceVoided, events.InvoiceMark{InvoiceID: "nothing"}),
		"payment_id":         tell(b, events.PaymentRefunded, events.PaymentRefund{PaymentID: "nothing", RefundID: "r", Amount: eur(1)}),
		"on":                 tell(b, events.PromiseMade, events.Promise{ContactID: b.who, On: "soon"}),
	} {
		var wrong *billing.InvalidError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
	require.ErrorContains(t, tell(b, events.PaymentReceived, events.Payment{PaymentID: "p", ContactID: other, InvoiceID: "a", Amount: eur(1)}), "contact_id")
	require.Equal(t, 1, b.heard(events.AccountChanged.Name()), "nothing of a refused event is kept")
}

func TestPromisesAndStanding(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-02-20"))
	before := b.account().Token
	must(b, events.PromiseMade, events.Promise{ContactID: b.who, On: "2026-03-05"})
	stands, err := before.Stands(t.Context(), b.pool)
	require.NoError(t, err)
	require.False(t, stands, "every change moves the fence")
	must(b, events.PromiseMade, events.Promise{ContactID: b.who, On: "2026-03-06"})
	must(b, events.InvoiceDisputed, events.InvoiceMark{InvoiceID: "a", Reason: "wrong-amount"})
	a := b.account()
	require.Equal(t, []string{billing.PromiseReplaced, billing.PromiseOpen}, []string{a.Promises[0].State, a.Promises[1].State})
	require.True(t, a.Invoices[0].Disputed)
	require.Equal(t, 10, a.Invoices[0].DaysDue)
	must(b, events.DisputeSettled, events.InvoiceMark{InvoiceID: "a"})
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: "a", Amount: eur(1000)})
	a = b.account()
	require.Equal(t, billing.PromiseKept, a.Promises[1].State)
	must(b, events.DebtorBankrupt, events.Debtor{ContactID: b.who})
	require.True(t, b.account().Bankrupt)
	changes := b.heard(events.AccountChanged.Name())
	must(b, events.DebtorBankrupt, events.Debtor{ContactID: b.who})
	require.Equal(t, changes, b.heard(events.AccountChanged.Name()), "nothing has changed")
	must(b, events.DebtorSolvent, events.Debtor{ContactID: b.who})
	require.False(t, b.account().Bankrupt)
}

func TestWhatIsWrittenOffMayStillBePaid(t *testing.T) {
	t.Parallel()
	b := open(t)
	must(b, events.InvoiceIssued, b.invoice("a", eur(1000), "2026-02-20"))
	id := b.account().Invoices[0].ID
	require.NoError(t, db.InTx(t.Context(), b.pool, func(tx pgx.Tx) error {
		follow, err := billing.WriteOff(t.Context(), tx, noon, clerk, "key", b.who, id, uuid.New())
		require.NoError(t, err)
		require.Len(t, follow, 2)
		_, err = inbox.Accept(t.Context(), tx, noon, follow...)
		return err
	}))
	b.stands("a", billing.WrittenOff, 0, 0)
	require.Empty(t, b.account().Invoices)
	require.Equal(t, billing.WrittenOff, b.account(id).Invoices[0].State)
	must(b, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: "a", Amount: eur(400)})
	b.stands("a", billing.WrittenOff, 400, 0)
	must(b, events.PaymentReceived, events.Payment{PaymentID: "q", InvoiceID: "a", Amount: eur(700)})
	b.stands("a", billing.Paid, 1000, 0)
}

func TestPaymentsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	for i := range 4 {
		must(b, events.InvoiceIssued, b.invoice(string(rune('a'+i)), eur(1000), "2026-03-10"))
	}
	var wg sync.WaitGroup
	errs := make(chan error, 60)
	for i := range 20 {
		data := events.Payment{PaymentID: "p" + string(rune('a'+i)), ContactID: b.who, Amount: eur(210)}
		if i%2 == 0 {
			data.InvoiceID = string(rune('a' + i%4))
		}
		e := event("e"+data.PaymentID, events.PaymentReceived, data)
		for range 2 { // each is told twice at once
			wg.Go(func() { errs <- b.accept(e) })
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Empty(t, b.account().Invoices)
	require.Equal(t, []money.Amount{eur(200)}, b.account().Credits)
	token := b.account().Token
	require.EqualValues(t, 24, token.Version, "one version for each change: repeats move nothing")
	n, err := query.New().SumCredits(t.Context(), b.pool, db.NullID(b.who))
	require.NoError(t, err)
	require.Len(t, n, 1)
}
