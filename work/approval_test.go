package work_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
)

func TestEveryPathOfAnApprovalEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, work.Approval)
}

// asker is a process that needs an approval.
type askInput struct{ ID string }

func (i askInput) Ending() string { return i.ID }

var asker = process.New("asker", func(ctx workflow.Context, in askInput) (askInput, error) {
	d, err := work.Approve(ctx, "Have it approved", approving.Request{Kind: "price", Content: json.RawMessage(`{"amount_minor":1}`)})
	return askInput{d.Status}, err
}, process.OneRunPer(func(in askInput) string { return in.ID }), process.Given("one", askInput{"1"}),
	process.Ends(work.Approved, work.Rejected, work.Voided, work.Expired, work.Withdrawn))

func TestEveryPathOfAskingEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, asker)
	for _, p := range r.Paths {
		asked, given, back := false, false, 0
		for _, m := range p.Moves {
			asked = asked || m.Point.Detail == approving.Ask.Name() && m.Taken == "asked"
			given = given || m.Point.Detail == work.Approval.Name() && m.Taken != "failed" && m.Taken != "refused: already-running"
			if m.Point.Detail == approving.Withdraw.Name() {
				back++
			}
		}
		require.Equal(t, asked && !given, back == 1, p.String())
	}
}

const day = 24 * time.Hour

var (
	approvalID, rep, decider = uuid.New(), uuid.New(), uuid.New()
	askedAt                  = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

// approvalScene is a house in which one approval is asked for: two reminders, escalation on the third day, a week in all.
type approvalScene struct {
	*processtest.Env
	mu    sync.Mutex
	state string
	seats []approving.Seat
	mails []string // template and days after the start

	withdrawn *processtest.Calls[uuid.UUID]
}

func newApprovalScene(t *testing.T) *approvalScene {
	t.Helper()
	s := &approvalScene{Env: processtest.New(t, asker, work.Approval), state: "open", seats: []approving.Seat{{UserID: rep}}}
	s.SetStartTime(askedAt)
	processtest.Stub(s.Env, approving.Ask, processtest.Returns[approving.Request](approving.Asked{ApprovalID: approvalID}))
	processtest.Stub(s.Env, approving.Look, func(uuid.UUID) (approving.Standing, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return approving.Standing{State: s.state, Waiting: s.seats, AskedAt: askedAt, RemindAfter: []time.Duration{day, 2 * day},
			EscalateAfter: 3 * day, ExpiresAt: askedAt.Add(7 * day)}, nil
	})
	processtest.Stub(s.Env, approving.Escalate, func(uuid.UUID) (struct{}, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seats = []approving.Seat{{UserID: decider, Escalated: true}}
		return struct{}{}, nil
	})
	processtest.Stub(s.Env, approving.Expire, func(uuid.UUID) (approving.Standing, error) { return approving.Standing{State: "expired"}, nil })
	s.withdrawn = processtest.Stub(s.Env, approving.Withdraw, func(uuid.UUID) (approving.Standing, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.state == "open" {
			s.state = "withdrawn"
		}
		return approving.Standing{State: s.state}, nil
	})
	processtest.Stub(s.Env, notify.Send, func(m notify.Message) (notify.Receipt, error) {
		require.Equal(t, approvalID, m.ApprovalID)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mails = append(s.mails, string(m.Template)+" "+s.Now().Sub(askedAt).Round(time.Hour).String())
		return notify.Receipt{}, process.Refused("no-address", "nobody is reached, and it goes on all the same")
	})
	return s
}

// becomes changes the approval after a while and tells its run.
func (s *approvalScene) becomes(after time.Duration, state string, fact process.Signal[work.ApprovalFact]) {
	s.After(after, func() {
		s.mu.Lock()
		s.state = state
		s.mu.Unlock()
		processtest.Signal(s.Env, fact, "", work.ApprovalFact{})
	})
}

func (s *approvalScene) end(t *testing.T) string {
	t.Helper()
	s.Run(work.Approval, work.ApprovalInput{ApprovalID: approvalID})
	require.NoError(t, s.GetWorkflowError())
	var out work.ApprovalOutcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out.Status
}

func TestADecisionEndsTheRun(t *testing.T) {
	t.Parallel()
	for state, fact := range map[string]process.Signal[work.ApprovalFact]{
		work.Approved: work.ApprovalDecided, work.Rejected: work.ApprovalDecided, work.Voided: work.ApprovalVoided,
	} {
		s := newApprovalScene(t)
		s.becomes(36*time.Hour, state, fact)
		require.Equal(t, state, s.end(t))
		require.Equal(t, []string{"approval-asked 0s", "approval-reminder 24h0m0s"}, s.mails)
	}
}

func TestNobodyDecides(t *testing.T) {
	t.Parallel()
	s := newApprovalScene(t)
	require.Equal(t, work.Expired, s.end(t))
	require.Equal(t, []string{"approval-asked 0s", "approval-reminder 24h0m0s", "approval-reminder 48h0m0s", "approval-escalated 72h0m0s"}, s.mails)
	require.Equal(t, askedAt.Add(7*day), s.Ended().At.UTC())
}

func TestWhoGetsASeatIsAskedAtOnce(t *testing.T) {
	t.Parallel()
	s := newApprovalScene(t)
	s.After(time.Hour, func() {
		s.mu.Lock()
		s.seats = []approving.Seat{{UserID: decider}}
		s.mu.Unlock()
		processtest.Signal(s.Env, work.ApprovalSeated, "", work.ApprovalFact{})
	})
	s.becomes(2*time.Hour, work.Approved, work.ApprovalDecided)
	require.Equal(t, work.Approved, s.end(t))
	require.Equal(t, []string{"approval-asked 0s", "approval-asked 1h0m0s"}, s.mails)
}

func TestCancellingWithdraws(t *testing.T) {
	t.Parallel()
	s := newApprovalScene(t)
	s.After(time.Hour, s.CancelWorkflow)
	require.Equal(t, work.Withdrawn, s.end(t))

	s = newApprovalScene(t)
	s.After(time.Hour, func() { // approved in the moment of the cancellation
		s.mu.Lock()
		s.state = work.Approved
		s.mu.Unlock()
		s.CancelWorkflow()
	})
	require.Equal(t, work.Approved, s.end(t), "what was decided stands")
}

func TestWhoAsksAndIsCancelledTakesTheQuestionBack(t *testing.T) {
	t.Parallel()
	s := newApprovalScene(t)
	s.After(time.Hour, s.CancelWorkflow)
	s.Run(asker, askInput{"1"})
	require.True(t, temporal.IsCanceledError(s.GetWorkflowError()))
	require.Equal(t, "withdrawn", s.state)

	s = newApprovalScene(t)
	s.After(time.Hour, func() { // approved in the moment of the cancellation
		s.mu.Lock()
		s.state = work.Approved
		s.mu.Unlock()
		s.CancelWorkflow()
	})
	s.Run(asker, askInput{"1"})
	require.True(t, temporal.IsCanceledError(s.GetWorkflowError()), "nobody goes on with it")
	require.Equal(t, 2, s.withdrawn.Count(), "the run of the approval leaves it, whoever asked takes it back")

	s = newApprovalScene(t)
	s.After(30*time.Minute, func() { s.state = work.Approved })
	s.Run(asker, askInput{"1"})
	require.NoError(t, s.GetWorkflowError())
	require.Equal(t, work.Approved, s.Ended().Outcome, "seen at the first reminder, when the fact itself got lost")
	require.Equal(t, []string{"approval-asked 0s"}, s.mails)
	require.Zero(t, s.withdrawn.Count())
}

func TestWhatAnApprovalHears(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(events.ApprovalMoved{ApprovalID: approvalID})
	require.NoError(t, err)
	for event, signal := range map[string]string{
		events.ApprovalDecided.Name(): "decided", events.ApprovalVoided.Name(): "voided", events.ApprovalSeated.Name(): "seated",
	} {
		actions, err := work.Approval.On(event, data)
		require.NoError(t, err)
		require.Len(t, actions, 1)
		require.Equal(t, signal, actions[0].Signal)
		require.Equal(t, approvalID.String(), actions[0].Subject)
	}
}

// A question whose deciders change without end goes on as a new run, which tells nobody twice and forgets nothing that is due.
func TestEndlessChangesOfSeatsGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newApprovalScene(t)
	s.SetContinueAsNewSuggested(true)
	s.becomes(36*time.Hour, "open", work.ApprovalSeated)
	s.Run(work.Approval, work.ApprovalInput{ApprovalID: approvalID})
	next, envelope := processtest.Continued[work.ApprovalInput](s.Env)
	require.Equal(t, []uuid.UUID{rep}, next.SoFar.Told)
	require.Len(t, next.SoFar.Plan, 3, "one reminder, those above, the end")
	first := s.mails

	s = newApprovalScene(t)
	s.SetStartTime(askedAt.Add(36 * time.Hour))
	s.RunWith(work.Approval, next, envelope)
	require.Equal(t, work.Expired, s.Ended().Outcome)
	whole := newApprovalScene(t)
	require.Equal(t, work.Expired, whole.end(t))
	require.Equal(t, whole.mails, append(first, s.mails...))
}
