package explore

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
)

const (
	// forever is beyond every limit of a business: a run that still stands then will stand for good. Virtual time
	// jumps there at once.
	forever = 200 * 365 * 24 * time.Hour
	// stuck is how long code may keep a processor without coming to a point. It is real time, so it is generous.
	stuck = 10 * time.Second
)

// drive runs the process once, with w as its world, and tells how it ended.
func drive(def process.Definition, start time.Time, w *walker) (p Path) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(stuck)
	env.SetWorkflowRunTimeout(forever + forever/4) // else Temporal's own limit would hide a hang
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: stuck})
	name := def.Describe().Name
	run := def.ExploreWith(w)
	r := ride{}
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return r.follow(ctx, run) },
		workflow.RegisterOptions{Name: name})
	defer func() {
		if v := recover(); v != nil {
			p = w.path(Hung, fmt.Sprint(v))
		}
	}()
	env.ExecuteWorkflow(name)
	return r.judge(w, env.GetWorkflowError())
}

// ride is one run of the process within the test environment.
type ride struct {
	done, stood bool
	err         error
	panicked    any
	stack       string
}

// follow runs the process beside a timer that fires when nothing else is left to happen.
func (r *ride) follow(ctx workflow.Context, run func(workflow.Context) error) error {
	watch, cancel := workflow.WithCancel(ctx)
	defer cancel()
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() {
			if v := recover(); v != nil {
				r.panicked, r.stack = v, string(debug.Stack())
			}
			r.done = true
		}()
		r.err = run(ctx)
	})
	ok, err := workflow.AwaitWithTimeout(watch, forever, func() bool { return r.done })
	r.stood = err == nil && !ok
	return nil
}

func (r *ride) judge(w *walker, err error) Path {
	var broken *temporal.PanicError // of a parallel branch
	switch {
	case w.fate != "":
		return w.path(w.fate, w.why)
	case r.panicked != nil:
		return w.path(Panicked, fmt.Sprint(r.panicked)+whereIn(r.stack))
	case errors.As(err, &broken):
		if strings.Contains(broken.Error(), "deadlock") {
			return w.path(Hung, fmt.Sprintf("its code ran for %s without coming to a point", stuck))
		}
		return w.path(Panicked, broken.Error()+whereIn(broken.StackTrace()))
	case r.stood:
		return w.path(Hung, "nothing can make it go on")
	case r.err != nil:
		return w.path(Strayed, r.err.Error())
	case err != nil:
		return w.path(Panicked, err.Error())
	}
	return w.path(Ended, "")
}

// path closes the walker, so that code left behind cannot write to it, and returns what it saw.
func (w *walker) path(fate Fate, trouble string) Path {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	p := Path{Moves: w.moves, Fate: fate, Trouble: trouble}
	if n := len(w.moves); n > 0 && w.moves[n-1].Point.Kind == process.PointEnd {
		p.Ending = w.moves[n-1].Taken
	}
	return p
}

// whereIn finds the line of the process's own code in a stack.
func whereIn(stack string) string {
	lines := strings.Split(stack, "\n")
	from := 0
	for i, line := range lines { // the frames below the panic itself
		if strings.HasPrefix(line, "panic(") {
			from = i + 2
		}
	}
	for i := from; i+1 < len(lines); i++ {
		file, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok || strings.HasPrefix(lines[i], "runtime.") || strings.HasPrefix(lines[i], "go.temporal.io/") ||
			strings.HasPrefix(lines[i], "github.com/perdura/perdura/process.") {
			continue
		}
		file, _, _ = strings.Cut(file, " ")
		return " (at " + file[strings.LastIndex(file, "/")+1:] + ")"
	}
	return ""
}
