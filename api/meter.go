package api

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var requestTimes, _ = otel.Meter("perdura").Float64Histogram("perdura_http_request", metric.WithUnit("s"),
	metric.WithDescription("How long requests took, by operation of the API and status."))

// measured notes each request of an operation, as part of the caller's trace when it brings one.
func measured(op *Operation, next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) error {
		req := ec.Request()
		ctx, span := otel.Tracer("perdura").Start(
			otel.GetTextMapPropagator().Extract(req.Context(), propagation.HeaderCarrier(req.Header)), op.Method+" "+op.Path,
			trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("perdura.operation", op.ID)))
		defer span.End()
		ec.SetRequest(req.WithContext(ctx))
		began := time.Now()
		if err := next(ec); err != nil {
			ec.Error(err) // so that the answer's status is known here
		}
		status := ec.Response().Status
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		requestTimes.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(
			attribute.String("operation", op.ID), attribute.String("status", strconv.Itoa(status))))
		return nil
	}
}
