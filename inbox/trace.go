package inbox

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/propagation"
)

// traceparent is the header of W3C Trace Context (https://www.w3.org/TR/trace-context/).
const traceparent = "traceparent"

// traced notes on each event the trace that ctx belongs to, so that what comes of the event can join it.
func traced(ctx context.Context, events []Event) []Event {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	kept := carrier[traceparent]
	if kept == "" {
		return events
	}
	events = slices.Clone(events)
	for i := range events {
		if events[i].Trace == "" {
			events[i].Trace = kept
		}
	}
	return events
}

// Continue returns a context that belongs to the trace of an event; ctx itself when there is none.
func Continue(ctx context.Context, trace string) context.Context {
	if trace == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceparent: trace})
}
