package journal

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/perdura/perdura/process"
)

var (
	meter = otel.Meter("perdura")

	runsEnded, _ = meter.Int64Counter("perdura_runs_ended",
		metric.WithDescription("Runs that ended, by process, state (completed, failed, cancelled) and outcome."))
	runTimes, _ = meter.Float64Histogram("perdura_run_business_hours", metric.WithDescription("How long runs took, in hours of business time, by process."),
		metric.WithExplicitBucketBoundaries(.001, .01, .1, 1, 4, 24, 72, 168, 720, 2160, 8760))
)

func countEnded(ctx context.Context, c process.Closed) {
	runsEnded.Add(ctx, 1, metric.WithAttributes(attribute.String("process", c.Process),
		attribute.String("state", string(c.State)), attribute.String("outcome", c.Outcome)))
	if len(c.Trail) > 0 {
		runTimes.Record(ctx, c.At.Sub(c.Trail[0].At).Hours(), metric.WithAttributes(attribute.String("process", c.Process)))
	}
}

// Declare makes the counters of failed runs visible at zero, so that the first failure is seen as a rise.
func Declare(ctx context.Context, processes []process.Definition) {
	for _, p := range processes {
		runsEnded.Add(ctx, 0, metric.WithAttributes(attribute.String("process", p.Describe().Name),
			attribute.String("state", string(process.Failed)), attribute.String("outcome", "")))
	}
}
