package inbox

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
)

var acceptedEvents, _ = otel.Meter("perdura").Int64Counter("perdura_events_accepted",
	metric.WithDescription("Events that were accepted, repeats left out."))

func count(ctx context.Context, accepted []Accepted) {
	var fresh int64
	for _, a := range accepted {
		if !a.Duplicate {
			fresh++
		}
	}
	acceptedEvents.Add(ctx, fresh)
}
