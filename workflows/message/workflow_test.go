package message_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/message"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	require.Empty(t, explore.Test(t, message.Process).Limits, "the search was not cut short")
}

const hour = time.Hour

var (
	in     = message.Input{RequestID: uuid.New()}
	id     = uuid.New()
	monday = time.Date(2026, 1, 5, 22, 0, 0, 0, time.UTC)
	wanted = messages.Message{
		Template: "order-shipped", ContactID: uuid.New(), Channel: provider.SMS, Urgency: messages.Now, ExpiresAt: monday.Add(48 * hour),
	}
)

// scene is a run whose request asks for wanted; the provider and the gate answer each try as the test says.
type scene struct {
	*processtest.Env
	asked *processtest.Calls[messages.Request]
	sent  *processtest.Calls[messages.Message]
	taken *processtest.Calls[messages.Withdrawal]
}

func newScene(t *testing.T, request messages.Message, receipt func(try int) (messages.Receipt, error)) *scene {
	t.Helper()
	s := &scene{Env: processtest.New(t, message.Process)}
	s.SetStartTime(monday)
	s.asked = processtest.Stub(s.Env, messages.ReadRequest, processtest.Returns[messages.Request](request))
	s.sent = processtest.Stub(s.Env, messages.Send, func(messages.Message) (messages.Receipt, error) { return receipt(s.sent.Count()) })
	s.taken = processtest.Stub(s.Env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	return s
}

func always(r messages.Receipt, err error) func(int) (messages.Receipt, error) {
	return func(int) (messages.Receipt, error) { return r, err }
}

func (s *scene) end(t *testing.T) message.Outcome {
	t.Helper()
	s.Run(message.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out message.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func TestWhatBecomesOfIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		receipt messages.Receipt
		err     error
		want    message.Outcome
	}{
		"sent":          {receipt: messages.Receipt{MessageID: id, State: messages.Sent}, want: message.Outcome{Status: message.Sent, MessageID: id}},
		"no consent":    {receipt: messages.Receipt{MessageID: id, State: messages.Refused, Reason: gate.NoConsent}, want: message.Outcome{Status: message.Refused, Reason: gate.NoConsent, MessageID: id}},
		"no address":    {receipt: messages.Receipt{MessageID: id, State: messages.Refused, Reason: gate.NoAddress}, want: message.Outcome{Status: message.Refused, Reason: gate.NoAddress, MessageID: id}},
		"too late":      {receipt: messages.Receipt{MessageID: id, State: messages.Refused, Reason: gate.Expired}, want: message.Outcome{Status: message.Expired, Reason: gate.Expired, MessageID: id}},
		"turned down":   {receipt: messages.Receipt{MessageID: id, State: messages.Failed, Reason: "smtp-550"}, want: message.Outcome{Status: message.Failed, Reason: "smtp-550", MessageID: id}},
		"in doubt":      {receipt: messages.Receipt{MessageID: id, State: messages.Unknown, Reason: "no-answer"}, want: message.Outcome{Status: message.Unknown, Reason: "no-answer", MessageID: id}},
		"no template":   {err: process.Invalid("unknown-template", "there is no such template"), want: message.Outcome{Status: message.Failed, Reason: "unknown-template"}},
		"provider down": {err: process.Unavailable("the provider does not answer"), want: message.Outcome{Status: message.Failed, Reason: "not-sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, wanted, always(test.receipt, test.err))
			require.Equal(t, test.want, s.end(t))
			require.Equal(t, []messages.Request{{RequestID: in.RequestID}}, s.asked.Args())
			want := wanted
			want.Department = "marketing"
			require.Equal(t, want, s.sent.Args()[0], "as it was asked for, in the name of the owner")
			if test.err == nil {
				require.Equal(t, 1, s.sent.Count(), "and not again, whatever came of it")
			}
			require.Zero(t, s.taken.Count())
		})
	}
}

func TestADepartmentSpeaksForItself(t *testing.T) {
	t.Parallel()
	request := wanted
	request.Department = "service"
	s := newScene(t, request, always(messages.Receipt{MessageID: id, State: messages.Sent}, nil))
	s.end(t)
	require.Equal(t, []messages.Message{request}, s.sent.Args())
}

// What the gate puts off is one message all the same: it resumes, as often as it takes, and the gate is asked anew.
func TestAShiftedMessageLeavesInItsTime(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]messages.Receipt{
		"sent":    {MessageID: id, State: messages.Sent},
		"refused": {MessageID: id, State: messages.Refused, Reason: gate.TopicOptOut}, // the person has left meanwhile
		"expired": {MessageID: id, State: messages.Refused, Reason: gate.Expired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, wanted, func(try int) (messages.Receipt, error) {
				if try <= 2 {
					return messages.Receipt{MessageID: id, State: messages.Shifted, Reason: gate.QuietHours, Until: monday.Add(time.Duration(try) * 10 * hour)}, nil
				}
				return last, nil
			})
			for _, moment := range []struct {
				after time.Duration
				tries int
			}{{10*hour - time.Minute, 1}, {10*hour + time.Minute, 2}, {20*hour - time.Minute, 2}} {
				s.After(moment.after, func() { require.Equal(t, moment.tries, s.sent.Count(), moment.after) })
			}
			require.Equal(t, message.Outcome{Status: name, Reason: last.Reason, MessageID: id}, s.end(t))
			require.Equal(t, 3, s.sent.Count())
			require.Equal(t, uuid.Nil, s.sent.Args()[0].Resume)
			require.Equal(t, id, s.sent.Args()[1].Resume)
			require.Equal(t, id, s.sent.Args()[2].Resume)
			require.WithinDuration(t, monday.Add(20*hour), s.Ended().At, time.Second)
		})
	}
}

func TestAMessageThatIsPutOffForEverIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := newScene(t, wanted, func(try int) (messages.Receipt, error) {
		return messages.Receipt{MessageID: id, State: messages.Shifted, Until: monday.Add(time.Duration(try) * hour)}, nil
	})
	require.Equal(t, message.Outcome{Status: message.Refused, Reason: "shifted-too-often", MessageID: id}, s.end(t))
	require.Equal(t, []messages.Withdrawal{{MessageID: id, Reason: "shifted-too-often"}}, s.taken.Args())
	require.Equal(t, 20, s.sent.Count())
}

// An outside system takes its request back by cancelling the run.
func TestACancelledRunWithdrawsItsMessage(t *testing.T) {
	t.Parallel()
	s := newScene(t, wanted, always(messages.Receipt{MessageID: id, State: messages.Shifted, Until: monday.Add(10 * hour)}, nil))
	s.After(hour, s.CancelWorkflow)
	s.Run(message.Process, in)
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Equal(t, []messages.Withdrawal{{MessageID: id, Reason: "cancelled"}}, s.taken.Args())
	require.Equal(t, 1, s.sent.Count())
	require.WithinDuration(t, monday.Add(hour), s.Ended().At, time.Second)
}

func TestARequestThatIsGone(t *testing.T) {
	t.Parallel()
	s := newScene(t, wanted, always(messages.Receipt{}, nil))
	processtest.Stub(s.Env, messages.ReadRequest, func(r messages.Request) (messages.Message, error) {
		return messages.Message{}, process.NotFound("message request", r.RequestID.String())
	})
	s.Run(message.Process, in)
	require.Equal(t, "not-found", process.Code(s.GetWorkflowError()))
	require.Zero(t, s.sent.Count())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	actions, err := message.Process.On(events.MessageRequested.Name(), []byte(`{"request_id":"`+in.RequestID.String()+`"}`))
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Empty(t, actions[0].Signal)
	require.Equal(t, in.RequestID.String(), actions[0].Subject)
	require.Equal(t, process.OnceEver, message.Process.Describe().Reentry, "one request is one message")
	actions, err = message.Process.On(events.MessageRequested.Name(), []byte(`{}`))
	require.NoError(t, err)
	require.Empty(t, actions)
}
