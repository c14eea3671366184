package nurturing_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/nurturing"
)

func (h *house) rule(l lead, reason string) nurturing.Applied {
	h.t.Helper()
	applied, err := h.nurturing.ReadRule(as("lead-recycling", l, "rule"), nurturing.Returned{ContactID: l.contact, LeadID: l.id, Reason: reason})
	require.NoError(h.t, err)
	return applied
}

func TestTheRuleOfTheReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	require.Equal(t, nurturing.Applied{Verdict: nurturing.Free, Cooling: days(90), Then: nurturing.ThenNurture, Track: "recycled", Round: 1}, h.rule(l, "no-budget"))
	require.Equal(t, nurturing.Applied{Verdict: nurturing.Free, Cooling: days(14), Then: nurturing.ThenReturn, Round: 1}, h.rule(l, "no-answer"))
	require.Equal(t, nurturing.Applied{Verdict: nurturing.Free, Cooling: days(60), Then: nurturing.ThenNurture, Track: "recycled", Round: 1}, h.rule(l, "some other reason"))

	h.define("recycling", "no-budget", nurturing.Rule{Cooling: "5d", Then: nurturing.ThenAudience, Audience: "later", MaxRounds: 1})
	require.Equal(t, nurturing.Applied{Verdict: nurturing.Free, Version: 1, Cooling: days(5), Then: nurturing.ThenAudience, Audience: "later", Round: 1}, h.rule(l, "no-budget"))
}

func TestAPersonIsRecycledSoOftenAndNotMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	ended := func(outcome string) {
		h.exec(`insert into process_runs (entry, process, subject, run, state, outcome, started_at)
			values (gen_random_uuid(), 'lead-recycling', $1, 'run', 'completed', $2, $3)`, l.contact.String(), outcome, monday)
	}
	ended("asked-again") // not to the end of the rule
	ended("returned")
	require.Equal(t, 2, h.rule(l, "no-answer").Round)
	ended("nurturing")
	require.Equal(t, nurturing.Applied{Verdict: nurturing.Free, Then: nurturing.ThenDrop, Round: 3}, h.rule(l, "no-answer"))
}

func TestWhetherTheLeadIsFree(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		change  func(*house, lead)
		verdict string
	}{
		{"nobody has it", func(*house, lead) {}, nurturing.Free},
		{"no consent to marketing was ever given", func(h *house, l lead) { h.exec(`delete from consents where contact_id = $1`, l.contact) }, nurturing.Free},
		{"withdrawn consent", func(h *house, l lead) { h.agree(l, "email_marketing", false, monday.Add(time.Hour)) }, nurturing.OptedOut},
		{"a customer", func(h *house, l lead) { h.exec(`update contacts set lifecycle = 'customer' where id = $1`, l.contact) }, nurturing.Converted},
		{"erased", func(h *house, l lead) { h.exec(`update contacts set lifecycle = 'erased' where id = $1`, l.contact) }, nurturing.Withdrawn},
		{"with sales", func(h *house, l lead) {
			h.exec(`insert into tasks (id, key, kind, title, state, contact_id, created_at) values ($1, 'x', 'lead-follow-up', 'x', 'started', $2, $3)`,
				uuid.New(), l.contact, monday)
		}, nurturing.AskedAgain},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			l := h.lead()
			tc.change(h, l)
			seen, err := h.nurturing.Look(as("lead-recycling", l, "look"), nurturing.Returned{ContactID: l.contact, LeadID: l.id, Reason: "no-answer"})
			require.NoError(t, err)
			require.Equal(t, tc.verdict, seen.Verdict)
			require.Equal(t, tc.verdict, h.rule(l, "no-answer").Verdict)
		})
	}
}

func TestAMemberOfAnAudienceIsOneOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	enlist := func() {
		t.Helper()
		_, err := h.nurturing.Enlist(as("lead-recycling", l, "enlist"), nurturing.Membership{ContactID: l.contact, Audience: "remarketing", Reason: "exhausted"})
		require.NoError(t, err)
	}
	enlist()
	enlist()
	require.Equal(t, 1, one[int](h, `select count(*) from audience_members where removed_at is null`))
	require.Equal(t, 1, one[int](h, `select count(*) from audit_logs where action = 'audience.add'`))
	h.exec(`update audience_members set removed_at = $1`, monday)
	enlist()
	require.Equal(t, 1, one[int](h, `select count(*) from audience_members where removed_at is null`), "taken out, and in again")
}
