package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/worker"
)

// bareQueue is no queue of Perdura's, whose server this is.
const bareQueue = "rivals-bare"

// cachedRuns is as many as Perdura's worker keeps.
const cachedRuns = 2000

// bareFlags is the engine's own limit: Perdura's server and worker options, and steps that do nothing.
func bareFlags(set *flag.FlagSet) runner {
	address := set.String("temporal", "", "`host:port` of a Temporal server")
	space := set.String("namespace", namespace, "its `namespace`")
	count := set.Int("steps", 5, "`number` of durable steps; the last posts the notification")
	return func(ctx context.Context, at place) error {
		if *address == "" || *count < 1 {
			return fmt.Errorf("say which server and how many steps: --temporal, --steps at least 1")
		}
		settings, err := config.Load(config.Sources{}, 0)
		if err != nil {
			return fmt.Errorf("read the settings of Perdura's worker: %w", err)
		}
		connected, err := dial(ctx, client.Options{HostPort: *address, Namespace: *space, Logger: warnings()})
		if err != nil {
			return err
		}
		defer connected.Close()
		fatal := make(chan error, 1)
		sdkworker.SetStickyWorkflowCacheSize(cachedRuns)
		leads := sdkworker.New(connected, bareQueue, worker.Options(settings.Worker, func(err error) { fatal <- err }))
		run := bareRun{out: newNotifier(at.notify)}
		leads.RegisterWorkflow(run.intake)
		if err := leads.Start(); err != nil {
			return fmt.Errorf("start the worker: %w", err)
		}
		defer leads.Stop()
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		go func() {
			select {
			case err := <-fatal:
				cancel(fmt.Errorf("the worker gave up: %w", err))
			case <-ctx.Done():
			}
		}()
		err = serve(ctx, at.listen, func(ctx context.Context, lead Lead) error {
			_, err := connected.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: "bare:" + lead.ID, TaskQueue: bareQueue, EnableEagerStart: true,
			}, run.intake, lead.ID, *count)
			return err
		})
		return errors.Join(err, context.Cause(ctx))
	}
}

type bareRun struct{ out notifier }

func (b bareRun) intake(ctx workflow.Context, id string, count int) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: rest,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond},
	})
	for range count - 1 {
		if err := workflow.ExecuteLocalActivity(ctx, nothing, id).Get(ctx, nil); err != nil {
			return err
		}
	}
	if err := workflow.ExecuteLocalActivity(ctx, b.out.notify, id).Get(ctx, nil); err != nil {
		return err
	}
	return workflow.Sleep(ctx, rest)
}

func nothing(context.Context, string) error { return nil }
