package stripe_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/billing/stripe"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func same(t time.Time) time.Time { return t }

type scene struct {
	*testing.T
	pool *pgxpool.Pool
	who  uuid.UUID
}

func open(t *testing.T) *scene {
	s := &scene{t, dbtest.New(t), uuid.New()}
	dbtest.Exec(t, s.pool, `insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', $2, $2)`, s.who, noon)
	return s
}

// event is one of Stripe's, with what it sends along and nobody here reads.
func event(id, kind string, created int64, object string) stripe.Event {
	raw := fmt.Sprintf(`{"id":%q,"object":"event","api_version":"2025-09-30.clover","created":%d,"livemode":false,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},"type":%q,"data":{"object":%s}}`,
		id, created, kind, object)
	var e stripe.Event
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		panic(err)
	}
	return e
}

func (s *scene) invoice(status string, due, paid, credited int64, metadata string) string {
	return fmt.Sprintf(`{"id":"in_1","object":"invoice","account_country":"DE","amount_due":%d,"amount_paid":%d,"amount_remaining":%d,"collection_method":"send_invoice","created":1770000000,"currency":"eur",
		"customer":"cus_1","customer_email":"ada@example.com","customer_name":"Ada Example","due_date":1773000000,"hosted_invoice_url":"https://invoice.stripe.com/i/x","metadata":%s,"number":"R-1",
		"pre_payment_credit_notes_amount":%d,"status":%q,"status_transitions":{"finalized_at":1770000100,"paid_at":null},"total":%d}`,
		due, paid, due-paid, metadata, credited, status, due+credited)
}

func (s *scene) mine() string { return fmt.Sprintf(`{"contact_id":%q}`, s.who) }

func (s *scene) take(e stripe.Event) stripe.Taken {
	s.Helper()
	var out stripe.Taken
	require.NoError(s.T, db.InTx(s.Context(), s.pool, func(tx pgx.Tx) (err error) {
		out, err = stripe.Take(s.Context(), tx, noon, same, e)
		return err
	}))
	return out
}

func (s *scene) stands(state string, paid, credited int64) {
	s.Helper()
	var got [3]any
	require.NoError(s.T, s.pool.QueryRow(s.Context(), `select state, paid_minor, credited_minor from invoices where external_id = 'in_1'`).Scan(&got[0], &got[1], &got[2]))
	require.Equal(s.T, [3]any{state, paid, credited}, got)
}

func (s *scene) count(sql string) (n int) {
	s.Helper()
	require.NoError(s.T, s.pool.QueryRow(s.Context(), sql).Scan(&n))
	return n
}

const (
	paidBy  = `{"id":"inpay_1","object":"invoice_payment","amount_paid":1000,"currency":"eur","invoice":"in_1","payment":{"type":"payment_intent","payment_intent":"pi_1"},"status":"paid"}`
	charge  = `{"id":"ch_1","object":"charge","amount":1000,"currency":"eur","customer":"cus_1","payment_intent":"pi_1","status":"succeeded"}`
	refund  = `{"id":"re_1","object":"refund","amount":400,"charge":"ch_1","currency":"eur","payment_intent":"pi_1","status":"succeeded"}`
	dispute = `{"id":"du_1","object":"dispute","amount":1000,"charge":"ch_1","currency":"eur","payment_intent":"pi_1","reason":"fraudulent","status":%q}`
)

// Whatever order Stripe's events come in, and however often: the books are the same in the end.
func TestAnyOrderEndsTheSame(t *testing.T) {
	t.Parallel()
	for round := range 12 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			list := []stripe.Event{
				event("evt_1", "customer.updated", 1, fmt.Sprintf(`{"id":"cus_1","object":"customer","email":"ada@example.com","metadata":%s}`, s.mine())),
				event("evt_2", "invoice.finalized", 2, s.invoice("open", 1000, 0, 0, `{}`)),
				event("evt_3", "invoice.updated", 3, s.invoice("open", 1000, 300, 0, `{}`)),
				event("evt_4", "invoice.paid", 4, s.invoice("paid", 1000, 1000, 0, `{}`)),
				event("evt_5", "invoice.payment_succeeded", 4, s.invoice("paid", 1000, 1000, 0, `{}`)),
				event("evt_6", "invoice_payment.paid", 4, paidBy),
				event("evt_7", "charge.succeeded", 4, charge),
				event("evt_8", "payment_intent.succeeded", 4, `{"id":"pi_1","object":"payment_intent","amount":1000,"currency":"eur"}`),
				event("evt_9", "refund.created", 5, refund),
				event("evt_10", "charge.refunded", 5, charge),
			}
			list = append(list, list...)
			r := rand.New(rand.NewPCG(1, uint64(round)))
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			for _, e := range list {
				s.take(e)
			}
			s.stands(billing.Paid, 600, 400)
			require.Equal(t, 1000, s.count(`select sum(amount_minor) from payments`))
			require.Zero(t, s.count(`select count(*) from billing_reconciliations where resolved_at is null`))
		})
	}
}

func TestCreditNoteVoidAndUncollectible(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.take(event("evt_1", "invoice.finalized", 1, s.invoice("open", 1000, 0, 0, s.mine())))
	s.take(event("evt_2", "credit_note.created", 2, `{"id":"cn_1","object":"credit_note","amount":300,"currency":"eur","customer":"cus_1","invoice":"in_1","type":"pre_payment"}`))
	s.take(event("evt_3", "invoice.updated", 3, s.invoice("open", 700, 0, 300, s.mine())))
	s.stands(billing.Open, 0, 300)
	s.take(event("evt_4", "credit_note.created", 4, `{"id":"cn_2","object":"credit_note","amount":100,"currency":"eur","customer":"cus_1","invoice":"in_1","type":"post_payment"}`))
	s.stands(billing.Open, 0, 300)
	s.take(event("evt_5", "invoice.marked_uncollectible", 5, s.invoice("uncollectible", 700, 0, 300, s.mine())))
	s.stands(billing.WrittenOff, 0, 300)
	s.take(event("evt_6", "invoice.voided", 6, s.invoice("void", 700, 0, 300, s.mine())))
	s.stands(billing.Void, 0, 300)
}

// A repeat says less that is new than the first time, and yet nothing is told again.
func TestARepeatTellsNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, e := range []stripe.Event{
		event("evt_1", "invoice.voided", 1, s.invoice("void", 1000, 300, 0, s.mine())),
		event("evt_2", "invoice.paid", 2, s.invoice("paid", 1000, 1000, 0, s.mine())),
	} {
		require.NotZero(t, s.take(e).Booked)
		told := s.count(`select count(*) from events`)
		require.Equal(t, stripe.Taken{}, s.take(e))
		require.Equal(t, told, s.count(`select count(*) from events`))
	}
	s.stands(billing.Void, 0, 0)
}

func TestAChargeback(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		order    []string
		ends     string
		state    string
		paid     int64
		disputed bool
	}{
		"won":            {[]string{"created", "closed"}, "won", billing.Paid, 1000, false},
		"won, told late": {[]string{"closed", "created"}, "won", billing.Paid, 1000, false},
		"lost":           {[]string{"created", "closed", "closed"}, "lost", billing.Open, 0, true},
		"lost, reversed": {[]string{"closed", "created"}, "lost", billing.Open, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.take(event("evt_1", "invoice.paid", 1, s.invoice("paid", 1000, 1000, 0, s.mine())))
			s.take(event("evt_2", "invoice_payment.paid", 1, paidBy))
			for i, what := range test.order {
				status := "needs_response"
				if what == "closed" {
					status = test.ends
				}
				s.take(event(fmt.Sprint("evt_d", i), "charge.dispute."+what, 5, fmt.Sprintf(dispute, status)))
			}
			s.stands(test.state, test.paid, 0)
			require.Equal(t, test.disputed, s.count(`select count(*) from invoices where disputed_at is not null`) == 1)
		})
	}
}

func TestACustomerNobodyKnowsIsKeptWithoutTheirData(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.take(event("evt_1", "invoice.paid", 1, s.invoice("paid", 1000, 1000, 0, fmt.Sprintf(`{"contact_id":%q}`, uuid.New()))))
	require.Equal(t, stripe.Taken{Reason: stripe.UnknownCustomer}, got)
	require.Zero(t, s.count(`select count(*) from billing_reconciliations where data::text like '%Ada%' or data::text like '%@example.com%'`))
	require.Equal(t, 1, s.count(`select count(*) from billing_reconciliations where object_id = 'cus_1' and resolved_at is null`))
	require.NoError(t, db.InTx(t.Context(), s.pool, func(tx pgx.Tx) error {
		linked, err := stripe.Link(t.Context(), tx, noon, same, audit.Record{ActorKind: audit.System, ActorID: "test"}, "cus_1", s.who)
		require.Equal(t, s.who, linked.Contact)
		return err
	}))
	s.stands(billing.Paid, 1000, 0)
	require.Zero(t, s.count(`select count(*) from billing_reconciliations where resolved_at is null`))
	require.Zero(t, s.take(event("evt_1", "invoice.paid", 1, s.invoice("paid", 1000, 1000, 0, `{}`))).Booked, "a repeat")
}
