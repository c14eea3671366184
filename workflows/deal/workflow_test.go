package deal_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/deal"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, deal.Process, explore.Paths(2500))
}

var (
	id, rep, boss = uuid.New(), uuid.New(), uuid.New()

	monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

// scene is a run whose activities answer as the tests say. now is how the deal stands.
type scene struct {
	*processtest.Env
	now     dealing.Verdict
	moves   *processtest.Calls[dealing.Moving]
	stalls  *processtest.Calls[dealing.Stalling]
	worked  *processtest.Calls[dealing.Working]
	sent    *processtest.Calls[notify.Message]
	stalled func(dealing.Stalling) dealing.Stalled
}

func newScene(t *testing.T) *scene {
	t.Helper()
	env := processtest.New(t, deal.Process)
	env.SetStartTime(monday)
	s := &scene{Env: env, now: dealing.Verdict{
		Accepted: true, Stage: "qualification", State: deals.Open, OwnerID: rep, StalledAt: monday.AddDate(0, 0, 7),
	}}
	s.stalled = func(in dealing.Stalling) dealing.Stalled {
		if in.Called == 0 {
			return dealing.Stalled{UserID: rep, Next: monday.AddDate(0, 0, 10)}
		}
		return dealing.Stalled{UserID: boss, TaskID: uuid.Max}
	}
	touch := func() dealing.Verdict {
		s.now.StalledAt = s.now.StalledAt.AddDate(0, 0, 7)
		return s.now
	}
	processtest.Stub(env, dealing.Look, func(uuid.UUID) (dealing.Verdict, error) { return s.now, nil })
	s.moves = processtest.Stub(env, dealing.Move, func(m dealing.Moving) (dealing.Verdict, error) {
		if m.To == "closing" {
			return dealing.Verdict{Code: deals.CriteriaUnmet, Unmet: []deals.Unmet{{Field: "amount", Message: "has to be set"}}, State: deals.Open}, nil
		}
		s.now.Stage = m.To
		v := touch()
		if m.To == "proposal" {
			v.ManagerID = boss
		}
		return v, nil
	})
	processtest.Stub(env, dealing.Amend, func(dealing.Amending) (dealing.Verdict, error) { return touch(), nil })
	processtest.Stub(env, dealing.Log, func(dealing.Logging) (dealing.Verdict, error) { return touch(), nil })
	processtest.Stub(env, dealing.Lose, func(dealing.Losing) (dealing.Verdict, error) {
		s.now.State, s.now.ManagerID = deals.Lost, boss
		return s.now, nil
	})
	s.worked = processtest.Stub(env, dealing.Work, func(dealing.Working) (dealing.Verdict, error) { return touch(), nil })
	s.stalls = processtest.Stub(env, dealing.Stall, func(in dealing.Stalling) (dealing.Stalled, error) { return s.stalled(in), nil })
	s.sent = processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	return s
}

func (s *scene) end(t *testing.T) string {
	t.Helper()
	s.Run(deal.Process, deal.Input{DealID: id})
	require.NoError(t, s.GetWorkflowError())
	var out deal.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out.Status
}

// closes lets the closing end after a while.
func (s *scene) closes(after time.Duration, state string) {
	s.After(after, func() {
		s.now.State, s.now.ManagerID, s.now.StalledAt = state, boss, time.Time{}
		processtest.Signal(s.Env, deal.Closed, "", deal.Fact{})
	})
}

// told lists who was told what by e-mail, in order.
func (s *scene) told() (list []string) {
	names := map[uuid.UUID]string{rep: "rep", boss: "boss"}
	for _, m := range s.sent.Args() {
		if m.Channel == notify.Email {
			list = append(list, string(m.Template)+" "+names[m.UserID])
		}
	}
	return list
}

const day = 24 * time.Hour

func TestADealIsMovedAndWon(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	answered := 0
	for i, stage := range []string{"needs-analysis", "proposal", "negotiation"} {
		s.After(time.Duration(i+1)*day, func() {
			processtest.Ask(s.Env, deal.Move, deal.MoveRequest{To: stage, ActorID: rep}, func(v dealing.Verdict, err error) {
				require.NoError(t, err)
				require.Equal(t, stage, v.Stage)
				answered++
			})
		})
	}
	s.closes(20*day, deals.Won)
	require.Equal(t, deals.Won, s.end(t))
	require.Equal(t, 3, answered)
	require.Equal(t, dealing.Moving{DealID: id, To: "needs-analysis", ActorID: rep}, s.moves.Args()[0])
	require.Equal(t, []string{"deal-moved boss", "deal-won boss"}, s.told())
	require.Zero(t, s.stalls.Count())
	keys := s.moves.Keys()
	require.NotEqual(t, keys[0], keys[1], "each request has a key of its own")
}

func TestARefusalSaysWhatIsLacking(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	asked := false
	s.After(time.Hour, func() {
		processtest.Ask(s.Env, deal.Move, deal.MoveRequest{To: "closing"}, func(_ dealing.Verdict, err error) {
			asked = true
			require.Equal(t, deals.CriteriaUnmet, process.Code(err))
			require.Equal(t, []process.Reason{{Field: "amount", Message: "has to be set"}}, process.Reasons(err))
		})
	})
	s.closes(2*day, deals.Lost)
	require.Equal(t, deals.Lost, s.end(t))
	require.True(t, asked)
}

func TestAnUnattendedDealCallsTheOwnerAndThenTheManager(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(7*day-time.Minute, func() { require.Equal(t, monday.AddDate(0, 0, 7), s.Status().Until.UTC()) })
	s.After(8*day, func() { require.Equal(t, monday.AddDate(0, 0, 10), s.Status().Until.UTC()) })
	s.After(11*day, func() { require.Nil(t, s.Status().Until, "nobody else is called") })
	s.closes(90*day, deals.Lost)
	require.Equal(t, deals.Lost, s.end(t))
	at := monday.AddDate(0, 0, 7)
	require.Equal(t, []dealing.Stalling{{DealID: id, StalledAt: at}, {DealID: id, StalledAt: at, Called: 1}}, s.stalls.Args())
	require.Equal(t, []string{"deal-stalled rep", "deal-stalled boss", "deal-lost boss"}, s.told())
}

func TestWhoeverTouchesADealLetsItRest(t *testing.T) {
	t.Parallel()
	task := uuid.New()
	for name, touch := range map[string]func(s *scene){
		"amend": func(s *scene) {
			processtest.Ask(s.Env, deal.Amend, deal.AmendRequest{}, func(dealing.Verdict, error) {})
		},
		"log": func(s *scene) {
			processtest.Ask(s.Env, deal.Log, deal.LogRequest{Kind: "call"}, func(dealing.Verdict, error) {})
		},
		"task": func(s *scene) { processtest.Signal(s.Env, deal.Worked, "", deal.Fact{TaskID: task}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.After(8*day, func() { touch(s) }) // the owner was called by then
			s.After(9*day, func() { require.Equal(t, monday.AddDate(0, 0, 14), s.Status().Until.UTC()) })
			s.closes(13*day, deals.Won)
			s.end(t)
			require.Equal(t, []string{"deal-stalled rep", "deal-won boss"}, s.told())
			if name == "task" {
				require.Equal(t, []dealing.Working{{DealID: id, TaskID: task}}, s.worked.Args())
			}
		})
	}
}

func TestADealThatSomebodyTouchedInTheLastMomentHasNotStalled(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.stalled = func(dealing.Stalling) dealing.Stalled {
		return dealing.Stalled{Touched: true, Next: monday.AddDate(0, 0, 12)}
	}
	s.After(8*day, func() { require.Equal(t, monday.AddDate(0, 0, 12), s.Status().Until.UTC()) })
	s.closes(9*day, deals.Won)
	s.end(t)
	require.Equal(t, []string{"deal-won boss"}, s.told())
}

func TestADealIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(day, func() {
		processtest.Ask(s.Env, deal.Lose, deal.LoseRequest{Reason: "price"}, func(v dealing.Verdict, err error) {
			require.NoError(t, err)
			require.Equal(t, deals.Lost, v.State)
		})
	})
	require.Equal(t, deals.Lost, s.end(t))
	require.Equal(t, []string{"deal-lost boss"}, s.told())
}

// The task was finished before the closing ended, and is heard of afterwards: the end is told all the same.
func TestAnEndThatIsSeenInPassingIsTold(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	processtest.Stub(s.Env, dealing.Work, func(dealing.Working) (dealing.Verdict, error) {
		s.now.State, s.now.ManagerID, s.now.Accepted = deals.Won, boss, false
		return s.now, nil
	})
	s.After(day, func() { processtest.Signal(s.Env, deal.Worked, "", deal.Fact{TaskID: uuid.Max}) })
	require.Equal(t, deals.Won, s.end(t))
	require.Equal(t, []string{"deal-won boss"}, s.told())

	late := newScene(t)
	late.now.State, late.now.ManagerID = deals.Won, boss
	late.Run(deal.Process, deal.Input{DealID: id, SoFar: deal.SoFar{State: deals.Closing}})
	require.Equal(t, []string{"deal-won boss"}, late.told(), "it ended while the run was continued")

	again := newScene(t)
	again.now.State, again.now.ManagerID = deals.Won, boss
	again.Run(deal.Process, deal.Input{DealID: id})
	require.Empty(t, again.told(), "a run that finds the deal ended has nothing to tell")
}

func TestAClosingThatFailsLetsTheDealGoOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.now.State, s.now.StalledAt = deals.Closing, time.Time{}
	s.After(day, func() {
		require.Nil(t, s.Status().Until, "a closing has times of its own")
		s.now.State, s.now.StalledAt = deals.Open, monday.AddDate(0, 0, 7)
		processtest.Signal(s.Env, deal.Closed, "", deal.Fact{})
	})
	s.closes(30*day, deals.Won)
	require.Equal(t, deals.Won, s.end(t))
	require.Equal(t, 2, s.stalls.Count())
}

// The closing takes back what it had told: the deal is not over.
func TestAWonDealThatIsReopenedGoesOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	processtest.Stub(s.Env, notify.Send, func(notify.Message) (notify.Receipt, error) {
		s.now.State = deals.Closing // while the management hears of it
		return notify.Receipt{State: notify.Sent}, nil
	})
	s.closes(day, deals.Won)
	s.After(2*day, func() {
		processtest.Signal(s.Env, deal.Reopened, "", deal.Fact{})
		processtest.Stub(s.Env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	})
	s.closes(3*day, deals.Lost)
	require.Equal(t, deals.Lost, s.end(t))
}

// A long run answers what was asked and takes along what it has not told yet.
func TestALongRunGoesOnAsANewOne(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	answered := 0
	s.After(8*day, func() {
		s.SetContinueAsNewSuggested(true)
		for _, stage := range []string{"needs-analysis", "proposal"} {
			processtest.Ask(s.Env, deal.Move, deal.MoveRequest{To: stage}, func(_ dealing.Verdict, err error) {
				require.NoError(t, err)
				answered++
			})
		}
	})
	s.Run(deal.Process, deal.Input{DealID: id})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	require.Equal(t, 2, answered)
	require.Empty(t, s.Closed(), "a run that goes on has not ended")
	var in deal.Input
	var envelope process.Envelope
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))

	next := newScene(t)
	next.now = s.now
	next.closes(day, deals.Won)
	next.RunWith(deal.Process, in, envelope)
	require.NoError(t, next.GetWorkflowError())
	told := append(s.told(), next.told()...)
	require.Equal(t, []string{"deal-stalled rep", "deal-moved boss", "deal-won boss"}, told, "everything is told once")

	// What was called before is not called again.
	waiting := newScene(t)
	waiting.closes(20*day, deals.Won)
	waiting.RunWith(deal.Process, deal.Input{DealID: id, SoFar: deal.SoFar{Called: 1, Until: monday.AddDate(0, 0, 3)}}, process.Envelope{Entry: processtest.Entry})
	require.Equal(t, []string{"deal-stalled boss", "deal-won boss"}, waiting.told())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	of := []byte(`{"deal_id":"` + id.String() + `","task_id":"` + rep.String() + `"}`)
	for event, signals := range map[string][]string{
		events.DealOpened.Name(): {""}, events.DealReopened.Name(): {"", "reopened"}, events.DealClosed.Name(): {"closed"},
		events.TaskCompleted.Name(): {"worked"}, events.DealMoved.Name(): nil,
	} {
		actions, err := deal.Process.On(event, of)
		require.NoError(t, err)
		var got []string
		for _, a := range actions {
			require.Equal(t, id.String(), a.Subject)
			got = append(got, a.Signal)
		}
		require.Equal(t, signals, got, event)
	}
	actions, err := deal.Process.On(events.TaskCompleted.Name(), []byte(`{"task_id":"`+rep.String()+`"}`))
	require.NoError(t, err)
	require.Empty(t, actions, "tasks of no deal")
}
