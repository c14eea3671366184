package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/clock"
)

// collectionsVariable raises the storm to so many collections; otherwise thirty run.
const collectionsVariable = "PERDURA_E2E_COLLECTIONS"

// stormSpeed lets twenty minutes between two reminders pass in two seconds.
const stormSpeed = 600

// stormed is one customer who owes one invoice, and when their payment was accepted.
type stormed struct {
	contact, email, phone string
	source, invoice       string
	aimed                 bool
	accepted              time.Time // real time, when the answer had come
	err                   error
}

// standingCollection is a collection as the API shows it.
type standingCollection struct {
	State  string     `json:"state"`
	Next   string     `json:"next"`
	NextAt *time.Time `json:"next_at"`
}

// Customers pay at random instants, a fifth of them within fifty milliseconds of a planned reminder. Whatever is on its way
// then, no reminder leaves once a payment was accepted.
func TestNoReminderLeavesAfterThePaymentWasAccepted(t *testing.T) {
	count, clients := 30, 30
	if n, _ := strconv.Atoi(os.Getenv(collectionsVariable)); n > 0 {
		count, clients = n, min(n, 200)
	}
	h := newHouse(t, fmt.Sprintf("PERDURA_CLOCK_SPEED=%d", stormSpeed), "PERDURA_API_RATE_LIMIT=0")
	h.start(t, "")
	h.collectAtAnyHour(t)
	pool := h.database(t)
	tell := func(s *stormed, kind string, data map[string]any) error {
		data["contact_id"], data["invoice_id"] = s.contact, s.invoice
		e, err := h.sendChecked(http.MethodPost, "/v1/events", event(kind, s.contact).from(s.source, uuid.NewString()).about(data), asEvent...)
		if err == nil && e.Status != http.StatusAccepted {
			err = fmt.Errorf("%s answered %s", e, cut(e.Body))
		}
		return err
	}
	houseClock := h.clock(t)
	day := func(days int) string { return houseClock.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	amount := map[string]any{"amount_minor": 12_000, "currency": "EUR"}

	storm := together(count, clients, func(i int) *stormed {
		random := rand.New(rand.NewPCG(20261127, uint64(i)))
		s := &stormed{
			contact: uuid.NewString(), email: fmt.Sprintf("storm-%s@example.org", uuid.NewString()[24:]), phone: fmt.Sprintf("+4416329%05d", 10_000+i),
			source: "https://erp.example.com", invoice: "storm-" + uuid.NewString(), aimed: i%5 == 0,
		}
		if _, s.err = pool.Exec(t.Context(), `insert into contacts (id, email, phone, first_name, time_zone, language, created_at, updated_at)
			values ($1, $2, $3, 'Ada', 'UTC', 'en', now(), now())`, s.contact, s.email, s.phone); s.err != nil {
			return s
		}
		if s.err = tell(s, "invoice.issued", map[string]any{"number": "R-" + strconv.Itoa(i), "total": amount, "issued_on": day(-30), "due_on": day(-3)}); s.err != nil {
			return s
		}
		moment := time.Now().Add(time.Duration(random.Int64N(int64(9 * time.Second))))
		if s.aimed {
			if moment, s.err = h.reminderOf(s.contact, houseClock, 1+random.IntN(3)); s.err != nil {
				return s
			}
			moment = moment.Add(time.Duration(random.Int64N(int64(100*time.Millisecond))) - 50*time.Millisecond)
		}
		time.Sleep(time.Until(moment))
		s.err = tell(s, "payment.received", map[string]any{"payment_id": "paid-" + s.invoice, "amount": amount})
		s.accepted = time.Now()
		return s
	})
	for _, s := range storm {
		require.NoError(t, s.err)
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		ended := all[standingCollection](c, h, "/v1/collections?state=settled")
		// Whoever paid before anybody looked has no collection.
		open := 0
		for _, state := range []string{"owing", "promised", "lapsed", "disputed"} {
			open += len(all[standingCollection](c, h, "/v1/collections?state="+state))
		}
		require.Zero(c, open)
		require.LessOrEqual(c, len(ended), count)
	}, time.Minute+time.Duration(count)*200*time.Millisecond, 500*time.Millisecond)

	reminders, thanks := map[string][]time.Time{}, 0
	for _, channel := range []string{"email", "sms"} {
		for _, m := range h.outbox(t, channel) {
			if strings.Contains(strings.ToLower(m.Subject+" "+m.Text), "thank you") {
				thanks++
				continue
			}
			reminders[m.To] = append(reminders[m.To], m.SentAt)
		}
	}
	total, late := 0, 0
	for _, s := range storm {
		until := s.accepted // the outbox keeps real time
		for _, to := range []string{s.email, s.phone} {
			for _, at := range reminders[to] {
				total++
				if at.After(until) {
					late++
					t.Errorf("contact %s was reminded at %s; the payment was accepted by %s", s.contact, at, until)
				}
			}
		}
	}
	require.Positive(t, total, "a storm in which nobody is reminded proves nothing")
	overtaken := 0
	for _, m := range all[struct {
		Reason string `json:"reason"`
	}](t, h, "/v1/messages?process=collection") {
		if m.Reason == "overtaken" {
			overtaken++
		}
	}
	t.Logf("%d customers, %d reminders, %d thanks; %d reminders were stopped in the last instant, %d left too late", count, total, thanks, overtaken, late)
}

// collectAtAnyHour writes a plan of quick reminders, and a policy that knows no hours, so that the storm may come at night.
func (h *house) collectAtAnyHour(t *testing.T) {
	t.Helper()
	step := func(channel, tone, wait string) map[string]any {
		return map[string]any{"channel": channel, "tone": tone, "wait": wait, "when": "always"}
	}
	put := func(path string, body any) {
		decode[map[string]any](t, h.call(t, http.MethodPut, path, map[string]any{"body": body, "note": "for the storm"}), http.StatusOK)
	}
	put("/v1/definitions/dunning-plan/standard", map[string]any{
		"priority": 0, "team": "collections", "finance": "finance", "grace_days": 0, "promise_within": "30d",
		"steps":     []any{step("email", "friendly", "0m"), step("sms", "firm", "20m"), step("email", "firm", "20m"), step("notice", "final", "20m")},
		"write_off": map[string]any{"wait": "30d"},
	})
	policy := get[struct {
		Body map[string]any `json:"body"`
	}](t, h, "/v1/definitions/contact-policy/default").Body
	policy["hours"] = []any{}
	put("/v1/definitions/contact-policy/default", policy)
}

// clock is the business clock of the house.
func (h *house) clock(t *testing.T) clock.Clock {
	t.Helper()
	c, err := h.at.Clock(t.Context())
	require.NoError(t, err)
	require.InDelta(t, stormSpeed, c.Speed, 1)
	return c
}

// reminderOf waits until the n-th reminder of a collection is planned, and returns the real instant for which it is.
func (h *house) reminderOf(contact string, c clock.Clock, n int) (time.Time, error) {
	seen := map[int64]bool{}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		e, err := h.send(http.MethodGet, "/v1/collections?contact="+contact, nil)
		if err != nil {
			return time.Time{}, err
		}
		var found page[standingCollection]
		if err := e.Decode(&found); err != nil {
			return time.Time{}, err
		}
		if len(found.Items) == 0 || found.Items[0].Next != "wait" || found.Items[0].NextAt == nil {
			continue
		}
		at := *found.Items[0].NextAt
		if seen[at.UnixNano()] = true; len(seen) >= n {
			return c.Origin.Add(c.Span(at.Sub(c.Business))), nil
		}
	}
	return time.Time{}, fmt.Errorf("reminder %d of contact %s was not planned within a minute", n, contact)
}
