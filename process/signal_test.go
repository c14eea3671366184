package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

// collects awaits payments until none comes for a day, and notes their amounts.
func collects(amounts *[]int) *process.Process[order, outcome] {
	return define("collects", func(ctx workflow.Context, in order) (outcome, error) {
		for {
			p, ok := payment.Await(ctx, "Money comes in", process.For(24*time.Hour))
			if !ok {
				return ended("quiet")
			}
			*amounts = append(*amounts, p.Amount)
		}
	})
}

func TestARepeatedEventCountsOnce(t *testing.T) {
	t.Parallel()
	var got []int
	p := collects(&got)
	env := processtest.New(t, p)
	env.After(time.Hour, func() {
		processtest.Signal(env, payment, "e1", paid{10})
		processtest.Signal(env, payment, "e2", paid{20})
		processtest.Signal(env, payment, "e1", paid{10})
		processtest.Signal(env, payment, "", paid{5})
		processtest.Signal(env, payment, "", paid{5})
	})
	env.After(2*time.Hour, func() { processtest.Signal(env, payment, "e2", paid{20}) })
	env.Run(p, order{ID: "o1"})
	require.Equal(t, []int{10, 20, 5, 5}, got, "only an event id makes a repeat")
	require.Equal(t, "quiet", env.Ended().Outcome)
	require.Empty(t, env.Ended().Unread)
}

func TestWhatASignalMayLookLike(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		raw   any
		want  []int
		noted bool
	}{
		{name: "a delivery", raw: process.Delivery{EventID: "e1", Data: json.RawMessage(`{"amount":7}`)}, want: []int{7}},
		{name: "a bare payload", raw: paid{8}, want: []int{8}},
		{name: "a bare payload with a field called data", raw: map[string]any{"data": "x", "amount": 9}, want: []int{9}},
		{name: "a delivery without data", raw: map[string]any{"event_id": "e1"}, want: []int{0}},
		{name: "nothing", raw: nil, want: []int{0}},
		{name: "not a payment", raw: "ada@example.com", noted: true},
		{name: "a delivery of what is not a payment", raw: process.Delivery{EventID: "e1", Data: json.RawMessage(`[1]`)}, noted: true},
	} {
		var got []int
		p := collects(&got)
		env := processtest.New(t, p)
		env.After(time.Hour, func() { env.SignalWorkflow(payment.Name(), tc.raw) })
		env.After(2*time.Hour, func() {
			s := env.Status()
			require.Equal(t, process.Waiting, s.State, tc.name)
			require.Equal(t, "Money comes in", s.Step, tc.name)
		})
		env.After(3*time.Hour, func() { processtest.Signal(env, payment, "later", paid{1}) })
		env.Run(p, order{ID: "o1"})
		require.Equal(t, append(tc.want, 1), got, "%s: the run survives it and takes the next", tc.name)
		trail := results(env.Ended().Trail)
		require.Equal(t, tc.noted, slices.Contains(trail, "Money comes in = signal payment: the payload is not a process_test.paid"), "%s: %v", tc.name, trail)
		require.NotContains(t, fmt.Sprint(trail), "ada@")
	}
}

func TestAMalformedSignalLeavesNoGhostInTheStatus(t *testing.T) {
	t.Parallel()
	details := ""
	p := define("ghost", func(ctx workflow.Context, in order) (outcome, error) {
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = workflow.Sleep(ctx, 90*time.Minute)
			details = workflow.GetCurrentDetails(ctx)
		})
		payment.Await(ctx, "Money comes in", process.Forever())
		nudge.Await(ctx, "Somebody asks", process.Forever())
		return ended("done")
	})
	env := processtest.New(t, p)
	env.After(time.Hour, func() { env.SignalWorkflow(payment.Name(), "nonsense") })
	env.After(2*time.Hour, func() { processtest.Signal(env, payment, "", paid{1}) })
	env.After(3*time.Hour, func() {
		require.Equal(t, 1, strings.Count(details, "Money comes in"), "the page of the run shows the wait once: %s", details)
		require.Equal(t, "Somebody asks", env.Status().Step)
		require.Equal(t, "nudge", env.Status().WaitingFor)
		processtest.Signal(env, nudge, "", struct{}{})
	})
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "done", env.Ended().Outcome)
}

func TestWhatArrivesTooLateIsCounted(t *testing.T) {
	t.Parallel()
	p := define("late", func(ctx workflow.Context, in order) (outcome, error) {
		payment.Await(ctx, "Money comes in", process.Forever())
		return ended("done")
	})
	env := processtest.New(t, p)
	env.After(time.Hour, func() {
		// All in the workflow task in which the run completes.
		env.SignalWorkflowSkippingWorkflowTask(payment.Name(), paid{1})
		env.SignalWorkflowSkippingWorkflowTask(payment.Name(), paid{2})
		env.SignalWorkflowSkippingWorkflowTask(payment.Name(), paid{3})
		env.SignalWorkflowSkippingWorkflowTask("unheard-of", "x")
		env.SignalWorkflow(nudge.Name(), nil)
	})
	env.Run(p, order{ID: "o1"})
	require.Equal(t, map[string]int{"payment": 2, "nudge": 1, "unheard-of": 1}, env.Ended().Unread)
	require.Len(t, env.Closed(), 1)
}

func TestWhatArrivesWhileTheJournalIsWrittenIsCounted(t *testing.T) {
	t.Parallel()
	p := define("later", func(ctx workflow.Context, in order) (outcome, error) {
		_, err := process.Do(ctx, "Write", write, in.ID)
		return outcome{"done"}, err
	})
	env := processtest.New(t, p)
	processtest.Stub(env, write, processtest.Returns[string](1))
	sent := false
	env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
		if info.ActivityType.Name == process.CloseRun.Name() && !sent {
			sent = true
			env.SignalWorkflow(payment.Name(), paid{1})
		}
	})
	env.Run(p, order{ID: "o1"})
	require.Len(t, env.Closed(), 2)
	require.Empty(t, env.Closed()[0].Unread)
	require.Equal(t, map[string]int{"payment": 1}, env.Ended().Unread)
	require.Equal(t, env.Closed()[0].At, env.Ended().At, "the end of the run stays what it was")
}

func TestASignalInTheTaskThatContinuesGoesAlong(t *testing.T) {
	t.Parallel()
	p := define("moves-on", func(ctx workflow.Context, in order) (outcome, error) {
		if _, err := process.Do(ctx, "Write", write, in.ID); err != nil {
			return outcome{}, err
		}
		return outcome{}, process.Continue(in)
	})
	env := processtest.New(t, p)
	processtest.Stub(env, write, processtest.Returns[string](1))
	env.SetOnLocalActivityStartedListener(func(*activity.Info, context.Context, []any) {
		processtest.Signal(env, payment, "e1", paid{1})
	})
	env.Run(p, order{ID: "o1"})
	_, envelope := continued(t, env)
	require.Equal(t, map[string][]process.Delivery{"payment": {{EventID: "e1", Data: json.RawMessage(`{"amount":1}`)}}}, envelope.Carry.Inbox)
	require.Equal(t, []string{"e1"}, envelope.Carry.Seen)
}

// TestNoSignalIsLostOverContinueAsNew sends many signals, before, between and in the task that continues.
func TestNoSignalIsLostOverContinueAsNew(t *testing.T) {
	t.Parallel()
	const signals, perRun = 300, 40
	var got []int
	p := define("entity", func(ctx workflow.Context, in order) (outcome, error) {
		for range perRun {
			money, ok := payment.Await(ctx, "Money comes in", process.For(24*time.Hour))
			if !ok {
				return ended("quiet")
			}
			got = append(got, money.Amount)
		}
		return outcome{}, process.Continue(order{ID: in.ID, Round: in.Round + 1})
	})
	in, envelope := order{ID: "o1"}, process.Envelope{Entry: processtest.Entry}
	runs := 0
	for ; runs < 20; runs++ {
		env := processtest.New(t, p)
		if runs == 0 {
			env.After(time.Hour, func() {
				for i := range signals {
					env.SignalWorkflowSkippingWorkflowTask(payment.Name(), process.Delivery{EventID: fmt.Sprint("e", i), Data: json.RawMessage(fmt.Sprintf(`{"amount":%d}`, i))})
				}
				processtest.Signal(env, payment, "last", paid{signals})
			})
		} else { // the sender repeats what it is not sure of
			env.After(time.Minute, func() { processtest.Signal(env, payment, "e7", paid{7}) })
		}
		env.RunWith(p, in, envelope)
		if len(env.Closed()) > 0 {
			require.Equal(t, "quiet", env.Ended().Outcome)
			require.Empty(t, env.Ended().Unread)
			break
		}
		in, envelope = continued(t, env)
		require.Equal(t, processtest.Entry, envelope.Entry)
		require.Equal(t, runs+1, in.Round)
	}
	require.Equal(t, (signals+1)/perRun, runs)
	want := make([]int, signals+1)
	for i := range want {
		want[i] = i
	}
	require.Equal(t, want, got, "each once, in order")
}
