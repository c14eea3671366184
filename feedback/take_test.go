package feedback_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/feedback"
)

func TestEachKindIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	at := "2026-03-02T08:51:00+00:00"
	for _, test := range []struct {
		kind    feedback.Kind
		changes map[string]any // of a row that was sent
		told    []string
	}{
		{feedback.Sent, nil, nil},
		{feedback.Delivered, map[string]any{"delivery": "delivered", "delivered_at": at}, []string{"delivered"}},
		{feedback.Opened, map[string]any{"delivery": "delivered", "delivered_at": at, "opened_at": at}, []string{"delivered", "opened"}},
		{feedback.Clicked, map[string]any{"delivery": "delivered", "delivered_at": at, "opened_at": at, "clicked_at": at}, []string{"delivered", "opened", "clicked"}},
		{feedback.SoftBounced, map[string]any{"delivery": "soft-bounced"}, []string{"soft-bounced"}},
		{feedback.Bounced, map[string]any{"delivery": "bounced", "bounced_at": at}, []string{"bounced"}},
		{feedback.Complained, map[string]any{"complained_at": at}, []string{"complained"}},
		{feedback.Unsubscribed, map[string]any{"unsubscribed_at": at}, []string{"unsubscribed"}},
		{feedback.Failed, map[string]any{"state": "failed", "reason": "dropped"}, nil},
	} {
		message := h.sent(contact, "email", email, "")
		want := h.row(message)
		for column, value := range test.changes {
			want[column] = value
		}
		r := report(message, test.kind, time.Minute)
		r.At, r.Detail = now.Add(-9*time.Minute), "dropped"
		require.Equal(t, 1, h.take(r, r), "%s, twice in one call", test.kind)
		require.Equal(t, want, h.row(message), test.kind)
		require.Equal(t, test.told, nilIfEmpty(h.told(message)), test.kind)
		require.Zero(t, h.take(r), "%s again", test.kind)
		require.Equal(t, want, h.row(message), test.kind)
		require.Equal(t, test.told, nilIfEmpty(h.told(message)), test.kind)
	}
}

func nilIfEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func TestEngagementNamesTheRun(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	message := h.sent(contact, "email", email, "")
	click := report(message, feedback.Clicked, 0)
	click.Link = 2
	h.take(click)
	require.JSONEq(t, `{"message_id":"`+message.String()+`","contact_id":"`+contact.String()+`","process":"nurture","subject":"42","kind":"clicked","link":2,"at":"2026-03-02T08:51:00Z"}`,
		one[string](h, `select data::text from events where data->>'kind' = 'clicked'`))
	require.Equal(t, []string{contact.String()}, []string{one[string](h, `select distinct subject from events`)})
	require.Equal(t, 2, one[int](h, `select count(*) from interactions where contact_id = $1 and kind in ('message.opened', 'message.clicked')`, contact))
	// A second open, and a click on another link, are no news to the process.
	other := report(message, feedback.Clicked, time.Minute)
	require.Equal(t, 2, h.take(other, report(message, feedback.Opened, 2*time.Minute)))
	require.Equal(t, []string{"delivered", "opened", "clicked"}, h.told(message))
	require.Equal(t, 2, one[int](h, `select count(*) from interactions`))
}

func TestReportsSettleDoubtfulRows(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	for _, test := range []struct{ name, set, state string }{
		{"unknown", `state = 'unknown', reason = 'timeout', provider_id = null, sent_at = null`, "sent"},
		{"reserved and handed over", `state = 'reserved', provider_id = null, sent_at = null`, "sent"},
		{"reserved, never handed over", `state = 'reserved', provider_id = null, sent_at = null, handed_at = null`, "reserved"},
		{"refused", `state = 'refused', reason = 'no-consent', provider_id = null, sent_at = null, handed_at = null`, "refused"},
		{"shifted", `state = 'shifted', due_at = now(), provider_id = null, sent_at = null, handed_at = null`, "shifted"},
	} {
		message := h.sent(contact, "email", email, test.set)
		r := report(message, feedback.Sent, 0)
		r.ProviderID = "p-1"
		h.take(r)
		row := h.row(message)
		require.Equal(t, test.state, row["state"], test.name)
		if test.state == "sent" {
			require.Equal(t, "p-1", row["provider_id"], test.name)
			require.NotNil(t, row["sent_at"], test.name)
			require.Nil(t, row["reason"], test.name)
		}
	}
}

func TestMessagesAreFoundByTheProvidersID(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	message := h.sent(contact, "email", email, "")
	r := report(message, feedback.Delivered, 0)
	r.MessageID, r.ProviderID = uuid.Nil, "p-"+message.String()
	h.take(r)
	require.Equal(t, "delivered", h.row(message)["delivery"])
	// Another provider's id of the same text is another message's.
	foreign := r
	foreign.Provider, foreign.ExternalID, foreign.Kind = "ses", "foreign", feedback.Bounced
	h.take(foreign)
	require.Equal(t, "delivered", h.row(message)["delivery"])
	foreign.ExternalID, foreign.Sender = "own", "sendgrid"
	h.take(foreign)
	require.Equal(t, "bounced", h.row(message)["delivery"])
}

func TestUntrackedPeopleAreNotWatched(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	message := h.sent(contact, "email", email, `tracked = false`)
	click := report(message, feedback.Clicked, 0)
	click.Link, click.Detail = 3, "x"
	before := h.row(message)
	require.Equal(t, 2, h.take(click, report(message, feedback.Opened, time.Second)))
	require.Equal(t, before, h.row(message))
	require.Empty(t, h.told(message))
	require.Zero(t, one[int](h, `select count(*) from interactions`))
	require.Equal(t, 2, one[int](h, `select count(*) from message_events where filtered = 'no-consent' and message_id is null and link is null and detail = ''`))
	require.Zero(t, h.take(click))
	h.take(report(message, feedback.Delivered, 0))
	require.Equal(t, []string{"delivered"}, h.told(message), "what is no watching is told")
}

func TestMachinesDoNotCount(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	message := h.sent(contact, "email", email, "")
	before := h.row(message)
	open, click := report(message, feedback.Opened, 0), report(message, feedback.Clicked, 0)
	open.Filtered, click.Filtered = feedback.MachineOpen, feedback.Scanner
	require.Equal(t, 2, h.take(open, click))
	require.Equal(t, before, h.row(message))
	require.Empty(t, h.told(message))
	require.Equal(t, "clicked:scanner,opened:machine-open", one[string](h, `select string_agg(kind || ':' || filtered, ',' order by kind) from message_events where message_id = $1`, message))
}

func TestTestAndInternalMessagesChangeTheirRowOnly(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	user := uuid.Must(uuid.NewV7())
	h.exec(`insert into users (id, email, display_name, role, team, created_at) values ($1, 'rep@example.com', 'Rep', 'representative', 'sales', $2)`, user, now)
	for _, set := range []string{`test = true`, `class = 'internal', user_id = '` + user.String() + `'`} {
		message := h.sent(contact, "email", email, set)
		h.take(report(message, feedback.Bounced, 0), report(message, feedback.Complained, 0), report(message, feedback.Clicked, 0))
		row := h.row(message)
		require.Equal(t, "bounced", row["delivery"])
		require.NotNil(t, row["clicked_at"])
		require.NotNil(t, row["complained_at"])
	}
	require.Zero(t, one[int](h, `select count(*) from events`))
	require.Zero(t, one[int](h, `select count(*) from interactions`))
	require.Empty(t, h.suppressed(email))
	require.True(t, h.granted(contact, "email_marketing"))
}

func TestJoinedContactsAreToldAsTheOther(t *testing.T) {
	t.Parallel()
	h := setup(t)
	old, email, _ := h.person()
	other, _, _ := h.person()
	h.exec(`update contacts set merged_into = $2 where id = $1`, old, other)
	message := h.sent(old, "email", email, "")
	h.take(report(message, feedback.Complained, 0))
	require.Equal(t, other.String(), one[string](h, `select distinct subject from events where type = $1`, events.MessageEngaged.Name()))
	require.False(t, h.granted(other, "email_marketing"))
}

func TestReportsAreRefusedWhole(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	message := h.sent(contact, "email", email, "")
	for _, bad := range []feedback.Report{
		{Provider: "sendgrid", ExternalID: "1", Kind: "vanished"},
		{Provider: "sendgrid", Kind: feedback.Sent},
		{ExternalID: "1", Kind: feedback.Sent},
		{Provider: "twilio", ExternalID: "1", Kind: feedback.Replied, Channel: "sms"},
		{Provider: "twilio", ExternalID: "1", Kind: feedback.Replied, Reply: &feedback.Reply{}},
	} {
		_, err := h.tryTake(report(message, feedback.Delivered, 0), bad)
		require.ErrorIs(t, err, feedback.ErrInvalid)
		require.True(t, feedback.Refused(err))
	}
	require.Zero(t, one[int](h, `select count(*) from message_events`))
	require.Zero(t, h.take())
}

// Words that PostgreSQL cannot keep, or that are too long, do not break a batch.
func TestHostileTextIsKept(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, _, phone := h.person()
	long := make([]byte, feedback.MaxText+10)
	for i := range long {
		long[i] = 'x'
	}
	require.Equal(t, 2, h.take(
		feedback.Report{Provider: "twilio", ExternalID: "1", Kind: feedback.Replied, Channel: "sms", Address: phone, Reply: &feedback.Reply{Text: "a\x00b\xffc"}},
		feedback.Report{Provider: "twilio", ExternalID: "2", Kind: feedback.Replied, Channel: "sms", Address: "no number", Reply: &feedback.Reply{Text: string(long)}}))
	require.Equal(t, "ab\uFFFDc", one[string](h, `select text from inbound_messages where external_id = '1'`))
	require.Equal(t, feedback.MaxText, one[int](h, `select length(text) from inbound_messages where external_id = '2' and contact_id is null`))
}

func TestNothingHappensBeforeAMessageWasAllowedToLeave(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	message := h.sent(contact, "email", email, `created_at = created_at - interval '1 day', sent_at = null, state = 'unknown'`)
	allowed := one[time.Time](h, `select slot_at from messages where id = $1`, message)
	r := report(message, feedback.Delivered, 0)
	r.At = allowed.Add(-time.Second) // the provider counts whole seconds
	h.take(r)
	require.True(t, one[bool](h, `select sent_at = slot_at and delivered_at = slot_at from messages where id = $1`, message))
}
