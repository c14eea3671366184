package messages_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

func TestWhatCanNeverBeSent(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, err := call(h, ten, messages.Send, "", messages.Message{Template: "nurture-intro-1", ContactID: h.ada})
	require.True(t, process.IsType(err, process.TypeInvalid))
	require.ErrorContains(t, err, "the key of its step")
	h.exec(`update communication_templates set state = 'retired' where name = 'nurture-intro-2'`)
	for _, name := range []string{"none", "nurture-intro-2"} {
		_, err = call(h, ten, messages.Send, step, messages.Message{Template: name, ContactID: h.ada})
		require.True(t, process.IsType(err, process.TypeInvalid))
		require.ErrorContains(t, err, `no communication template "`+name+`" is published`)
	}
	require.Zero(t, one[int](h, `select count(*) from messages`))
}

// What a provider will never take is an answer too, and an address that does not exist is not used again.
func TestARejectedMessageFails(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("answer", gate.Transactional, letter("Hello", "Hello."))
	h.mail.err = provider.Rejected{Code: "smtp-550", Address: true}
	m := messages.Message{Template: "answer", ContactID: h.ada}
	r := h.send(ten, m)
	require.Equal(t, messages.Receipt{MessageID: r.MessageID, State: messages.Failed, Reason: "smtp-550", Channel: provider.Email}, r)
	require.Equal(t, r, h.send(ten, m))
	require.Len(t, h.mail.taken, 1)
	next, err := call(h, ten, messages.Send, step+".2", m)
	require.NoError(t, err)
	require.Equal(t, gate.Suppressed, next.Reason)
}

// Nobody knows whether marketing left when the provider does not answer: it is never sent again.
func TestAMessageInDoubtStaysSo(t *testing.T) {
	t.Parallel()
	h := setup(t)
	m := messages.Message{Template: "nurture-intro-1", ContactID: h.ada}
	m.Resume = h.send(ten, m).MessageID
	h.mail.err = provider.Unknown{}
	r := h.send(ten.Add(15*time.Minute), m)
	require.Equal(t, messages.Unknown, r.State)
	require.True(t, r.Left())
	h.mail.err = nil
	require.Equal(t, messages.Unknown, h.send(ten.Add(time.Hour), m).State)
	require.Len(t, h.mail.taken, 1)
}

// A run gives up its own message while it waits; one that has left, or is another run's, stays as it is.
func TestWithdrawing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("answer", gate.Transactional, letter("Hello", "Hello."))
	waits := h.send(ten, messages.Message{Template: "nurture-intro-1", ContactID: h.ada}).MessageID
	left, err := call(h, ten, messages.Send, step+".2", messages.Message{Template: "answer", ContactID: h.ada})
	require.NoError(t, err)
	withdraw := func(key string, id uuid.UUID) {
		_, err := call(h, ten, messages.Withdraw, key, messages.Withdrawal{MessageID: id, Reason: "opted-out"})
		require.NoError(t, err)
	}
	const state = `select state || ' ' || coalesce(reason, '') from messages where id = $1`
	withdraw("nurture:43/entry/Give up", waits)
	require.Equal(t, "shifted collision-hold", one[string](h, state, waits))
	for range 2 {
		withdraw("nurture:42/entry/Give up", waits)
		require.Equal(t, "withdrawn opted-out", one[string](h, state, waits))
	}
	withdraw("nurture:42/entry/Give up", left.MessageID)
	require.Equal(t, "sent ", one[string](h, state, left.MessageID))
	withdraw("nurture:42/entry/Give up", uuid.New())

	resumed := h.send(ten.Add(15*time.Minute), messages.Message{Template: "nurture-intro-1", ContactID: h.ada, Resume: waits})
	require.False(t, resumed.Left(), "what was given up does not leave")
	require.Len(t, h.mail.taken, 1)
}

// A test reaches a user of the house with the person's facts: past the policy, and without counting anywhere.
func TestATestReachesTheHouse(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.exec(`update consents set granted = false`)
	user := uuid.New()
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Representative One', 'rep1@example.com', 'representative', 'sales', $2)`, user, ten)
	h.publish("hello", gate.Marketing, letter("Hello {{contact.first_name}}", "Hello."))
	r := h.send(ten, messages.Message{Template: "hello", ContactID: h.ada, TestUserID: user})
	require.Equal(t, messages.Sent, r.State)
	require.Equal(t, "rep1@example.com", h.mail.taken[0].To)
	require.Equal(t, "Hello Ada", h.mail.taken[0].Subject)
	require.True(t, one[bool](h, `select test from messages`))
	require.Zero(t, one[int](h, `select count(*) from interactions`))
}

// What an outside system asked for comes to the process as Send takes it.
func TestARequestIsRead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	request, lead := uuid.New(), uuid.New()
	h.exec(`insert into leads (id, status, submission, source, channel, contact_id, submitted_at) values ($1, 'captured', '{}', 'website', 'form', $2, $3)`, lead, h.ada, ten)
	h.exec(`insert into message_requests (id, contact_id, template, channel, department, urgency, lead_id, expires_at, created_at)
		values ($1, $2, 'nurture-intro-1', 'email', 'marketing', 'bulk', $3, $4, $5)`, request, h.ada, lead, ten.Add(time.Hour), ten)
	m, err := call(h, ten, messages.ReadRequest, "message:1/entry/Read", messages.Request{RequestID: request})
	require.NoError(t, err)
	require.Equal(t, messages.Message{
		Template: "nurture-intro-1", ContactID: h.ada, Channel: provider.Email, Department: "marketing", Urgency: messages.Bulk, LeadID: lead, ExpiresAt: ten.Add(time.Hour),
	}, m)
	_, err = call(h, ten, messages.ReadRequest, "message:1/entry/Read", messages.Request{RequestID: uuid.New()})
	require.True(t, process.IsType(err, process.TypeNotFound))
}

// Urgent messages go before the others that wait for a provider, and each department has its share.
func TestTheOrderOfWaiting(t *testing.T) {
	t.Parallel()
	for urgency, priority := range map[messages.Urgency]int{messages.Now: 1, messages.Normal: 0, messages.Bulk: 5} {
		require.Equal(t, process.Dispatch{Fairness: "sales", Priority: priority}, messages.Message{Department: "sales", Urgency: urgency}.Dispatch())
	}
}
