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
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/nurture"
)

const day = 24 * time.Hour

var (
	start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	in    = nurture.Input{ContactID: uuid.New()}
	lead  = uuid.New()
	owner = uuid.New()
)

// scene is a run on a track of three steps, four days apart, each taken an hour after it is planned. Its activities
// answer as a test says.
type scene struct {
	*processtest.Env
	plan    func(nurturing.Planning) nurturing.Planned
	receipt func(messages.Message) messages.Receipt
	score   int
	given   records.GivenBack

	planned   *processtest.Calls[nurturing.Planning]
	sent      *processtest.Calls[messages.Message]
	taken     *processtest.Calls[messages.Withdrawal]
	credited  *processtest.Calls[nurturing.Reaction]
	exhausted *processtest.Calls[nurturing.Exhaustion]
	returned  *processtest.Calls[records.GivingBack]
	asked     *processtest.Calls[tasks.Request]
	told      *processtest.Calls[notify.Message]
	ids       []uuid.UUID // of the messages that left
}

func newScene(t *testing.T) *scene {
	t.Helper()
	env := processtest.New(t, nurture.Process)
	env.SetStartTime(start)
	s := &scene{Env: env, given: records.GivenBack{Verdict: records.Given, AssigneeID: owner, TaskID: uuid.New()}}
	s.plan = func(nurturing.Planning) nurturing.Planned { return nurturing.Planned{} }
	s.receipt = func(m messages.Message) messages.Receipt {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent, Channel: m.Channel}
	}
	processtest.Stub(env, nurturing.Choose, processtest.Returns[nurturing.Candidate](
		nurturing.Choice{Verdict: nurturing.Chosen, LeadID: lead, Track: "intro", Version: 3, Steps: 3}))
	s.planned = processtest.Stub(env, nurturing.Plan, func(p nurturing.Planning) (nurturing.Planned, error) {
		if planned := s.plan(p); planned.Verdict != "" {
			return planned, nil
		}
		return write(p), nil
	})
	s.sent = processtest.Stub(env, messages.Send, func(m messages.Message) (messages.Receipt, error) {
		receipt := s.receipt(m)
		if receipt.Left() {
			s.ids = append(s.ids, receipt.MessageID)
		}
		return receipt, nil
	})
	s.taken = processtest.Stub(env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	s.credited = processtest.Stub(env, nurturing.Credit, func(r nurturing.Reaction) (nurturing.Standing, error) {
		s.score += map[string]int{"opened": 3, "clicked": 10, "replied": 25}[r.Kind]
		return nurturing.Standing{Score: s.score, Tier: "cold", Ready: s.score >= 20}, nil
	})
	s.exhausted = processtest.Stub(env, nurturing.Exhaust, processtest.Returns[nurturing.Exhaustion](struct{}{}))
	s.returned = processtest.Stub(env, records.GiveBack, func(records.GivingBack) (records.GivenBack, error) { return s.given, nil })
	s.asked = processtest.Stub(env, tasks.Open, processtest.Returns[tasks.Request](tasks.Opened{TaskID: uuid.New(), AssigneeID: owner}))
	s.told = processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{}))
	return s
}

// write is the plan of a step: an hour later, by mail.
func write(p nurturing.Planning) nurturing.Planned {
	return nurturing.Planned{Verdict: nurturing.Write, Template: "t" + string(rune('1'+p.Step)), Channel: provider.Email, At: p.After.Add(time.Hour), Listen: 4 * day}
}

// react is what the person does with the latest message, after so long.
func (s *scene) react(after time.Duration, kind journey.Kind) {
	s.After(after, func() {
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: s.ids[len(s.ids)-1], Kind: kind, At: start.Add(after)})
	})
}

func (s *scene) end(t *testing.T) nurture.Outcome {
	t.Helper()
	s.Run(nurture.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out nurture.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}
