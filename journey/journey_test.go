package journey_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

type input struct{ ID string }

// result tells what the run heard: its first wait, and its second.
type result struct{ State, First, Second string }

func (result) Ending() string { return "done" }

type fact struct{}

var stopped = process.NewSignal[fact]("stopped", "somebody stops it")

// talk says something, and waits twice: for a click on that message, and then for anything of any message.
var talk = process.New("talk", func(ctx workflow.Context, in input) (result, error) {
	var f fact
	receipt, heard, err := journey.Send(ctx, "Say it", messages.Message{Template: "hello"}, stopped.Into(&f))
	if err != nil || heard != "" || !receipt.Left() {
		return result{State: receipt.State + " " + receipt.Reason, First: heard}, err
	}
	out := result{State: receipt.State}
	var e journey.Engagement
	out.First, e = journey.Await(ctx, "Wait for a click", process.For(24*time.Hour), receipt, []journey.Kind{journey.Clicked}, stopped.Into(&f))
	out.Second, _ = journey.AwaitAny(ctx, "Wait for more", process.For(24*time.Hour), []journey.Engagement{e},
		[]journey.Kind{journey.Opened, journey.Clicked}, stopped.Into(&f))
	return out, nil
}, process.OneRunPer(func(in input) string { return in.ID }), journey.Hears("talk"), process.Receives(stopped), process.Ends("done"), process.Owner("sales"))

// conversation runs talk; each reaction comes after so many hours, to the run's message or, marked so, to another.
type conversation struct {
	receipts []messages.Receipt // in turn; the last one stays
	react    []reaction
	stop     time.Duration
}

type reaction struct {
	hours int
	kind  journey.Kind
	other bool
}

var (
	mine  = uuid.New()
	other = uuid.New()
	start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

func (c conversation) run(t *testing.T) (result, *processtest.Calls[messages.Message], *processtest.Calls[messages.Withdrawal], time.Time) {
	t.Helper()
	env := processtest.New(t, talk)
	env.SetStartTime(start)
	sent := processtest.Stub(env, messages.Send, func(messages.Message) (messages.Receipt, error) {
		receipt := c.receipts[0]
		c.receipts = c.receipts[min(1, len(c.receipts)-1):]
		return receipt, nil
	})
	taken := processtest.Stub(env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	for _, r := range c.react {
		env.After(time.Duration(r.hours)*time.Hour, func() {
			e := journey.Engagement{MessageID: mine, Kind: r.kind}
			if r.other {
				e.MessageID = other
			}
			processtest.Signal(env, journey.Engaged, "", e)
		})
	}
	if c.stop > 0 {
		env.After(c.stop, func() { processtest.Signal(env, stopped, "", fact{}) })
	}
	env.Run(talk, input{"1"})
	require.NoError(t, env.GetWorkflowError())
	var out result
	require.NoError(t, env.GetWorkflowResult(&out))
	return out, sent, taken, env.Ended().At
}

var left = messages.Receipt{MessageID: mine, State: messages.Sent}

func shifted(until time.Duration) messages.Receipt {
	return messages.Receipt{MessageID: mine, State: messages.Shifted, Reason: "quiet-hours", Until: start.Add(until)}
}

func TestWhatAWaitHears(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		react         []reaction
		stop          time.Duration
		first, second string
	}{
		"silence":                               {nil, 0, process.TimedOut, process.TimedOut},
		"a click":                               {[]reaction{{1, journey.Clicked, false}}, 0, "clicked", process.TimedOut},
		"a click on another message":            {[]reaction{{1, journey.Clicked, true}}, 0, process.TimedOut, "clicked"},
		"what was passed over is not lost":      {[]reaction{{1, journey.Opened, false}, {2, journey.Clicked, false}}, 0, "clicked", "opened"},
		"what was heard is not heard again":     {[]reaction{{1, journey.Clicked, false}, {2, journey.Clicked, false}}, 0, "clicked", process.TimedOut},
		"a bounce, asked for or not":            {[]reaction{{1, journey.Bounced, false}}, 0, "bounced", process.TimedOut},
		"a bounce of another message":           {[]reaction{{1, journey.Bounced, true}}, 0, process.TimedOut, process.TimedOut},
		"a complaint, whichever message":        {[]reaction{{1, journey.Complained, true}}, 0, "complained", process.TimedOut},
		"an interrupt":                          {nil, time.Hour, "stopped", process.TimedOut},
		"the person before a simultaneous fact": {[]reaction{{1, journey.Clicked, false}}, time.Hour, "clicked", "stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, sent, _, _ := conversation{receipts: []messages.Receipt{left}, react: tc.react, stop: tc.stop}.run(t)
			require.Equal(t, result{State: messages.Sent, First: tc.first, Second: tc.second}, out)
			require.Equal(t, "sales", sent.Args()[0].Department, "the owner of the process speaks")
		})
	}
}

func TestAMessageThatIsPutOffWaitsForItsTime(t *testing.T) {
	t.Parallel()
	out, sent, taken, _ := conversation{receipts: []messages.Receipt{shifted(5 * time.Hour), shifted(9 * time.Hour), left}}.run(t)
	require.Equal(t, messages.Sent, out.State)
	require.Equal(t, []uuid.UUID{uuid.Nil, mine, mine}, []uuid.UUID{sent.Args()[0].Resume, sent.Args()[1].Resume, sent.Args()[2].Resume},
		"it is the same message each time")
	require.Zero(t, taken.Count())
}

func TestAnInterruptTakesAMessageBackThatWasPutOff(t *testing.T) {
	t.Parallel()
	out, _, taken, ended := conversation{receipts: []messages.Receipt{shifted(5 * time.Hour)}, stop: 2 * time.Hour}.run(t)
	require.Equal(t, result{State: "refused stopped", First: "stopped"}, out)
	require.Equal(t, []messages.Withdrawal{{MessageID: mine, Reason: "stopped"}}, taken.Args())
	require.Equal(t, start.Add(2*time.Hour), ended)
}

func TestAMessageIsNotPutOffForEver(t *testing.T) {
	t.Parallel()
	out, sent, taken, _ := conversation{receipts: []messages.Receipt{shifted(0)}}.run(t)
	require.Equal(t, "refused shifted-too-often", out.State)
	require.Equal(t, 20, sent.Count())
	require.Equal(t, []messages.Withdrawal{{MessageID: mine, Reason: "shifted-too-often"}}, taken.Args())
}
