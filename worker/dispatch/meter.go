package dispatch

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/perdura/perdura/inbox"
)

var (
	meter = otel.Meter("perdura")

	deliveries, _ = meter.Int64Counter("perdura_dispatch_deliveries",
		metric.WithDescription("Tries to hand an event over, by what came of it: delivered, ignored, set-aside, or pending for a try that failed."))
	deliveryTimes, _ = meter.Float64Histogram("perdura_dispatch_delivery", metric.WithUnit("s"),
		metric.WithDescription("How long it took to hand one event to Temporal."))
)

// measured notes one try to deliver, as part of the trace that the event belongs to.
func measured(ctx context.Context, ev event, deliver func(context.Context) (state, contact, error)) (state, contact, error) {
	ctx, span := otel.Tracer("perdura").Start(inbox.Continue(ctx, ev.trace), "deliver "+ev.kind,
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attribute.String("perdura.event", ev.id.String())))
	defer span.End()
	began := time.Now()
	state, contact, err := deliver(ctx)
	deliveryTimes.Record(ctx, time.Since(began).Seconds())
	deliveries.Add(ctx, 1, metric.WithAttributes(attribute.String("state", string(state))))
	span.SetAttributes(attribute.String("perdura.state", string(state)))
	return state, contact, err
}
