package messages_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// Equal keys are one message, however often and at however many workers the step is tried.
func TestAStepSendsOneMessage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("answer", gate.Transactional, letter("For {{contact.first_name}}", "Hello {{contact.first_name}}."))
	m := messages.Message{Template: "answer", ContactID: h.ada, Department: "sales"}
	var all sync.WaitGroup
	errs := make([]error, 5)
	for i := range errs {
		all.Go(func() { _, errs[i] = call(h, ten, messages.Send, step, m) })
	}
	all.Wait()
	for _, err := range errs {
		require.True(t, err == nil || process.IsType(err, process.TypeRateLimited), "%v", err)
	}
	receipt := h.send(ten.Add(time.Hour), m)
	require.Equal(t, messages.Receipt{MessageID: receipt.MessageID, State: messages.Sent, Channel: provider.Email}, receipt)
	require.True(t, receipt.Left())
	require.Len(t, h.mail.taken, 1)
	taken := h.mail.taken[0]
	require.Equal(t, receipt.MessageID, taken.ID)
	require.Equal(t, "ada@example.com", taken.To)
	require.Equal(t, "For Ada", taken.Subject)
	require.False(t, taken.Bulk)
	require.Empty(t, taken.Unsubscribe, "what is owed cannot be unsubscribed from")
	require.Equal(t, 1, one[int](h, `select count(*) from messages where key = $1 and run = 'nurture:42' and class = 'transactional' and template_version = 1 and department = 'sales'`, step+"/message"))

	r, err := call(h, ten, messages.Send, step+" again", m)
	require.NoError(t, err)
	require.NotEqual(t, receipt.MessageID, r.MessageID)
	require.Len(t, h.mail.taken, 2)
}

// Marketing waits a moment for who else wants the person, and then leaves with the ways to end it.
func TestMarketingIsHeldAndResumed(t *testing.T) {
	t.Parallel()
	h := setup(t)
	m := messages.Message{Template: "nurture-intro-1", ContactID: h.ada, Department: "marketing", Urgency: messages.Bulk}
	held := h.send(ten, m)
	require.Equal(t, messages.Shifted, held.State)
	require.Equal(t, gate.CollisionHold, held.Reason)
	require.Equal(t, ten.Add(15*time.Minute), held.Until.UTC())
	require.False(t, held.Left())
	require.Equal(t, held, h.send(ten.Add(time.Minute), m), "asking again before that changes nothing")
	require.Empty(t, h.mail.taken)

	m.Resume = held.MessageID
	sent := h.send(held.Until, m)
	require.Equal(t, messages.Receipt{MessageID: held.MessageID, State: messages.Sent, Channel: provider.Email}, sent)
	require.Len(t, h.mail.taken, 1)
	taken := h.mail.taken[0]
	require.True(t, taken.Bulk)
	require.Equal(t, "nurture-intro-1", taken.Category)
	require.Equal(t, h.links.URL(links.Unsubscribe, held.MessageID), taken.Unsubscribe, "the link of this message, and of no other")
	for _, part := range []string{taken.Text, taken.HTML} {
		require.Contains(t, part, taken.Unsubscribe)
		require.Contains(t, part, h.links.URL(links.Preferences, h.ada))
	}
	require.Equal(t, held.MessageID, one[uuid.UUID](h, `select id from messages where state = 'sent' and purpose = 'email_marketing' and topic <> ''`))

	m.Resume = uuid.New()
	_, err := call(h, ten, messages.Send, step, m)
	require.True(t, process.IsType(err, process.TypeInvalid), "%v", err)
	m.Resume = held.MessageID
	_, err = call(h, ten, messages.Send, "nurture:43/entry/Send", m)
	require.True(t, process.IsType(err, process.TypeInvalid), "no run resumes another's message: %v", err)
}

// A refusal is an answer with its reason, in the ledger too; nothing leaves, and it stays the answer.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*house, *messages.Message){
		gate.NoConsent: func(h *house, _ *messages.Message) { h.exec(`update consents set granted = false`) },
		gate.TopicOptOut: func(h *house, _ *messages.Message) {
			h.exec(`insert into topic_choices (contact_id, topic, wanted, source, at) select $1, topic, false, 'api', $2 from communication_templates where name = 'nurture-intro-1'`, h.ada, ten)
		},
		gate.Suppressed: func(h *house, _ *messages.Message) {
			h.exec(`insert into suppressions (id, channel, address, reason, scope, source, created_at) values ($1, 'email', 'ada@example.com', 'bounce', 'all', 'bounce', $2)`, uuid.New(), ten)
		},
		gate.NoContact: func(_ *house, m *messages.Message) { m.ContactID = uuid.New() },
		gate.NoAddress: func(h *house, _ *messages.Message) { h.exec(`update contacts set email = null`) },
		gate.Expired:   func(_ *house, m *messages.Message) { m.ExpiresAt = ten.Add(-time.Minute) },
		// It cannot leave before it loses its worth: the reason is what stands in its way.
		gate.CollisionHold: func(_ *house, m *messages.Message) { m.ExpiresAt = ten.Add(time.Minute) },
		gate.NotConfigured: func(_ *house, m *messages.Message) { m.Channel = provider.Webhook },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			m := messages.Message{Template: "nurture-intro-1", ContactID: h.ada, Department: "marketing"}
			spoil(h, &m)
			r := h.send(ten, m)
			require.Equal(t, messages.Refused, r.State)
			require.Equal(t, want, r.Reason)
			require.Equal(t, 1, one[int](h, `select count(*) from messages where state = 'refused' and reason = $1`, want))
			h.exec(`update consents set granted = true`)
			require.Equal(t, want, h.send(ten.Add(time.Hour), m).Reason)
			require.Empty(t, h.mail.taken)
		})
	}
}

// Opens and clicks are watched of those only who agreed to that; others get the links as they were written.
func TestTrackingNeedsConsent(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("shop", gate.Transactional, letter("Shop", "See [our shop](https://shop.example/a)."))
	m := messages.Message{Template: "shop", ContactID: h.ada}
	plain := h.send(ten, m)
	require.Contains(t, h.mail.taken[0].HTML, `href="https://shop.example/a"`)
	require.NotContains(t, h.mail.taken[0].HTML, "<img")
	require.False(t, one[bool](h, `select tracked from messages where id = $1`, plain.MessageID))
	require.Zero(t, one[int](h, `select count(*) from message_links`))

	h.agree("tracking")
	watched, err := call(h, ten, messages.Send, step+".2", m)
	require.NoError(t, err)
	require.Contains(t, h.mail.taken[1].HTML, `href="`+h.links.ClickURL(watched.MessageID, 1)+`"`)
	require.Contains(t, h.mail.taken[1].HTML, h.links.URL(links.Open, watched.MessageID))
	require.NotContains(t, h.mail.taken[1].HTML, `href="https://shop.example/a"`)
	require.Contains(t, h.mail.taken[1].Text, "https://shop.example/a", "the plain text stays direct")
	require.True(t, one[bool](h, `select tracked from messages where id = $1`, watched.MessageID))
	require.Equal(t, "https://shop.example/a", one[string](h, `select url from message_links where message_id = $1`, watched.MessageID))
}

// What a message speaks of is read when it leaves, and the ledger keeps ids of it only.
func TestFactsAreNamedByTheirIDs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("coupon", gate.Transactional, letter("{{coupon.value}} for you", "Code {{coupon.code}}, until {{coupon.expires}}.\n\n[Take the survey]({{survey.link}})"))
	coupon, invitation := uuid.New(), uuid.New()
	h.exec(`insert into coupons (id, key, code, contact_id, offer, percent, issued_at, expires_at) values ($1, 'k', '7K3M-9QXA-2TZB-5', $2, 'o', 10, $3, $4)`,
		coupon, h.ada, ten, time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC))
	h.send(ten, messages.Message{Template: "coupon", ContactID: h.ada, CouponID: coupon, InvitationID: invitation})
	taken := h.mail.taken[0]
	require.Equal(t, "10% for you", taken.Subject)
	require.True(t, strings.HasPrefix(taken.Text, "Code 7K3M-9QXA-2TZB-5, until 1 April 2026.\n"), "the day where the person lives: %s", taken.Text)
	require.Contains(t, taken.Text, h.links.URL(links.Survey, invitation))
	row := one[string](h, `select to_jsonb(m)::text from messages m`)
	require.Contains(t, row, coupon.String())
	require.NotContains(t, row, "7K3M")
	require.NotContains(t, row, "for you")
}

// The coupon of somebody else is never told.
func TestTheCouponOfAnotherIsNotTold(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("coupon", gate.Transactional, letter("A coupon", `Code {{coupon.code | "none"}}.`))
	other, coupon := uuid.New(), uuid.New()
	h.exec(`insert into contacts (id, created_at, updated_at) values ($1, $2, $2)`, other, ten)
	h.exec(`insert into coupons (id, key, code, contact_id, offer, percent, issued_at, expires_at) values ($1, 'k', '7K3M-9QXA-2TZB-5', $2, 'o', 10, $3, $3)`, coupon, other, ten)
	h.send(ten, messages.Message{Template: "coupon", ContactID: h.ada, CouponID: coupon})
	require.True(t, strings.HasPrefix(h.mail.taken[0].Text, "Code none.\n"))
}

func TestTextMessagesCountTheirParts(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.exec(`update contacts set phone = '+4930901820'`)
	h.publish("code", gate.Transactional, templates.Words{SMS: "Hello {{contact.first_name}}, " + strings.Repeat("x", 150)})
	r := h.send(ten, messages.Message{Template: "code", ContactID: h.ada, Urgency: messages.Now})
	require.Equal(t, provider.SMS, r.Channel)
	require.Equal(t, "+4930901820", h.sms.taken[0].To)
	require.Empty(t, h.sms.taken[0].HTML)
	require.Equal(t, 2, one[int](h, `select segments from messages`))
}
