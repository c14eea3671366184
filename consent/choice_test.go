package consent_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/events"
)

// Every change of mind is kept; a repeat is none.
func TestAHistoryIsKept(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, _, _ := h.person()
	mail := events.Choice{ContactID: who, Purpose: consent.EmailMarketing}
	h.in(noon, "form", mail)
	h.in(noon.Add(time.Hour), "api", mail)
	h.out(noon.Add(2*time.Hour), "one-click", mail)
	h.out(noon.Add(3*time.Hour), "one-click", mail)
	h.in(noon.Add(4*time.Hour), "opt-in", mail)
	require.Equal(t, []string{"form +", "one-click -", "opt-in +"}, h.history(who, consent.EmailMarketing))
	require.Equal(t, []string{"contact.opted-in", "contact.opted-out", "contact.opted-in"}, h.told(who))
	require.Equal(t, 3, one[int](h, `select count(*) from audit_logs where resource_kind = 'contact' and resource_id = $1 and details->'fields' = '["consent.email_marketing"]'`, who.String()))
	require.Zero(t, one[int](h, `select count(*) from suppressions`), "a purpose is no address")
	require.Empty(t, h.history(who, consent.SMSMarketing))
}

// What is decided last wins, also over a decision that a fast clock has dated later.
func TestTheLastDecisionWins(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for name, after := range map[string]time.Duration{"in order": time.Hour, "at the same instant": 0, "dated before": -time.Hour, "within a microsecond": 300 * time.Nanosecond} {
		who, _, _ := h.person()
		mail := events.Choice{ContactID: who, Purpose: consent.EmailMarketing}
		h.in(noon, "form", mail)
		h.out(noon.Add(after), "stop", mail)
		require.Equal(t, []string{"form +", "stop -"}, h.history(who, consent.EmailMarketing), name)
		h.in(noon.Add(after), "preference-page", mail)
		require.Equal(t, []string{"form +", "stop -", "preference-page +"}, h.history(who, consent.EmailMarketing), name)
	}
}

// To withdraw everything is to withdraw all that is known; to grant everything is no more than marketing.
func TestEverything(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, email, phone := h.person()
	h.in(noon, "form", events.Choice{ContactID: who, Purpose: "tracking"})
	h.out(noon.Add(time.Hour), "preference-page", events.Choice{ContactID: who})
	for _, purpose := range []string{consent.EmailMarketing, consent.SMSMarketing} {
		require.Equal(t, []string{"preference-page -"}, h.history(who, purpose), "also what was never granted")
	}
	require.Equal(t, []string{"form +", "preference-page -"}, h.history(who, "tracking"))
	require.Equal(t, []string{"unsubscribe/marketing"}, h.standing(email))
	require.Equal(t, []string{"unsubscribe/marketing"}, h.standing(phone))
	require.Equal(t, []string{"contact.opted-in", "contact.opted-out"}, h.told(who), "one event for all of it")

	h.in(noon.Add(2*time.Hour), "preference-page", events.Choice{ContactID: who})
	require.Equal(t, []string{"preference-page -", "preference-page +"}, h.history(who, consent.EmailMarketing))
	require.Equal(t, []string{"form +", "preference-page -"}, h.history(who, "tracking"))
	require.Empty(t, h.standing(email))
}

func TestAChannelIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, email, phone := h.person()
	h.in(noon, "form", events.Choice{ContactID: who})
	h.in(noon, "form", events.Choice{ContactID: who, Purpose: "sms_alerts"})
	h.in(noon, "form", events.Choice{ContactID: who, Purpose: "tracking"})
	h.out(noon.Add(time.Hour), "stop", events.Choice{ContactID: who, Channel: "sms"})
	require.Equal(t, []string{"form +"}, h.history(who, consent.EmailMarketing))
	for _, purpose := range []string{consent.SMSMarketing, "sms_alerts", "tracking"} {
		require.Equal(t, []string{"form +", "stop -"}, h.history(who, purpose), purpose)
	}
	require.Equal(t, []string{"unsubscribe/marketing"}, h.standing(phone))
	require.Empty(t, h.standing(email))
}

// A topic is neither a consent nor an address.
func TestATopic(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, email, _ := h.person()
	offers := events.Choice{ContactID: who, Topic: "offers"}
	h.out(noon, "preference-page", events.Choice{ContactID: who})
	h.out(noon, "api", offers)
	h.out(noon.Add(time.Hour), "api", offers)
	require.Equal(t, []string{"contact.opted-out", "contact.opted-out"}, h.told(who))
	require.Equal(t, noon, one[time.Time](h, `select at from topic_choices where topic = 'offers' and not wanted`).UTC())
	h.in(noon.Add(2*time.Hour), "preference-page", offers)
	require.True(t, one[bool](h, `select wanted and source = 'preference-page' from topic_choices where contact_id = $1`, who))
	require.Equal(t, []string{"preference-page -"}, h.history(who, consent.EmailMarketing))
	require.Equal(t, []string{"unsubscribe/marketing"}, h.standing(email), "an address stays closed")
}

func TestThePreferredChannel(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, _, _ := h.person()
	for i, want := range []struct {
		channel string
		records int
	}{{"sms", 1}, {"sms", 1}, {"", 2}, {"", 2}, {"email", 3}} {
		require.NoError(t, db.InTx(t.Context(), h.pool, func(tx pgx.Tx) error { return consent.Prefer(t.Context(), tx, noon, who, want.channel, by("api")) }))
		require.Equal(t, want.channel, one[string](h, `select coalesce(channel, '') from contact_preferences where contact_id = $1`, who))
		require.Equal(t, want.records, one[int](h, `select count(*) from audit_logs where action = 'contact.prefer-channel'`), i)
	}
}
