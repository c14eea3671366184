package process

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/temporal"
)

var stepTimes, _ = otel.Meter("perdura").Float64Histogram("perdura_step", metric.WithUnit("s"),
	metric.WithDescription("How long one try of a step took, by process, step, activity and result (done, failed, or the class of its error)."))

// measure notes one try of a step. The labels are names of the code: there are as many as there are steps.
func measure(ctx context.Context, activity, key string, err error, took time.Duration) {
	process, step := stepOf(key)
	result := "done"
	var app *temporal.ApplicationError
	switch {
	case errors.As(err, &app):
		result = app.Type()
	case err != nil:
		result = "failed"
	}
	stepTimes.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("process", process),
		attribute.String("step", step), attribute.String("activity", activity), attribute.String("result", result)))
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("perdura.step", key))
}

// stepOf reads process and step from a key, without what tells the runs and the turns of a step apart.
func stepOf(key string) (process, step string) {
	run, rest, _ := strings.Cut(key, "/")
	process, _, _ = strings.Cut(run, ":")
	_, step, _ = strings.Cut(rest, "/")
	if at := strings.LastIndexByte(step, '.'); at >= 0 {
		step = step[:at]
	}
	return process, step
}
