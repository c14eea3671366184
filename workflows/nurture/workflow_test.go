package nurture_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/nurture"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, nurture.Process)
}

func TestWhoStaysSilentHearsTheWholeTrack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.Equal(t, nurture.Outcome{Status: nurture.Exhausted, Track: "intro", Messages: 3}, s.end(t))
	require.Equal(t, []nurturing.Exhaustion{{ContactID: in.ContactID, LeadID: lead}}, s.exhausted.Args())
	// Planned when the step before has been listened to; sent an hour after it was taken, or at once when that is past.
	first, second := start.Add(time.Hour), start.Add(time.Hour+4*day)
	for i, after := range []time.Time{start, first, second} {
		require.Equal(t, nurturing.Planning{
			ContactID: in.ContactID, LeadID: lead, Track: "intro", Version: 3, Step: i, Since: start, After: after,
		}, s.planned.Args()[i])
	}
	require.Equal(t, second.Add(4*day+4*day), s.Ended().At)
	require.Equal(t, []string{"t1", "t2", "t3"}, templates(s.sent.Args()))
	for _, m := range s.sent.Args() {
		require.Equal(t, lead, m.LeadID)
		require.Equal(t, "marketing", m.Department)
	}
	require.Zero(t, s.credited.Count())
}

func templates(sent []messages.Message) (names []string) {
	for _, m := range sent {
		names = append(names, m.Template)
	}
	return names
}

func TestReactionsMakeALeadReady(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.react(2*time.Hour, journey.Opened)
	s.react(3*time.Hour, journey.Opened) // opened again
	s.react(5*time.Hour, journey.Clicked)
	s.react(4*day+3*time.Hour, journey.Clicked) // the second message
	require.Equal(t, nurture.Outcome{Status: nurture.SalesReady, Track: "intro", Messages: 2, Score: 23}, s.end(t))
	require.Equal(t, []string{"opened", "clicked", "clicked"}, kinds(s.credited.Args()), "each kind once for each message")
	require.Equal(t, []records.GivingBack{{LeadID: lead, Reason: records.SalesReady}}, s.returned.Args())
	require.Equal(t, start.Add(4*day+3*time.Hour), s.Ended().At, "at once")
	require.ElementsMatch(t, []notify.Message{
		{Template: notify.LeadReturned, Channel: notify.Email, UserID: owner, LeadID: lead, TaskID: s.given.TaskID},
		{Template: notify.LeadReturned, Channel: notify.Webhook, UserID: owner, LeadID: lead, TaskID: s.given.TaskID},
	}, s.told.Args())
}

func kinds(reactions []nurturing.Reaction) (names []string) {
	for _, r := range reactions {
		names = append(names, r.Kind)
	}
	return names
}

func TestALateReactionToAnEarlierMessageCounts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(4*day+5*time.Hour, func() {
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: s.ids[0], Kind: journey.Clicked})
	})
	require.Equal(t, nurture.Exhausted, s.end(t).Status)
	require.Equal(t, []nurturing.Reaction{{LeadID: lead, MessageID: s.ids[0], Kind: "clicked", Track: "intro", Version: 3}}, s.credited.Args())
}

func TestWhoWritesBackIsAnswered(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*scene){
		"to the message": func(s *scene) { s.react(3*time.Hour, journey.Replied) },
		"in a message of their own": func(s *scene) {
			s.After(3*time.Hour, func() { processtest.Signal(s.Env, nurture.WroteBack, "", nurture.Fact{}) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			write(s)
			require.Equal(t, nurture.Replied, s.end(t).Status)
			require.Equal(t, []tasks.Request{{Kind: tasks.Reply, For: tasks.Owner, LeadID: lead, Within: 4 * time.Hour}}, s.asked.Args())
			require.Equal(t, 1, s.sent.Count(), "and hears no more of the track")
			require.Equal(t, 2, s.told.Count())
			require.Equal(t, start.Add(3*time.Hour), s.Ended().At)
		})
	}
}

func TestFactsEndTheJourneyWhateverItWaitsFor(t *testing.T) {
	t.Parallel()
	shift := func(s *scene) {
		s.receipt = func(m messages.Message) messages.Receipt {
			return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Reason: gate.QuietHours, Until: start.Add(2 * day)}
		}
	}
	for name, tc := range map[string]struct {
		change func(*scene)
		after  time.Duration
		sent   int
		taken  int
	}{
		"the best hour":              {func(*scene) {}, 30 * time.Minute, 0, 0},
		"reactions":                  {func(*scene) {}, 2 * day, 1, 0},
		"a message that was put off": {shift, day, 1, 1},
	} {
		for _, fact := range []struct {
			send   func(*scene)
			status string
		}{
			{func(s *scene) { processtest.Signal(s.Env, nurture.Bought, "", nurture.Fact{}) }, nurture.Converted},
			{func(s *scene) { processtest.Signal(s.Env, nurture.Declined, "", nurture.Fact{}) }, nurture.OptedOut},
		} {
			t.Run(name+", "+fact.status, func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				tc.change(s)
				s.After(tc.after, func() { fact.send(s) })
				require.Equal(t, fact.status, s.end(t).Status)
				require.Equal(t, start.Add(tc.after), s.Ended().At)
				require.Equal(t, tc.sent, s.sent.Count())
				require.Equal(t, tc.taken, s.taken.Count(), "what was put off is taken back")
			})
		}
	}
}

func TestABouncedChannelIsGivenUpAndTheNextTried(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.plan = func(p nurturing.Planning) nurturing.Planned {
		planned := write(p)
		switch len(p.Closed) {
		case 1:
			planned.Channel = provider.SMS
		case 2:
			planned = nurturing.Planned{Verdict: nurturing.Unreachable}
		}
		return planned
	}
	s.react(2*time.Hour, journey.Bounced)
	s.react(5*time.Hour, journey.Bounced)
	require.Equal(t, nurture.Outcome{Status: nurture.Unreachable, Reason: "no-channel", Track: "intro", Messages: 2}, s.end(t))
	require.Equal(t, []provider.Channel{provider.Email, provider.SMS}, []provider.Channel{s.sent.Args()[0].Channel, s.sent.Args()[1].Channel})
	require.Equal(t, []provider.Channel{provider.Email, provider.SMS}, s.planned.Args()[2].Closed)
}

func TestWhatARefusalOfTheGateMeans(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]nurture.Outcome{
		gate.NoContact:    {Status: nurture.Withdrawn, Reason: gate.NoContact},
		gate.NewCustomer:  {Status: nurture.Converted, Reason: gate.NewCustomer},
		gate.TopicOptOut:  {Status: nurture.OptedOut, Reason: gate.TopicOptOut},
		gate.NoConsent:    {Status: nurture.OptedOut, Reason: gate.NoConsent},
		gate.Suppressed:   {Status: nurture.Unreachable, Reason: gate.Suppressed},
		gate.FrequencyCap: {Status: nurture.Exhausted},
		gate.Expired:      {Status: nurture.Exhausted},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(messages.Message) messages.Receipt {
				return messages.Receipt{State: messages.Refused, Reason: reason}
			}
			want.Track = "intro"
			require.Equal(t, want, s.end(t))
		})
	}
}

func TestStepsThatAreNotForThePerson(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.plan = func(p nurturing.Planning) nurturing.Planned {
		switch p.Step {
		case 1:
			return nurturing.Planned{Verdict: nurturing.Skip}
		case 2:
			return nurturing.Planned{Verdict: nurturing.Over}
		}
		return nurturing.Planned{}
	}
	require.Equal(t, nurture.Outcome{Status: nurture.Exhausted, Track: "intro", Messages: 1}, s.end(t))
	require.Equal(t, []string{"t1"}, templates(s.sent.Args()))
}

func TestNothingToNurture(t *testing.T) {
	t.Parallel()
	env := processtest.New(t, nurture.Process)
	processtest.Stub(env, nurturing.Choose, processtest.Returns[nurturing.Candidate](nurturing.Choice{Verdict: nurturing.Unsuited, Reason: nurturing.NoConsent}))
	env.Run(nurture.Process, in)
	require.NoError(t, env.GetWorkflowError())
	var out nurture.Outcome
	require.NoError(t, env.GetWorkflowResult(&out))
	require.Equal(t, nurture.Outcome{Status: nurture.Unsuited, Reason: nurturing.NoConsent}, out)
}

func TestWhichChoicesEndNurturing(t *testing.T) {
	t.Parallel()
	require.True(t, nurture.Declines(events.Choice{}))
	require.True(t, nurture.Declines(events.Choice{Purpose: "email_marketing"}))
	require.False(t, nurture.Declines(events.Choice{Topic: "offers"}), "the gate keeps a topic for each message")
	require.False(t, nurture.Declines(events.Choice{Purpose: "tracking"}))
}
