package arrival_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/arrivals"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/arrival"
	"github.com/perdura/perdura/workflows/resend"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, arrival.Process, explore.Fan(1), explore.Paths(20_000))
	for _, limit := range r.Limits {
		require.False(t, strings.HasPrefix(limit, "the search stopped"), "the search was not cut short: %s", limit)
	}
}

const day = 24 * time.Hour

var (
	in      = arrival.Input{OrderID: "order-1", ContactID: uuid.New(), ArrivesOn: "2026-01-05"}
	morning = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
)

// scene is a run that asks ten hours after its start, reminds after a day and gives up two days later.
type scene struct {
	*processtest.Env
	said    *processtest.Calls[messages.Message]
	planned *processtest.Calls[arrivals.Delivery]
	read    *processtest.Calls[arrivals.Asked]
	opened  *processtest.Calls[tasks.ContactRequest]
	answers []answers.Meaning
	last    uuid.UUID // the last message that left
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{Env: processtest.New(t, arrival.Process, resend.Process)}
	s.SetStartTime(morning)
	s.planned = processtest.Stub(s.Env, arrivals.MakePlan, func(d arrivals.Delivery) (arrivals.Plan, error) {
		on, err := time.Parse(time.DateOnly, d.ArrivesOn)
		return arrivals.Plan{AskAt: on.Add(18 * time.Hour), Channel: "sms", RemindAfter: day, GiveUpAfter: 2 * day}, err
	})
	s.said = processtest.Stub(s.Env, messages.Send, func(messages.Message) (messages.Receipt, error) {
		s.last = uuid.New()
		return messages.Receipt{MessageID: s.last, State: messages.Sent}, nil
	})
	s.read = processtest.Stub(s.Env, arrivals.Understand, func(arrivals.Asked) (arrivals.Answer, error) {
		meaning := s.answers[0]
		s.answers = s.answers[1:]
		return arrivals.Answer{Meaning: meaning, InboundID: uuid.New()}, nil
	})
	s.opened = processtest.Stub(s.Env, tasks.OpenForContact, processtest.Returns[tasks.ContactRequest](tasks.Opened{TaskID: uuid.New(), AssigneeID: uuid.New()}))
	processtest.Stub(s.Env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	return s
}

// resent lists the orders that are sent again.
func (s *scene) resent() (orders []string) {
	for _, o := range s.Opened() {
		if o.Process == resend.Process.Name() {
			orders = append(orders, o.Subject)
		}
	}
	return orders
}

// replies lets the customer answer so long after the start, in words that mean this.
func (s *scene) replies(after time.Duration, meaning answers.Meaning) {
	s.answers = append(s.answers, meaning)
	s.reacts(after, journey.Replied)
}

func (s *scene) reacts(after time.Duration, kind journey.Kind) {
	s.After(after, func() {
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: s.last, Kind: kind})
	})
}

func (s *scene) end(t *testing.T) arrival.Outcome {
	t.Helper()
	s.Run(arrival.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out arrival.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func (s *scene) letters() []string {
	var names []string
	for _, m := range s.said.Args() {
		names = append(names, m.Template)
	}
	return names
}

func TestWhatFollowsTheAnswer(t *testing.T) {
	t.Parallel()
	type reply struct {
		after   time.Duration
		meaning answers.Meaning
	}
	for name, test := range map[string]struct {
		replies []reply
		status  string
		letters []string
		lasted  time.Duration
	}{
		"yes":                 {[]reply{{11 * time.Hour, answers.Yes}}, arrival.Arrived, []string{arrival.Question, arrival.Thanks}, 11 * time.Hour},
		"no":                  {[]reply{{11 * time.Hour, answers.No}}, arrival.Missing, []string{arrival.Question, arrival.Apology}, 11 * time.Hour},
		"unclear, then yes":   {[]reply{{11 * time.Hour, answers.Unclear}, {12 * time.Hour, answers.Yes}}, arrival.Arrived, []string{arrival.Question, arrival.Clarify, arrival.Thanks}, 12 * time.Hour},
		"unclear twice":       {[]reply{{11 * time.Hour, answers.Unclear}, {12 * time.Hour, answers.Unclear}}, arrival.HandedOver, []string{arrival.Question, arrival.Clarify, arrival.Somebody}, 12 * time.Hour},
		"an absence note":     {[]reply{{11 * time.Hour, ""}, {12 * time.Hour, answers.Yes}}, arrival.Arrived, []string{arrival.Question, arrival.Thanks}, 12 * time.Hour},
		"after the reminder":  {[]reply{{40 * time.Hour, answers.Yes}}, arrival.Arrived, []string{arrival.Question, arrival.Reminder, arrival.Thanks}, 40 * time.Hour},
		"silence":             {nil, arrival.Silent, []string{arrival.Question, arrival.Reminder}, 10*time.Hour + 3*day},
		"unclear and silence": {[]reply{{11 * time.Hour, answers.Unclear}}, arrival.Silent, []string{arrival.Question, arrival.Clarify, arrival.Reminder}, 11*time.Hour + 3*day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			for _, r := range test.replies {
				s.replies(r.after, r.meaning)
			}
			require.Equal(t, test.status, s.end(t).Status)
			require.Equal(t, test.letters, s.letters())
			require.Equal(t, test.lasted, s.Ended().At.Sub(morning).Round(time.Minute))
			for _, m := range s.said.Args() {
				require.Equal(t, messages.Message{Template: m.Template, ContactID: in.ContactID, Channel: "sms", Department: "customer-service"}, m)
			}
			require.Equal(t, test.status == arrival.Missing, len(s.resent()) == 1, "it is sent again when it is missing, and only then")
		})
	}
}

func TestTheManagerGetsTheContext(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.replies(11*time.Hour, answers.No)
	s.end(t)
	alert := s.opened.Args()[0]
	require.Equal(t, tasks.ContactRequest{Kind: tasks.DeliveryMissing, For: tasks.Manager, ContactID: in.ContactID, Within: 2 * time.Hour,
		OrderID: "order-1", InboundID: alert.InboundID}, alert)
	require.NotZero(t, alert.InboundID, "what the customer wrote is named")
	require.Equal(t, []string{"order-1"}, s.resent())
}

func TestTheDayMoves(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"before anybody asked": time.Hour, "while the answer is awaited": 11 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.After(after, func() { processtest.Signal(s.Env, arrival.Moved, "", arrival.Another{ArrivesOn: "2026-01-07"}) })
			s.replies(2*day+11*time.Hour, answers.Yes)
			require.Equal(t, arrival.Arrived, s.end(t).Status)
			require.Equal(t, "2026-01-07", s.planned.Args()[1].ArrivesOn)
			require.Equal(t, arrival.Question, s.letters()[s.said.Count()-2], "the question comes on the new day")
		})
	}
}

func TestWhoIsNotAskedAnyMore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*scene)
		want    arrival.Outcome
	}{
		"the order was cancelled": {func(s *scene) {
			s.After(time.Hour, func() { processtest.Signal(s.Env, arrival.Revoke, "", arrival.Nothing{}) })
		}, arrival.Outcome{Status: arrival.Cancelled}},
		"the number is dead": {func(s *scene) { s.reacts(11*time.Hour, journey.Bounced) }, arrival.Outcome{Status: arrival.Unreachable, Reason: "bounced"}},
		"they wrote STOP":    {func(s *scene) { s.reacts(11*time.Hour, journey.Unsubscribed) }, arrival.Outcome{Status: arrival.OptedOut, Reason: "unsubscribed"}},
		"they complained":    {func(s *scene) { s.reacts(11*time.Hour, journey.Complained) }, arrival.Outcome{Status: arrival.OptedOut, Reason: "complained"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.happens(s)
			require.Equal(t, test.want, s.end(t))
			require.Empty(t, s.resent())
		})
	}
}

// A delivery that is moved without end goes on as a new run, which asks on the day that was told last.
func TestEndlessMovesGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.SetContinueAsNewSuggested(true)
	s.After(11*time.Hour, func() {
		s.SignalWorkflowSkippingWorkflowTask(arrival.Moved.Name(), process.Delivery{Data: []byte(`{"arrives_on":"2026-01-07"}`)})
		processtest.Signal(s.Env, arrival.Moved, "", arrival.Another{ArrivesOn: "2026-01-09"})
	})
	s.Run(arrival.Process, in)
	next, envelope := processtest.Continued[arrival.Input](s.Env)
	require.Equal(t, "2026-01-07", next.ArrivesOn)
	require.Equal(t, arrival.SoFar{Asked: []uuid.UUID{s.last}}, next.SoFar)
	require.Len(t, envelope.Carry.Inbox[arrival.Moved.Name()], 1, "the second move is not lost")

	s = newScene(t)
	s.RunWith(arrival.Process, next, envelope)
	require.Equal(t, arrival.Silent, s.Ended().Outcome)
	require.Equal(t, "2026-01-09", s.planned.Args()[1].ArrivesOn)
}

// So does one that gets absence notes without end: it is not asked again, and answers of the customer count.
func TestEndlessAbsenceNotesGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.SetContinueAsNewSuggested(true)
	s.replies(11*time.Hour, "")
	s.Run(arrival.Process, in)
	next, envelope := processtest.Continued[arrival.Input](s.Env)
	asked := s.last

	s = newScene(t)
	s.last = asked
	s.replies(time.Hour, answers.Yes)
	s.RunWith(arrival.Process, next, envelope)
	require.Equal(t, arrival.Arrived, s.Ended().Outcome)
	require.Equal(t, []string{arrival.Thanks}, s.letters(), "nobody is asked a second time")
	require.Equal(t, []uuid.UUID{asked}, s.read.Args()[0].Messages)
	require.Zero(t, s.planned.Count())
}
