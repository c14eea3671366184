package tasks

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

var breaches, _ = otel.Meter("perdura").Int64Counter("perdura_service_level_breaches",
	metric.WithDescription("Work that nobody did in time and that was brought before somebody above, by the kind of the task."))

func countBreach(ctx context.Context, kind string) {
	breaches.Add(ctx, 1, metric.WithAttributes(attribute.String("kind", kind)))
}
