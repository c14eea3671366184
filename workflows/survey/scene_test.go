package survey_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/survey"
)

const day = 24 * time.Hour

var (
	in     = survey.Input{For: surveys.Sale, ContactID: uuid.New(), Occasion: "order-1"}
	monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	closes = monday.Add(30 * day)
)

// letter is a message that was handed over, and how long after the start.
type letter struct {
	template string
	after    time.Duration
}

// scene is a run whose activities answer as the tests say: the person is invited, and reminded after three and seven
// days, while their form is open for thirty.
type scene struct {
	*processtest.Env
	invitation surveying.Invitation
	receipt    func(m messages.Message, try int) (messages.Receipt, error)

	mu    sync.Mutex
	reply surveying.Reply
	left  []letter // those that the provider took
	tries int

	invited *processtest.Calls[surveying.Ask]
	sent    *processtest.Calls[messages.Message]
	read    *processtest.Calls[surveying.Invitee]
	taken   *processtest.Calls[messages.Withdrawal]
	opened  *processtest.Calls[tasks.ContactRequest]
}

func newScene(t *testing.T) *scene {
	t.Helper()
	env := processtest.New(t, survey.Process)
	env.SetStartTime(monday)
	s := &scene{Env: env, receipt: takes, invitation: surveying.Invitation{
		Verdict: surveying.Invited, InvitationID: in.InvitationID(), Template: "invitation", Reminder: "reminder",
		RemindAfter: []time.Duration{3 * day, 7 * day}, ExpiresAt: closes,
	}}
	s.invited = processtest.Stub(env, surveying.Invite, func(surveying.Ask) (surveying.Invitation, error) { return s.invitation, nil })
	s.read = processtest.Stub(env, surveying.Read, func(surveying.Invitee) (surveying.Reply, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.reply, nil
	})
	s.sent = processtest.Stub(env, messages.Send, s.send)
	s.taken = processtest.Stub(env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	s.opened = processtest.Stub(env, tasks.OpenForContact, processtest.Returns[tasks.ContactRequest](tasks.Opened{TaskID: uuid.New()}))
	return s
}

// takes is a provider that takes everything.
func takes(messages.Message, int) (messages.Receipt, error) {
	return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
}

func (s *scene) send(m messages.Message) (messages.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	receipt, err := s.receipt(m, s.tries)
	if err == nil && receipt.Left() {
		s.left = append(s.left, letter{m.Template, s.Now().Sub(monday).Round(time.Minute)})
	}
	return receipt, err
}

// answers lets the person fill in the form; heard is false when the run does not get to know.
func (s *scene) answers(after time.Duration, reply surveying.Reply, heard bool) {
	s.After(after, func() {
		s.mu.Lock()
		s.reply = reply
		s.reply.Answered = true
		s.mu.Unlock()
		if heard {
			processtest.Signal(s.Env, survey.Replied, "survey.answered/1", events.Answered{InvitationID: in.InvitationID(), ContactID: in.ContactID})
		}
	})
}

func (s *scene) reacts(after time.Duration, kind journey.Kind) {
	s.After(after, func() {
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: uuid.New(), Kind: kind})
	})
}

func (s *scene) end(t *testing.T) survey.Outcome {
	t.Helper()
	s.Run(survey.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out survey.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	require.Contains(t, []uuid.UUID{in.InvitationID(), uuid.Nil}, out.InvitationID)
	out.InvitationID = uuid.Nil
	return out
}

// lasted is how long the run took.
func (s *scene) lasted() time.Duration { return s.Ended().At.Sub(monday).Round(time.Minute) }
