package recycling_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/nurture"
	"github.com/perdura/perdura/workflows/recycling"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, recycling.Process)
}

const day = 24 * time.Hour

var (
	start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	in    = recycling.Input{ContactID: uuid.New(), LeadID: uuid.New(), Reason: "no-budget"}
	owner = uuid.New()
	task  = uuid.New()
)

// scene is a run whose activities answer as a test says.
type scene struct {
	*processtest.Env
	rule     nurturing.Applied
	seen     string
	given    records.GivenBack
	looked   *processtest.Calls[nurturing.Returned]
	returned *processtest.Calls[records.GivingBack]
	enlisted *processtest.Calls[nurturing.Membership]
	told     *processtest.Calls[notify.Message]
}

func newScene(t *testing.T, then string) *scene {
	t.Helper()
	env := processtest.New(t, recycling.Process, nurture.Process)
	env.SetStartTime(start)
	s := &scene{Env: env, seen: nurturing.Free, given: records.GivenBack{Verdict: records.Given, AssigneeID: owner, TaskID: task}}
	s.rule = nurturing.Applied{Verdict: nurturing.Free, Cooling: 90 * day, Then: then, Track: "recycled", Audience: "remarketing", Round: 2}
	processtest.Stub(env, nurturing.ReadRule, func(r nurturing.Returned) (nurturing.Applied, error) {
		require.Equal(t, nurturing.Returned(in), r)
		return s.rule, nil
	})
	s.looked = processtest.Stub(env, nurturing.Look, func(nurturing.Returned) (nurturing.Seen, error) { return nurturing.Seen{Verdict: s.seen}, nil })
	s.returned = processtest.Stub(env, records.GiveBack, func(records.GivingBack) (records.GivenBack, error) { return s.given, nil })
	s.enlisted = processtest.Stub(env, nurturing.Enlist, processtest.Returns[nurturing.Membership](struct{}{}))
	s.told = processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	processtest.Stub(env, nurturing.Choose, processtest.Returns[nurturing.Candidate](nurturing.Choice{Verdict: nurturing.Unsuited}))
	return s
}

func (s *scene) end(t *testing.T) (recycling.Outcome, time.Time) {
	t.Helper()
	s.Run(recycling.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out recycling.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out, s.Ended().At
}

func TestTheRuleIsAppliedWhenTheTimeIsOver(t *testing.T) {
	t.Parallel()
	t.Run("nurture", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, nurturing.ThenNurture)
		out, at := s.end(t)
		require.Equal(t, recycling.Outcome{Status: recycling.Nurturing, Round: 2}, out)
		require.Equal(t, start.Add(90*day), at)
	})
	t.Run("back to sales", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, nurturing.ThenReturn)
		out, at := s.end(t)
		require.Equal(t, recycling.Outcome{Status: recycling.Returned, Round: 2}, out)
		require.Equal(t, start.Add(90*day), at)
		require.Equal(t, []records.GivingBack{{LeadID: in.LeadID, Reason: records.Cooled}}, s.returned.Args())
		require.ElementsMatch(t, []notify.Message{
			{Template: notify.LeadReturned, Channel: notify.Email, UserID: owner, LeadID: in.LeadID, TaskID: task},
			{Template: notify.LeadReturned, Channel: notify.Webhook, UserID: owner, LeadID: in.LeadID, TaskID: task},
		}, s.told.Args())
	})
	t.Run("into an audience", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, nurturing.ThenAudience)
		out, _ := s.end(t)
		require.Equal(t, recycling.Outcome{Status: recycling.Audience, Round: 2}, out)
		require.Equal(t, []nurturing.Membership{{ContactID: in.ContactID, Audience: "remarketing", Reason: "no-budget"}}, s.enlisted.Args())
		require.Zero(t, s.returned.Count())
	})
	t.Run("drop", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, nurturing.ThenDrop)
		out, at := s.end(t)
		require.Equal(t, recycling.Outcome{Status: recycling.Dropped, Round: 2}, out)
		require.Equal(t, start, at, "nothing follows that would have to wait")
	})
}

func TestSalesHasTheLeadByThen(t *testing.T) {
	t.Parallel()
	s := newScene(t, nurturing.ThenReturn)
	s.given = records.GivenBack{Verdict: records.WithSales}
	out, _ := s.end(t)
	require.Equal(t, recycling.AskedAgain, out.Status)
	require.Zero(t, s.told.Count())
}

func TestWhatThePersonDoesComesFirst(t *testing.T) {
	t.Parallel()
	for status, tell := range map[string]func(*scene){
		recycling.AskedAgain: func(s *scene) { processtest.Signal(s.Env, recycling.CameBack, "", nurture.Fact{}) },
		recycling.Converted:  func(s *scene) { processtest.Signal(s.Env, recycling.Bought, "", nurture.Fact{}) },
		recycling.OptedOut:   func(s *scene) { processtest.Signal(s.Env, recycling.Declined, "", nurture.Fact{}) },
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, nurturing.ThenReturn)
			s.After(30*day, func() { tell(s) })
			out, at := s.end(t)
			require.Equal(t, recycling.Outcome{Status: status, Round: 2}, out)
			require.Equal(t, start.Add(30*day), at)
			require.Zero(t, s.looked.Count()+s.returned.Count())
		})
	}
}

func TestHowThingsStandIsSeenBeforeAndAfter(t *testing.T) {
	t.Parallel()
	for verdict, status := range map[string]string{
		nurturing.AskedAgain: recycling.AskedAgain, nurturing.Converted: recycling.Converted,
		nurturing.OptedOut: recycling.OptedOut, nurturing.Withdrawn: recycling.Dropped,
	} {
		t.Run(verdict+" before", func(t *testing.T) {
			t.Parallel()
			s := newScene(t, nurturing.ThenReturn)
			s.rule = nurturing.Applied{Verdict: verdict}
			out, at := s.end(t)
			require.Equal(t, recycling.Outcome{Status: status}, out)
			require.Equal(t, start, at)
		})
		t.Run(verdict+" after", func(t *testing.T) {
			t.Parallel()
			s := newScene(t, nurturing.ThenReturn)
			s.seen = verdict
			out, at := s.end(t)
			require.Equal(t, recycling.Outcome{Status: status, Round: 2}, out)
			require.Equal(t, start.Add(90*day), at)
			require.Zero(t, s.returned.Count())
		})
	}
}
