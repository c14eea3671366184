package process_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

// The contracts that the tests of the kit share.

type order struct {
	ID    string `json:"id"`
	Round int    `json:"round,omitempty"`
}

type outcome struct{ Name string }

func (o outcome) Ending() string { return o.Name }

func ended(name string) (outcome, error) { return outcome{name}, nil }

type paid struct {
	Amount int `json:"amount"`
}

var (
	write   = process.NewActivity[string, int]("store.write", process.Database)
	call    = process.NewActivity[string, int]("provider.call", process.Provider)
	payment = process.NewSignal[paid]("payment", "money came in")
	nudge   = process.NewSignal[struct{}]("nudge", "somebody asks for news")
	decide  = process.NewUpdate[int, string]("decide", "a manager decides")
)

func define(name string, run func(workflow.Context, order) (outcome, error), opts ...process.Option) *process.Process[order, outcome] {
	return process.New(name, run, append(opts,
		process.OneRunPer(func(o order) string { return o.ID }), process.Receives(payment, nudge))...)
}

// continued returns what a run that continues as new hands to the next.
func continued(t *testing.T, env *processtest.Env) (order, process.Envelope) {
	t.Helper()
	var again *workflow.ContinueAsNewError
	require.True(t, errors.As(env.GetWorkflowError(), &again), "it does not continue: %v", env.GetWorkflowError())
	var in order
	var envelope process.Envelope
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))
	return in, envelope
}

func results(trail []process.Visit) []string {
	var all []string
	for _, v := range trail {
		all = append(all, v.Step+" = "+v.Result)
	}
	return all
}
