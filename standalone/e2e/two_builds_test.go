package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker"
)

// The processes of this test: a person waits inside while the next build is rolled out.
type visit struct {
	ID string `json:"id"`
}

// left says which build's words the person heard last.
type left struct {
	Build string `json:"build"`
}

func (l left) Ending() string { return "left" }

// broken is a build whose code panics after the wait.
const broken = "broken"

var called = process.NewSignal[struct{}]("called", "the person is called")

// waitingRoom is the same process as two builds have it: what comes after the wait differs.
func waitingRoom(name, build string, opts ...process.Option) process.Definition {
	return process.New(name, func(ctx workflow.Context, _ visit) (left, error) {
		_, _ = called.Await(ctx, "Wait to be called", process.Forever())
		if build == broken {
			panic("this build cannot go on")
		}
		return left{Build: build}, ctx.Err()
	}, append(opts, process.OneRunPer(func(v visit) string { return v.ID }), process.Receives(called), process.Ends("left"))...)
}

// rollout is a deployment with its workers, and the people who went in.
type rollout struct {
	t          *testing.T
	temporal   client.Client
	deployment client.WorkerDeploymentHandle
	queue      string
	start      func(build string)
}

// newRollout runs workers of several builds side by side, on the engine of a house.
func newRollout(t *testing.T) *rollout {
	h := newHouse(t)
	h.start(t, "")
	pool, err := db.Open(t.Context(), h.at.DatabaseURL, 4)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	temporal, err := client.Dial(client.Options{HostPort: h.at.Temporal, Namespace: h.at.Namespace, Logger: quietTemporal{}})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)

	name := "rooms-" + uuid.NewString()[:8]
	r := &rollout{t: t, temporal: temporal, deployment: temporal.WorkerDeploymentClient().GetHandle(name), queue: name}
	r.start = func(build string) {
		settings := config.Worker{
			MaxConcurrentWorkflowTasks: 8, MaxConcurrentActivities: 2, MaxConcurrentLocalActivities: 4, StopTimeout: time.Second,
			Deployment: config.Deployment{Name: name, BuildID: build},
		}
		w := sdkworker.New(temporal, name, worker.Options(settings, func(err error) { t.Errorf("build %s: %v", build, err) }))
		process.Register(w, waitingRoom("short-visit", build, process.Pinned()))
		process.Register(w, waitingRoom("long-visit", build))
		for _, implementation := range journal.Activities(pool, clock.Clock{}) {
			implementation.Register(w)
		}
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	return r
}

// route sends new runs to one build, and a share of them to another.
func (r *rollout) route(current, ramping string, percent float32) {
	r.t.Helper()
	require.EventuallyWithT(r.t, func(c *assert.CollectT) { // a build is known once its worker has polled
		_, err := r.deployment.SetCurrentVersion(r.t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: current})
		require.NoError(c, err)
		_, err = r.deployment.SetRampingVersion(r.t.Context(), client.WorkerDeploymentSetRampingVersionOptions{BuildID: ramping, Percentage: percent})
		require.NoError(c, err)
	}, time.Minute, 200*time.Millisecond)
}

// enter starts runs and waits until every one of them waits inside.
func (r *rollout) enter(processName string, n int) []client.WorkflowRun {
	r.t.Helper()
	runs := make([]client.WorkflowRun, n)
	for i := range runs {
		var err error
		runs[i], err = r.temporal.ExecuteWorkflow(r.t.Context(), client.StartWorkflowOptions{
			ID: fmt.Sprintf("%s:%s", processName, uuid.NewString()), TaskQueue: r.queue,
		}, processName, visit{ID: uuid.NewString()}, process.Envelope{Entry: uuid.NewString()})
		require.NoError(r.t, err)
	}
	for _, run := range runs {
		require.EventuallyWithT(r.t, func(c *assert.CollectT) {
			value, err := r.temporal.QueryWorkflow(r.t.Context(), run.GetID(), "", process.StatusQuery)
			require.NoError(c, err)
			var status process.Status
			require.NoError(c, value.Get(&status))
			require.Equal(c, "Wait to be called", status.Step)
		}, time.Minute, 50*time.Millisecond)
	}
	return runs
}

// call lets everybody out and counts whose words they heard.
func (r *rollout) call(runs []client.WorkflowRun) map[string]int {
	r.t.Helper()
	heard := map[string]int{}
	for _, run := range runs {
		require.NoError(r.t, r.temporal.SignalWorkflow(r.t.Context(), run.GetID(), "", called.Name(), struct{}{}))
	}
	for _, run := range runs {
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
		var l left
		require.NoError(r.t, run.Get(ctx, &l), "no run fails because a build changed")
		cancel()
		heard[l.Build]++
	}
	return heard
}

// Two builds of a process live side by side. A pinned process ends on the build that its run began on; another follows
// the newest build at its next step. A share of the new runs tries the new build first, and going back is one call.
func TestTwoBuildsSideBySide(t *testing.T) {
	const each = 5
	r := newRollout(t)
	r.start("one")
	r.route("one", "", 0)
	pinned, following := r.enter("short-visit", each), r.enter("long-visit", each)

	r.start("two")
	r.route("one", "two", 50)
	tried := r.enter("short-visit", 40)
	heard := r.call(tried)
	require.Equal(t, 40, heard["one"]+heard["two"])
	require.Greaterf(t, heard["two"], 0, "a half of the new runs goes to the new build: %v", heard)
	require.Greaterf(t, heard["one"], 0, "a half of the new runs stays on the old build: %v", heard)

	r.route("one", "", 0) // back
	r.reaches("one")
	require.Equal(t, map[string]int{"one": each}, r.call(r.enter("short-visit", each)), "after going back, nobody new meets build two")

	r.route("two", "", 0)
	r.reaches("two")
	require.Equal(t, map[string]int{"one": each}, r.call(pinned), "pinned runs end on the build that they began on")
	require.Equal(t, map[string]int{"two": each}, r.call(following), "the others go on with the newest")
	require.Equal(t, map[string]int{"two": each}, r.call(r.enter("short-visit", each)), "new runs begin on the newest")
}

// A build that panics fails nobody: the runs that it gets wait, and go on with the next build that can.
func TestABuildThatPanicsFailsNobody(t *testing.T) {
	const each = 5
	r := newRollout(t)
	r.start("one")
	r.route("one", "", 0)
	following := r.enter("long-visit", each)

	r.start(broken)
	r.route(broken, "", 0)
	r.reaches(broken)
	for _, run := range following {
		require.NoError(t, r.temporal.SignalWorkflow(t.Context(), run.GetID(), "", called.Name(), struct{}{}))
	}
	for _, run := range following {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			seen, err := r.temporal.DescribeWorkflowExecution(t.Context(), run.GetID(), "")
			require.NoError(c, err)
			require.Equal(c, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, seen.WorkflowExecutionInfo.Status)
			require.Greater(c, seen.PendingWorkflowTask.GetAttempt(), int32(1), "the build has tried, and could not")
		}, time.Minute, 100*time.Millisecond)
	}

	r.start("mended")
	r.route("mended", "", 0)
	heard := map[string]int{}
	for _, run := range following {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var l left
		require.NoError(t, run.Get(ctx, &l))
		cancel()
		heard[l.Build]++
	}
	require.Equal(t, map[string]int{"mended": each}, heard)
}

// reaches waits until new runs begin on a build, every one of many: the parts of the engine learn of a route one after
// the other, and each run meets one of them.
func (r *rollout) reaches(build string) {
	r.t.Helper()
	require.EventuallyWithT(r.t, func(c *assert.CollectT) {
		for _, run := range r.enter("short-visit", 20) {
			seen, err := r.temporal.DescribeWorkflowExecution(r.t.Context(), run.GetID(), "")
			require.NoError(c, err)
			require.Equal(c, build, seen.WorkflowExecutionInfo.VersioningInfo.GetDeploymentVersion().GetBuildId())
		}
	}, time.Minute, 200*time.Millisecond)
}

// Runs come in and are signalled all the time while the next build is ramped up, takes over, and is taken back.
func TestRollingUnderLoadLosesNothing(t *testing.T) {
	const runs = 240
	r := newRollout(t)
	r.start("one")
	r.route("one", "", 0)
	r.start("two")

	ended := make(chan error, runs)
	go func() {
		tick := time.NewTicker(75 * time.Millisecond)
		defer tick.Stop()
		for i := range runs {
			<-tick.C
			go func() { ended <- r.visit([]string{"short-visit", "long-visit"}[i%2]) }()
		}
	}()
	for _, step := range []struct {
		current, ramping string
		percent          float32
	}{{"one", "two", 10}, {"one", "two", 50}, {"two", "", 0}, {"one", "", 0}, {"two", "", 0}} {
		r.route(step.current, step.ramping, step.percent)
		for range runs / 6 { // while runs go on to end
			require.NoError(t, <-ended)
		}
	}
	for range runs - 5*(runs/6) {
		require.NoError(t, <-ended)
	}
}

// visit starts a run, signals it at once, and waits for its end.
func (r *rollout) visit(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run, err := r.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: name + ":" + uuid.NewString(), TaskQueue: r.queue,
	}, name, visit{ID: uuid.NewString()}, process.Envelope{Entry: uuid.NewString()})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err := r.temporal.SignalWorkflow(ctx, run.GetID(), "", called.Name(), struct{}{}); err != nil {
		return fmt.Errorf("signal: %w", err)
	}
	var l left
	if err := run.Get(ctx, &l); err != nil {
		return fmt.Errorf("a run failed, or its signal was lost: %w", err)
	}
	return nil
}

// quietTemporal drops the client's log: a test shows what fails.
type quietTemporal struct{}

func (quietTemporal) Debug(string, ...any)        {}
func (quietTemporal) Info(string, ...any)         {}
func (quietTemporal) Warn(string, ...any)         {}
func (quietTemporal) Error(string, ...any)        {}
func (q quietTemporal) With(...any) sdklog.Logger { return q }
