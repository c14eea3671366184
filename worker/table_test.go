package worker_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker"
)

type input struct{ ID string }

type outcome struct{}

func (outcome) Ending() string { return "ended" }

func declare(name string, opts ...process.Option) process.Definition {
	return process.New(name, func(workflow.Context, input) (outcome, error) { return outcome{}, nil },
		append(opts, process.OneRunPer(func(in input) string { return in.ID }), process.Ends("ended"))...)
}

func implement(names ...string) func(worker.Deps) []process.Implementation {
	return func(worker.Deps) []process.Implementation {
		var all []process.Implementation
		for _, name := range names {
			all = append(all, process.NewActivity[input, outcome](name, process.Database).
				Implement(func(context.Context, input) (outcome, error) { return outcome{}, nil }))
		}
		return all
	}
}

func TestTheStandardTableIsRight(t *testing.T) {
	t.Parallel()
	table := worker.Standard()
	require.NoError(t, table.Check())
	for _, name := range []string{"lead-capture", "lead-handoff", "lead-import"} {
		_, ok := table.Lookup(name)
		require.True(t, ok, name)
	}
	_, err := table.Implementations(worker.Deps{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
}

func TestAWorkerTakesTheStandardTable(t *testing.T) {
	t.Parallel()
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer temporal.Close()
	_, err = worker.New(temporal, config.Config{Temporal: config.Temporal{TaskQueue: "q"}}, worker.Standard(), worker.Deps{}, func(error) {})
	require.NoError(t, err)
}

func TestTablesAreExtendedWithoutTouchingTheOriginal(t *testing.T) {
	t.Parallel()
	base := worker.Table{}.With(declare("a"))
	left, right := base.With(declare("b")), base.With(declare("c"))
	require.Len(t, base.Processes, 1)
	require.Equal(t, "b", left.Processes[1].Describe().Name)
	require.Equal(t, "c", right.Processes[1].Describe().Name)

	base = base.WithActivities(implement("x.a")).WithActivities(implement("x.b")).WithActivities(implement("x.c"))
	one := base.WithActivities(implement("x.d"))
	base.WithActivities(implement("x.e"))
	_, err := one.WithActivities(implement("x.d")).Implementations(worker.Deps{})
	require.ErrorContains(t, err, `"x.d" is implemented 2 times`, "the other extension did not replace it")
	require.Len(t, base.Activities, 3)
}

func TestWhatIsWrongWithATable(t *testing.T) {
	t.Parallel()
	signal := process.NewSignal[input]("moved", "it moved")
	update := process.NewUpdate[input, outcome]("moved", "move it")
	status := process.NewSignal[input](process.StatusQuery, "a bad name")
	for name, tc := range map[string]struct {
		table worker.Table
		says  []string
	}{
		"nothing":               {worker.Table{}.With(declare("a"), declare("b", process.Receives(signal))), nil},
		"a name twice":          {worker.Table{}.With(declare("a"), declare("a")), []string{`process "a" is registered twice`}},
		"a signal twice":        {worker.Table{}.With(declare("a", process.Receives(signal, signal))), []string{`process "a": signal "moved" has the name of a signal`}},
		"signal and update":     {worker.Table{}.With(declare("a", process.Receives(signal), process.Answers(update))), []string{`process "a": update "moved" has the name of a signal`}},
		"the status query":      {worker.Table{}.With(declare("a", process.Receives(status))), []string{`process "a": signal "status" has the name of a query`}},
		"everything in one go":  {worker.Table{}.With(declare("a"), declare("a"), declare("b", process.Receives(status))), []string{`process "a" is registered twice`, `process "b": signal "status"`}},
		"same signal elsewhere": {worker.Table{}.With(declare("a", process.Receives(signal)), declare("b", process.Answers(update))), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.table.Check()
			if tc.says == nil {
				require.NoError(t, err)
			}
			for _, line := range tc.says {
				require.ErrorContains(t, err, line)
			}
		})
	}
}

func TestActivitiesHaveOneImplementation(t *testing.T) {
	t.Parallel()
	table := worker.Table{}.WithActivities(implement("records.check", "records.score")).WithActivities(implement("records.check"))
	_, err := table.Implementations(worker.Deps{})
	require.EqualError(t, err, `activity "records.check" is implemented 2 times: remove all but one from the table`)
	_, err = worker.New(nil, config.Config{}, table, worker.Deps{}, nil)
	require.ErrorContains(t, err, "records.check")
}

func TestOptionsFollowTheSettings(t *testing.T) {
	t.Parallel()
	o := worker.Options(config.Worker{StopTimeout: 7, MaxConcurrentLocalActivities: 5}, nil)
	require.EqualValues(t, 7, o.WorkerStopTimeout)
	require.Equal(t, 5, o.MaxConcurrentLocalActivityExecutionSize)
	require.False(t, o.DeploymentOptions.UseVersioning)
	o = worker.Options(config.Worker{Deployment: config.Deployment{Name: "perdura", BuildID: "v2"}}, nil)
	require.True(t, o.DeploymentOptions.UseVersioning)
	require.Equal(t, sdkworker.WorkerDeploymentVersion{DeploymentName: "perdura", BuildID: "v2"}, o.DeploymentOptions.Version)
	require.Equal(t, workflow.VersioningBehaviorAutoUpgrade, o.DeploymentOptions.DefaultVersioningBehavior)
}
