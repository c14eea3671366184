package optin_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/optin"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, optin.Process)
}

const day = 24 * time.Hour

var (
	in    = optin.Input{OptInID: uuid.New(), ContactID: uuid.New()}
	start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	ref   = optins.Ref{OptInID: in.OptInID}
)

// scene is a run whose activities answer as the tests say.
type scene struct {
	*processtest.Env
	terms  optins.Terms
	answer func(m messages.Message) (messages.Receipt, error)
	late   bool // the person clicks at the very end
	sent   *processtest.Calls[messages.Message]
	closed *processtest.Calls[optins.Ref]
	taken  *processtest.Calls[messages.Withdrawal]
}

func newScene(t *testing.T) *scene {
	t.Helper()
	env := processtest.New(t, optin.Process)
	env.SetStartTime(start)
	s := &scene{Env: env, terms: optins.Terms{Until: start.Add(7 * day)}}
	s.answer = func(messages.Message) (messages.Receipt, error) {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
	}
	processtest.Stub(env, optins.Read, func(optins.Ref) (optins.Terms, error) { return s.terms, nil })
	s.sent = processtest.Stub(env, messages.Send, func(m messages.Message) (messages.Receipt, error) { return s.answer(m) })
	s.taken = processtest.Stub(env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	s.closed = processtest.Stub(env, optins.Close, func(optins.Ref) (optins.Closed, error) { return optins.Closed{Confirmed: s.late}, nil })
	return s
}

func (s *scene) click(after time.Duration) {
	s.After(after, func() { processtest.Signal(s.Env, optin.ConfirmedByPerson, "", optin.Confirmation{}) })
}

func (s *scene) end(t *testing.T) optin.Outcome {
	t.Helper()
	s.Run(optin.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out optin.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func TestAClickConfirms(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.click(6 * day)
	require.Equal(t, optin.Outcome{Status: optin.Confirmed}, s.end(t))
	require.Equal(t, []messages.Message{{
		Template: "confirm-opt-in", ContactID: in.ContactID, OptInID: in.OptInID, Department: "marketing", ExpiresAt: start.Add(7 * day),
	}}, s.sent.Args(), "one message, and no reminder that the terms do not ask for")
	require.Zero(t, s.closed.Count(), "a confirmed opt-in is not closed")
	require.Equal(t, start.Add(6*day), s.Ended().At)
}

func TestTwoClicksAreOne(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.click(time.Hour)
	s.click(time.Hour)
	require.Equal(t, optin.Confirmed, s.end(t).Status)
}

func TestNobodyClicks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.Equal(t, optin.Outcome{Status: optin.Expired}, s.end(t))
	require.Equal(t, []optins.Ref{ref}, s.closed.Args())
	require.Equal(t, start.Add(7*day), s.Ended().At)
}

func TestAClickAtTheLastMomentCounts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.late = true
	require.Equal(t, optin.Outcome{Status: optin.Confirmed}, s.end(t))
}

func TestOneReminder(t *testing.T) {
	t.Parallel()
	t.Run("nobody clicks", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.terms.RemindAt = start.Add(2 * day)
		s.After(2*day-time.Minute, func() { require.Equal(t, 1, s.sent.Count()) })
		s.After(2*day+time.Minute, func() { require.Equal(t, 2, s.sent.Count()) })
		require.Equal(t, optin.Outcome{Status: optin.Expired, Reminded: true}, s.end(t))
		require.Equal(t, 2, s.sent.Count())
		require.NotEqual(t, s.sent.Keys()[0], s.sent.Keys()[1], "the reminder is a message of its own")
	})
	t.Run("the click comes before", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.terms.RemindAt = start.Add(2 * day)
		s.click(day)
		require.Equal(t, optin.Outcome{Status: optin.Confirmed}, s.end(t))
		require.Equal(t, 1, s.sent.Count())
	})
	t.Run("the click comes while the reminder waits for a good hour", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.terms.RemindAt = start.Add(2 * day)
		held := messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Until: start.Add(3 * day)}
		s.answer = func(messages.Message) (messages.Receipt, error) {
			if s.sent.Count() > 1 {
				return held, nil
			}
			return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
		}
		s.click(2*day + time.Hour)
		require.Equal(t, optin.Confirmed, s.end(t).Status)
		require.Equal(t, []messages.Withdrawal{{MessageID: held.MessageID, Reason: "confirmed"}}, s.taken.Args())
		require.Equal(t, start.Add(2*day+time.Hour), s.Ended().At)
	})
}

func TestWhoCannotBeAskedIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.answer = func(messages.Message) (messages.Receipt, error) {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Refused, Reason: "suppressed"}, nil
	}
	require.Equal(t, optin.Outcome{Status: optin.Refused, Reason: "suppressed"}, s.end(t))
	require.Equal(t, []optins.Ref{ref}, s.closed.Args(), "the link does not work any more")
	require.Equal(t, start, s.Ended().At)
}

func TestABounceEndsTheWait(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	message := uuid.New()
	s.answer = func(messages.Message) (messages.Receipt, error) {
		return messages.Receipt{MessageID: message, State: messages.Sent}, nil
	}
	hear := func(after time.Duration, kind journey.Kind) {
		s.After(after, func() {
			processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: message, Kind: kind})
		})
	}
	hear(time.Minute, journey.Delivered)
	hear(time.Hour, journey.Bounced)
	require.Equal(t, optin.Outcome{Status: optin.Refused, Reason: "bounced"}, s.end(t))
	require.Equal(t, start.Add(time.Hour), s.Ended().At)
	require.Equal(t, 1, s.closed.Count())
}

func TestACancelledRunClosesTheLink(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(time.Hour, s.CancelWorkflow)
	s.Run(optin.Process, in)
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Equal(t, []optins.Ref{ref}, s.closed.Args())
}

func TestAFailingSendClosesTheLink(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.answer = func(messages.Message) (messages.Receipt, error) {
		return messages.Receipt{}, process.Invalid("unknown-template", "there is no template confirm-opt-in")
	}
	s.Run(optin.Process, in)
	require.Error(t, s.GetWorkflowError())
	require.Equal(t, []optins.Ref{ref}, s.closed.Args())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	data := []byte(`{"opt_in_id":"` + in.OptInID.String() + `","contact_id":"` + in.ContactID.String() + `"}`)
	for event, signal := range map[string]string{
		events.OptInAsked.Name(): "", events.OptInConfirmed.Name(): "confirmed",
	} {
		actions, err := optin.Process.On(event, data)
		require.NoError(t, err)
		require.Len(t, actions, 1, event)
		require.Equal(t, signal, actions[0].Signal)
		require.Equal(t, in.OptInID.String(), actions[0].Subject)
	}
}
