package process_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
)

func TestMistakesInADeclarationAreToldAtStart(t *testing.T) {
	t.Parallel()
	run := func(workflow.Context, order) (outcome, error) { return outcome{}, nil }
	subject := process.OneRunPer(func(o order) string { return o.ID })
	event := process.NewEvent[paid]("money.came", "money came in")
	for _, tc := range []struct {
		name string
		make func()
		says string
	}{
		{"a name with capitals", func() { process.New("Bad Name", run, subject) }, `process "Bad Name": a name is lower-case words`},
		{"no subject", func() { process.New("p", run) }, `process "p": declare process.OneRunPer(func(in process_test.order)`},
		{"a subject of another input", func() { process.New("p", run, process.OneRunPer(func(paid) string { return "" })) }, "declare process.OneRunPer"},
		{"an example of another input", func() { process.New("p", run, subject, process.Given("x", paid{})) }, "process.Given wants an example of process_test.order, not process.Named"},
		{"a result of another type", func() { process.New("p", run, subject, process.Returns(otherOutcome{})) }, "process.Returns wants a process_test.outcome"},
		{"a trigger that makes another input", func() {
			process.New("p", run, subject, process.StartsOn(event, func(p paid) (paid, bool) { return p, true }))
		}, "StartsOn(money.came) makes a process_test.paid"},
	} {
		require.PanicsWithValue(t, panicText(tc.make), tc.make, tc.name)
		require.Contains(t, panicText(tc.make), tc.says, tc.name)
	}
}

type otherOutcome struct{}

func (otherOutcome) Ending() string { return "other" }

func panicText(f func()) (text string) {
	defer func() { text, _ = recover().(string) }()
	f()
	return ""
}

func TestWhatEventsAsk(t *testing.T) {
	t.Parallel()
	ordered := process.NewEvent[order]("order.placed", "somebody ordered")
	came := process.NewEvent[paid]("money.came", "money came in")
	p := define("orders", func(workflow.Context, order) (outcome, error) { return outcome{}, nil },
		process.StartsOn(ordered, func(o order) (order, bool) { return o, o.ID != "test" }),
		process.SignalsOn(came, payment, func(p paid) (string, paid, bool) { return "o1", p, p.Amount > 0 }))
	for _, tc := range []struct {
		name, event, data string
		want              []process.Action
		says              string
	}{
		{name: "a start", event: "order.placed", data: `{"id":"o1"}`,
			want: []process.Action{{Process: "orders", Subject: "o1", Data: json.RawMessage(`{"id":"o1"}`)}}},
		{name: "a start that is none of its business", event: "order.placed", data: `{"id":"test"}`},
		{name: "a signal", event: "money.came", data: `{"amount":5}`,
			want: []process.Action{{Process: "orders", Subject: "o1", Signal: "payment", Data: json.RawMessage(`{"amount":5}`)}}},
		{name: "a signal that is none of its business", event: "money.came", data: `{"amount":0}`},
		{name: "another event", event: "sun.rose", data: `{}`},
		{name: "data of another shape", event: "money.came", data: `"x"`, says: "event money.came: its data is not a process_test.paid"},
	} {
		got, err := p.On(tc.event, json.RawMessage(tc.data))
		if tc.says != "" {
			require.ErrorContains(t, err, tc.says, tc.name)
			continue
		}
		require.NoError(t, err, tc.name)
		require.Equal(t, tc.want, got, tc.name)
	}
	d := p.Describe()
	require.Equal(t, []process.TriggerInfo{
		{Event: "order.placed", Purpose: "somebody ordered"}, {Event: "money.came", Purpose: "money came in", Signal: "payment"}}, d.Triggers)
	require.Len(t, d.Signals, 2)
}

func TestWorkflowIDs(t *testing.T) {
	t.Parallel()
	require.Equal(t, "p:s", process.Description{Name: "p", Reentry: process.OneAtATime}.WorkflowID("s", "e"))
	require.Equal(t, "p:s:e", process.Description{Name: "p", Reentry: process.Many}.WorkflowID("s", "e"))
	require.Equal(t, process.EntryID("k"), process.EntryID("k"))
	require.NotEqual(t, process.EntryID("k"), process.EntryID("l"))
}
