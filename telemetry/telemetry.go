// Package telemetry sets up what Perdura tells about itself: metrics that Prometheus scrapes and traces that go to an
// OpenTelemetry collector. Packages declare their instruments on OpenTelemetry's global providers, which do nothing
// until Start. Neither metrics nor traces hold anything of people: labels are names of the code, spans hold ids.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// Options say what is told, and to whom.
type Options struct {
	// Metrics collects; without it every instrument does nothing.
	Metrics bool
	// TraceURL is an OTLP/HTTP endpoint such as http://127.0.0.1:4318/v1/traces; empty traces nothing.
	TraceURL string
	// TraceShare is the share of requests that are traced, from 0 to 1. What comes with a trace of its caller's keeps to
	// the caller's choice.
	TraceShare float64
	Version    string
}

// Telemetry is what a running program tells. Stop it last.
type Telemetry struct {
	registry *prometheus.Registry
	stops    []func(context.Context) error
	traces   bool
}

// Start sets the global providers. Errors: an address that is none.
func Start(ctx context.Context, o Options) (*Telemetry, error) {
	t := &Telemetry{traces: o.TraceURL != ""}
	about := resource.NewSchemaless(semconv.ServiceName("perdura"), semconv.ServiceVersion(o.Version))
	if o.Metrics {
		if err := t.collect(about); err != nil {
			return nil, err
		}
	}
	if t.traces {
		exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(o.TraceURL))
		if err != nil {
			return nil, fmt.Errorf("send traces to trace.url: %w", err)
		}
		provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about),
			trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(o.TraceShare))))
		otel.SetTracerProvider(provider)
		otel.SetTextMapPropagator(propagation.TraceContext{})
		t.stops = append(t.stops, provider.Shutdown)
	}
	return t, nil
}

// collect lets the global meters write into a registry of our own, beside what Go and the system tell of the program.
func (t *Telemetry) collect(about *resource.Resource) error {
	t.registry = prometheus.NewRegistry()
	t.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := promexporter.New(promexporter.WithRegisterer(t.registry), promexporter.WithoutScopeInfo(), promexporter.WithoutTargetInfo())
	if err != nil {
		return fmt.Errorf("collect metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter), metric.WithResource(about), metric.WithView(seconds()))
	otel.SetMeterProvider(provider)
	t.stops = append(t.stops, provider.Shutdown)
	return nil
}

// seconds gives every histogram of seconds bounds from half a millisecond to a minute.
func seconds() metric.View {
	return metric.NewView(metric.Instrument{Kind: metric.InstrumentKindHistogram, Unit: "s"}, metric.Stream{
		Aggregation: metric.AggregationExplicitBucketHistogram{
			Boundaries: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		},
	})
}

// Handler answers a scrape in Prometheus's text format; nil when nothing is collected.
func (t *Telemetry) Handler() http.Handler {
	if t == nil || t.registry == nil {
		return nil
	}
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Observe lets a Temporal client and its workers tell what they do: the SDK's own metrics, and spans that join those of
// the requests that caused them.
func (t *Telemetry) Observe(o *client.Options) error {
	if t == nil {
		return nil
	}
	if t.registry != nil {
		o.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter: otel.Meter("temporal-sdk-go"), UseMonotonicCounters: true, OnError: func(error) {},
		})
	}
	if t.traces {
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{AllowInvalidParentSpans: true, DisableQueryTracing: true})
		if err != nil {
			return fmt.Errorf("trace what Temporal does: %w", err)
		}
		o.Interceptors = append(o.Interceptors, interceptor.ClientInterceptor(tracing))
	}
	return nil
}

// Stop sends what is left.
func (t *Telemetry) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var errs []error
	for _, stop := range t.stops {
		errs = append(errs, stop(ctx))
	}
	return errors.Join(errs...)
}
