package delivery

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
)

var (
	meter = otel.Meter("perdura")

	verdicts, _ = meter.Int64Counter("perdura_gate_verdicts",
		metric.WithDescription("Words of the policy gate, by answer (send, shift, refuse), reason and channel."))
	settled, _ = meter.Int64Counter("perdura_messages",
		metric.WithDescription("Messages by what became of them (sent, refused, failed, unknown), channel and class. One in doubt that is found later counts twice: as unknown and as sent."))
	providerCalls, _ = meter.Float64Histogram("perdura_provider_call", metric.WithUnit("s"),
		metric.WithDescription("How long a provider took for one message, by provider and result (ok, rejected, limited, doubtful, failed)."))
)

func countVerdict(ctx context.Context, v gate.Verdict) {
	verdicts.Add(ctx, 1, metric.WithAttributes(
		attribute.String("answer", string(v.Answer)), attribute.String("reason", v.Reason), attribute.String("channel", string(v.Channel))))
}

func countSettled(ctx context.Context, o Order, row *entry) {
	settled.Add(ctx, 1, metric.WithAttributes(
		attribute.String("state", row.State), attribute.String("channel", string(row.Channel)), attribute.String("class", o.Class)))
}

// watched notes one call of a provider, with a span of its own.
func watched(ctx context.Context, p provider.Provider, call func(context.Context) (string, error)) (string, error) {
	ctx, span := otel.Tracer("perdura").Start(ctx, "send by "+p.Name(), trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	began := time.Now()
	id, err := call(ctx)
	result := resultOf(err)
	span.SetAttributes(attribute.String("perdura.result", result))
	providerCalls.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(
		attribute.String("provider", p.Name()), attribute.String("result", result)))
	return id, err
}

func resultOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, new(provider.Rejected)):
		return "rejected"
	case errors.As(err, new(provider.RateLimited)):
		return "limited"
	case provider.Doubtful(err):
		return "doubtful"
	default:
		return "failed"
	}
}
