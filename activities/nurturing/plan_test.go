package nurturing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/provider"
)

var berlin, _ = time.LoadLocation("Europe/Berlin")

// plan plans the step of a track for somebody whose run began on monday, at a time.
func (h *house) plan(l lead, at time.Time, ask nurturing.Planning) nurturing.Planned {
	h.t.Helper()
	ask.ContactID, ask.LeadID, ask.Since = l.contact, l.id, monday
	if ask.Track == "" {
		ask.Track = "intro"
	}
	if ask.After.IsZero() {
		ask.After = at
	}
	planned, err := h.at(at).Plan(as("lead-nurture", l, "plan"), ask)
	require.NoError(h.t, err)
	return planned
}

func TestAStepIsPlannedOrNot(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	suppress := func(h *house, l lead, reason string) {
		h.exec(`insert into suppressions (id, channel, address, reason, scope, contact_id, source, created_at)
			values (gen_random_uuid(), 'email', $1::text || '@example.com', $2, 'marketing', $1::uuid, 'test', $3)`, l.contact, reason, monday)
	}
	for _, tc := range []struct {
		name    string
		change  func(*house, lead)
		at      time.Time
		ask     nurturing.Planning
		verdict string
	}{
		{"written to", func(*house, lead) {}, day(0), nurturing.Planning{}, nurturing.Write},
		{"a customer meanwhile", func(h *house, l lead) { h.exec(`update contacts set lifecycle = 'customer' where id = $1`, l.contact) }, day(4), nurturing.Planning{Step: 1}, nurturing.Converted},
		{"erased meanwhile", func(h *house, l lead) { h.exec(`update contacts set lifecycle = 'erased' where id = $1`, l.contact) }, day(4), nurturing.Planning{Step: 1}, nurturing.Withdrawn},
		{"withdrawn consent", func(h *house, l lead) { h.agree(l, "email_marketing", false, day(1)) }, day(4), nurturing.Planning{Step: 1}, nurturing.OptedOut},
		{"unsubscribed", func(h *house, l lead) { suppress(h, l, "unsubscribe") }, day(4), nurturing.Planning{Step: 1}, nurturing.OptedOut},
		{"bounced", func(h *house, l lead) { suppress(h, l, "bounce") }, day(4), nurturing.Planning{Step: 1}, nurturing.Unreachable},
		{"the channel that the run has closed", func(*house, lead) {}, day(4), nurturing.Planning{Step: 1, Closed: []provider.Channel{provider.Email}}, nurturing.Unreachable},
		{"clicked what the step is about", func(h *house, l lead) { at := day(5); h.sent(l, "email", "nurture-intro-2", day(4), &at, &at) }, day(11), nurturing.Planning{Step: 2}, nurturing.Skip},
		{"only opened it", func(h *house, l lead) { at := day(5); h.sent(l, "email", "nurture-intro-2", day(4), &at, nil) }, day(11), nurturing.Planning{Step: 2}, nurturing.Write},
		{"clicked it in an earlier run", func(h *house, l lead) { at := day(-5); h.sent(l, "email", "nurture-intro-2", at, &at, &at) }, day(11), nurturing.Planning{Step: 2}, nurturing.Write},
		{"a template that nobody has published", func(h *house, l lead) {
			h.define("nurture-track", "intro", nurturing.Track{Steps: []nurturing.Step{{Template: "not-there"}}, SalesReady: 60, MaxDays: 60})
		}, day(0), nurturing.Planning{Version: 1}, nurturing.Skip},
		{"sixty days", func(*house, lead) {}, day(60), nurturing.Planning{Step: 3, After: day(20)}, nurturing.Over},
		{"due after the sixtieth day", func(*house, lead) {}, day(55), nurturing.Planning{Step: 3, After: day(55)}, nurturing.Over},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			l := h.lead()
			tc.change(h, l)
			require.Equal(t, tc.verdict, h.plan(l, tc.at, tc.ask).Verdict)
		})
	}
}

func TestTheChannelByWhichThePersonIsBestReached(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`update communication_templates set definition = jsonb_set(definition, '{languages,en,sms}', '"Hello"') where name = 'nurture-intro-1'`)
	l := h.lead()
	channel := func(closed ...provider.Channel) provider.Channel {
		return h.plan(l, monday, nurturing.Planning{Closed: closed}).Channel
	}
	require.Equal(t, provider.Email, channel(), "there is no number")
	h.phone(l)
	require.Equal(t, provider.Email, channel(), "nothing is known, mail comes first")
	for i := range 6 {
		at := monday.AddDate(0, 0, -i)
		h.sent(l, "sms", "x", at, nil, &at)
		h.sent(l, "email", "x", at, nil, nil)
	}
	require.Equal(t, provider.SMS, channel(), "they react to text messages only")
	require.Equal(t, provider.Email, channel(provider.SMS), "which turned out to lead nowhere")
	h.exec(`insert into contact_preferences (contact_id, channel, updated_at) values ($1, 'email', $2)`, l.contact, monday)
	require.Equal(t, provider.Email, channel(), "what they say counts before what they do")
}

func TestTheHourAtWhichThePersonReacts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	for i := range 12 {
		at := time.Date(2025, 12, 1+i, 17, 20, 0, 0, berlin)
		h.sent(l, "email", "x", at.Add(-6*time.Hour), &at, nil)
	}
	planned := h.plan(l, monday, nurturing.Planning{})
	require.Equal(t, nurturing.Write, planned.Verdict)
	require.Equal(t, "nurture-intro-1", planned.Template)
	require.Equal(t, 96*time.Hour, planned.Listen, "until the next step is due")
	local := planned.At.In(berlin)
	require.Equal(t, 17, local.Hour(), "they read at five in the afternoon: %s", local)
	require.Equal(t, monday.Day(), local.Day())
	require.Equal(t, planned, h.plan(l, monday, nurturing.Planning{}), "always the same minutes")

	last := h.plan(l, monday.AddDate(0, 0, 21), nurturing.Planning{Step: 3, After: monday.AddDate(0, 0, 11)})
	require.Equal(t, 7*24*time.Hour, last.Listen, "a week after the last")
}

func TestNobodyIsWrittenToOutsideOfTheTracksHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	// Saturday morning, and the hours of a person who reads on Sundays at night.
	saturday := time.Date(2026, 1, 10, 9, 0, 0, 0, berlin)
	for i := range 12 {
		at := time.Date(2025, 12, 7, 23, 10, 0, 0, berlin).AddDate(0, 0, -7*i)
		h.sent(l, "email", "x", at.Add(-time.Hour), &at, nil)
	}
	at := h.plan(l, saturday, nurturing.Planning{}).At.In(berlin)
	require.Equal(t, time.Monday, at.Weekday(), at)
	require.GreaterOrEqual(t, at.Hour(), 8)
	require.Less(t, at.Hour(), 20)

	h.define("nurture-track", "intro", nurturing.Track{
		Steps: []nurturing.Step{{Template: "nurture-intro-1"}}, SalesReady: 60, MaxDays: 60, Weekends: true, Hours: "21:00-24:00",
	})
	at = h.plan(l, saturday, nurturing.Planning{Version: 1}).At.In(berlin)
	require.Equal(t, time.Saturday, at.Weekday(), at)
	require.Equal(t, 23, at.Hour(), "a weekend is a weekend, and waiting another day is not worth it")
}
