package survey_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/survey"
)

func TestWhoIsNotAsked(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[string]string{
		surveying.AskedBefore: survey.Refused, surveying.NoSurvey: survey.Refused, surveying.Nobody: survey.Unreachable,
	} {
		s := newScene(t)
		s.invitation = surveying.Invitation{Verdict: verdict}
		require.Equal(t, survey.Outcome{Status: want, Reason: verdict}, s.end(t))
		require.Zero(t, s.sent.Count(), "one invitation per person and occasion, and none to nobody")
	}
}

func TestAnInvitationThatDoesNotLeave(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		receipt messages.Receipt
		err     error
		want    survey.Outcome
	}{
		"no consent":       {receipt: messages.Receipt{State: messages.Refused, Reason: gate.NoConsent}, want: survey.Outcome{Status: survey.Refused, Reason: gate.NoConsent}},
		"topic not wanted": {receipt: messages.Receipt{State: messages.Refused, Reason: gate.TopicOptOut}, want: survey.Outcome{Status: survey.Refused, Reason: gate.TopicOptOut}},
		"too late":         {receipt: messages.Receipt{State: messages.Refused, Reason: gate.Expired}, want: survey.Outcome{Status: survey.Refused, Reason: gate.Expired}},
		"no address":       {receipt: messages.Receipt{State: messages.Refused, Reason: gate.NoAddress}, want: survey.Outcome{Status: survey.Unreachable, Reason: gate.NoAddress}},
		"no such person":   {receipt: messages.Receipt{State: messages.Refused, Reason: gate.NoContact}, want: survey.Outcome{Status: survey.Unreachable, Reason: gate.NoContact}},
		"turned down":      {receipt: messages.Receipt{State: messages.Failed, Reason: "smtp-550"}, want: survey.Outcome{Status: survey.Unreachable, Reason: "smtp-550"}},
		"no template":      {err: process.Invalid("unknown-template", "there is no such template"), want: survey.Outcome{Status: survey.Unreachable, Reason: "not-sent"}},
		"provider down":    {err: process.Unavailable("the provider does not answer"), want: survey.Outcome{Status: survey.Unreachable, Reason: "not-sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(messages.Message, int) (messages.Receipt, error) { return test.receipt, test.err }
			require.Equal(t, test.want, s.end(t))
			require.Zero(t, s.read.Count(), "nobody waits for an answer to what did not leave")
			require.LessOrEqual(t, s.lasted(), day)
		})
	}
}

// A message in doubt may have arrived: its answer is waited for, and it is not sent again.
func TestAnInvitationInDoubtIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.receipt = func(messages.Message, int) (messages.Receipt, error) {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Unknown, Reason: "no-answer"}, nil
	}
	s.answers(day, content, true)
	require.Equal(t, survey.Answered, s.end(t).Status)
	require.Equal(t, []letter{{"invitation", 0}, {"thanks", day}}, s.left)
}

func TestReactions(t *testing.T) {
	t.Parallel()
	silent := survey.Outcome{Status: survey.Silent}
	for kind, want := range map[journey.Kind]survey.Outcome{
		journey.Unsubscribed: {Status: survey.OptedOut, Reason: "unsubscribed"},
		journey.Complained:   {Status: survey.OptedOut, Reason: "complained"},
		journey.Bounced:      {Status: survey.Unreachable, Reason: "bounced"},
		journey.SoftBounced:  silent, journey.Delivered: silent, journey.Opened: silent, journey.Clicked: silent, journey.Replied: silent,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.reacts(4*day, kind)
			require.Equal(t, want, s.end(t))
			if want == silent {
				require.Equal(t, 30*day, s.lasted())
				require.Len(t, s.left, 3)
				return
			}
			require.Equal(t, 4*day, s.lasted())
			require.Equal(t, []letter{{"invitation", 0}, {"reminder", 3 * day}}, s.left, "there is no second reminder")
		})
		t.Run(string(kind)+" while a reminder is held back", func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(m messages.Message, try int) (messages.Receipt, error) {
				if until := monday.Add(6 * day); m.Template == "reminder" && s.Now().Before(until) {
					return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Until: until}, nil
				}
				return takes(m, try)
			}
			s.reacts(4*day, kind)
			require.Equal(t, want, s.end(t))
			if want != silent {
				require.Equal(t, 4*day, s.lasted())
				require.Equal(t, 1, s.taken.Count())
				require.Len(t, s.left, 1)
			}
		})
	}
}

func TestAReminderThatThePolicyRefuses(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]survey.Outcome{
		gate.NoConsent:    {Status: survey.OptedOut, Reason: gate.NoConsent},
		gate.TopicOptOut:  {Status: survey.OptedOut, Reason: gate.TopicOptOut},
		gate.Suppressed:   {Status: survey.OptedOut, Reason: gate.Suppressed},
		gate.FrequencyCap: {Status: survey.Silent},
		gate.Collision:    {Status: survey.Silent},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(m messages.Message, try int) (messages.Receipt, error) {
				if m.Template == "reminder" {
					return messages.Receipt{MessageID: uuid.New(), State: messages.Refused, Reason: reason}, nil
				}
				return takes(m, try)
			}
			require.Equal(t, want, s.end(t))
			lasted := map[string]time.Duration{survey.OptedOut: 3 * day, survey.Silent: 30 * day}
			require.Equal(t, lasted[want.Status], s.lasted())
		})
	}
}
