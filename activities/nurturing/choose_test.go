package nurturing_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/nurturing"
)

func TestWhoIsNurtured(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*house, lead)
		reason string
	}{
		{"somebody who agreed", func(*house, lead) {}, ""},
		{"a customer", func(h *house, l lead) { h.exec(`update contacts set lifecycle = 'customer' where id = $1`, l.contact) }, nurturing.IsCustomer},
		{"an erased contact", func(h *house, l lead) { h.exec(`update contacts set lifecycle = 'erased' where id = $1`, l.contact) }, nurturing.IsGone},
		{"a contact joined to another", func(h *house, l lead) {
			h.exec(`update contacts set merged_into = $2 where id = $1`, l.contact, h.lead().contact)
		}, nurturing.IsGone},
		{"nobody with a lead", func(h *house, l lead) { h.exec(`update leads set status = 'rejected' where id = $1`, l.id) }, nurturing.NoLead},
		{"somebody who withdrew", func(h *house, l lead) { h.agree(l, "email_marketing", false, monday.AddDate(0, 0, 1)) }, nurturing.NoConsent},
		{"somebody who never said", func(h *house, l lead) { h.exec(`delete from consents where contact_id = $1`, l.contact) }, nurturing.NoConsent},
		{"a dead address", func(h *house, l lead) {
			h.phone(l)
			h.exec(`update contacts set phone = null where id = $1`, l.contact)
			h.exec(`insert into suppressions (id, channel, address, reason, scope, source, created_at)
				values (gen_random_uuid(), 'email', $1::text || '@example.com', 'bounce', 'all', 'test', $2)`, l.contact, monday)
		}, nurturing.NoChannel},
		{"a lead that sales should see first", func(h *house, l lead) { h.exec(`update leads set score = 60 where id = $1`, l.id) }, nurturing.AlreadyReady},
		{"one that sales handed back", func(h *house, l lead) {
			h.exec(`update leads set score = 60, quality = 'recycled:not-now' where id = $1`, l.id)
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			l := h.lead()
			tc.change(h, l)
			choice, err := h.nurturing.Choose(t.Context(), nurturing.Candidate{ContactID: l.contact})
			require.NoError(t, err)
			if tc.reason != "" {
				require.Equal(t, nurturing.Choice{Verdict: nurturing.Unsuited, Reason: tc.reason}, choice)
				return
			}
			require.Equal(t, nurturing.Choice{Verdict: nurturing.Chosen, LeadID: l.id, Track: "intro", Steps: 4}, choice)
		})
	}
}

func TestTheTrackThatSuitsBest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	choose := func(c nurturing.Candidate) nurturing.Choice {
		t.Helper()
		c.ContactID = l.contact
		choice, err := h.nurturing.Choose(t.Context(), c)
		require.NoError(t, err)
		return choice
	}
	step := []nurturing.Step{{Template: "nurture-intro-1"}}
	large := 100.0
	h.define("nurture-track", "large", nurturing.Track{
		Match: []nurturing.Condition{{Attribute: "attribute.company_size", Min: &large}}, Priority: 90, Steps: step, SalesReady: 60, MaxDays: 9,
	})
	require.Equal(t, "intro", choose(nurturing.Candidate{}).Track, "forty people are not a hundred")

	h.define("nurture-track", "german", nurturing.Track{
		Match: []nurturing.Condition{{Attribute: "language", In: []string{"de"}}}, Priority: 5, Steps: step, SalesReady: 60, MaxDays: 9,
	})
	require.Equal(t, "german", choose(nurturing.Candidate{}).Track)
	h.define("nurture-track", "german", nurturing.Track{
		Match: []nurturing.Condition{{Attribute: "language", In: []string{"de"}, Not: true}}, Priority: 5, Steps: step, SalesReady: 60, MaxDays: 9,
	})
	require.Equal(t, "intro", choose(nurturing.Candidate{}).Track, "the newest version counts")

	h.exec(`update leads set submission = '{"attributes": {"interest": "API"}}' where id = $1`, l.id)
	require.Equal(t, "technical", choose(nurturing.Candidate{}).Track)

	asked := choose(nurturing.Candidate{Track: "recycled", LeadID: l.id})
	require.Equal(t, nurturing.Choice{Verdict: nurturing.Chosen, LeadID: l.id, Track: "recycled", Steps: 3}, asked)
	require.Equal(t, nurturing.NoTrack, choose(nurturing.Candidate{Track: "nowhere"}).Reason)
	require.Equal(t, l.id, choose(nurturing.Candidate{LeadID: uuid.New()}).LeadID, "the latest lead, when the one asked for is not captured")
}

func TestStandardDefinitionsHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range nurturing.Tracks.StandardNames() {
		raw, _ := nurturing.Tracks.Standard(name)
		require.Empty(t, nurturing.Tracks.Check(raw), name)
		track, _, err := nurturing.Tracks.Current(t.Context(), h.pool, name)
		require.NoError(t, err)
		for _, step := range track.Steps {
			require.Equal(t, 1, one[int](h, `select count(distinct name) from communication_templates where name = $1`, step.Template), step.Template)
		}
	}
	for _, name := range nurturing.Rules.StandardNames() {
		raw, _ := nurturing.Rules.Standard(name)
		require.Empty(t, nurturing.Rules.Check(raw), name)
	}
}
