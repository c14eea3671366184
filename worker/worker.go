package worker

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/process"
)

const (
	// cachedRuns bounds the runs whose state stays in memory between workflow tasks; some 50 kB each.
	cachedRuns = 2000
	// workflowPollers are the long polls for workflow tasks. Few suffice: a poller hands its task over and polls again,
	// and eager starts need none.
	workflowPollers = 4
	activityPollers = 2
	// deadlockAfter is generous, because on a busy two-core machine a workflow task may wait a second for a core.
	deadlockAfter = 5 * time.Second
)

var sizeCache = sync.OnceFunc(func() { sdkworker.SetStickyWorkflowCacheSize(cachedRuns) })

// New builds a worker with everything in the table; the caller starts and stops it. fatal is called when the worker
// gives up for good while running. It errs when the table is wrong: see Table.Check and Implementations.
func New(c client.Client, cfg config.Config, table Table, deps Deps, fatal func(error)) (sdkworker.Worker, error) {
	if err := table.Check(); err != nil {
		return nil, err
	}
	implementations, err := table.Implementations(deps)
	if err != nil {
		return nil, err
	}
	sizeCache()
	w := sdkworker.New(c, cfg.Temporal.TaskQueue, Options(cfg.Worker, fatal))
	for _, d := range table.Processes {
		process.Register(w, d)
	}
	for _, i := range implementations {
		i.Register(w)
	}
	return w, nil
}

// Options are the worker's options for two cores and more.
func Options(cfg config.Worker, fatal func(error)) sdkworker.Options {
	o := sdkworker.Options{
		MaxConcurrentWorkflowTaskExecutionSize:  cfg.MaxConcurrentWorkflowTasks,
		MaxConcurrentActivityExecutionSize:      cfg.MaxConcurrentActivities,
		MaxConcurrentLocalActivityExecutionSize: cfg.MaxConcurrentLocalActivities,
		MaxConcurrentWorkflowTaskPollers:        workflowPollers,
		MaxConcurrentActivityTaskPollers:        activityPollers,
		WorkerStopTimeout:                       cfg.StopTimeout,
		DeadlockDetectionTimeout:                deadlockAfter,
		// A run whose code changed incompatibly waits for a worker that can replay it, instead of failing.
		WorkflowPanicPolicy:         sdkworker.BlockWorkflow,
		DisableRegistrationAliasing: true,
		OnFatalError:                fatal,
	}
	if d := cfg.Deployment; d.Versioned() {
		o.DeploymentOptions = sdkworker.DeploymentOptions{
			UseVersioning: true,
			Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: d.Name, BuildID: d.BuildID},
			// Runs wait for months; they follow the newest version, and replay tests prove that they can.
			DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		}
	}
	return o
}

// Implementations builds all activities of the table. It errs when two have the same name.
func (t Table) Implementations(deps Deps) ([]process.Implementation, error) {
	var all []process.Implementation
	for _, build := range t.Activities {
		all = append(all, build(deps)...)
	}
	names := registeredNames{}
	for _, i := range all {
		i.Register(names)
	}
	var errs []error
	for name, times := range names {
		if times > 1 {
			errs = append(errs, fmt.Errorf("activity %q is implemented %d times: remove all but one from the table", name, times))
		}
	}
	return all, errors.Join(errs...)
}

// registeredNames counts registrations by name.
type registeredNames map[string]int

// RegisterActivityWithOptions notes the name.
func (n registeredNames) RegisterActivityWithOptions(_ any, options activity.RegisterOptions) {
	n[options.Name]++
}
