package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

const (
	firstPause  = 100 * time.Millisecond
	longestWait = 5 * time.Second
	attemptTime = 5 * time.Second
	// sayAfter is how often a line tells that Temporal is still awaited.
	sayAfter = 15 * time.Second
)

// AwaitTemporal returns once the namespace answers and has the search attributes. It tries without end, with growing
// pauses, says every 15 seconds what it waits for, and errs only when ctx ends.
func AwaitTemporal(ctx context.Context, temporal client.Client, at Connection, log *slog.Logger) error {
	pause, said := firstPause, time.Time{}
	for {
		err := attempt(ctx, temporal, at, log)
		if err == nil {
			if !said.IsZero() {
				log.Info("Temporal answers", "address", at.Address, "namespace", at.Namespace)
			}
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if time.Since(said) >= sayAfter {
			said = time.Now()
			log.Warn("waiting for Temporal: accepted events are kept and delivered later",
				"address", at.Address, "namespace", at.Namespace, "answer", err.Error())
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
			pause = min(2*pause, longestWait)
		}
	}
}

func attempt(ctx context.Context, temporal client.Client, at Connection, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	_, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: at.Namespace})
	var missing *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &missing):
		return fmt.Errorf("namespace %q does not exist; create it with `temporal operator namespace create --namespace %s`, or set PERDURA_TEMPORAL_NAMESPACE", at.Namespace, at.Namespace)
	case err != nil:
		return err
	}
	return EnsureSearchAttributes(ctx, temporal, at.Namespace, log)
}
