package app

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/worker/dispatch"
)

// measureTime bounds what a scrape asks of PostgreSQL. A scrape that PostgreSQL does not answer has the other metrics all
// the same, and perdura_database_up says why.
const measureTime = 3 * time.Second

// gauge lets every scrape read from the database what waits. Several processes with a dispatcher tell the same numbers:
// take the highest.
func (h *house) gauge() error {
	m := otel.Meter("perdura")
	up, _ := m.Int64ObservableGauge("perdura_database_up", metric.WithDescription("1 when PostgreSQL answered this scrape."))
	pending, _ := m.Int64ObservableGauge("perdura_events_pending", metric.WithDescription("Accepted events that wait for Temporal."))
	oldest, _ := m.Float64ObservableGauge("perdura_events_oldest_seconds", metric.WithDescription("How long the first of them has waited, in business time."))
	stuck, _ := m.Int64ObservableGauge("perdura_events_stuck", metric.WithDescription("Events that failed again and again and hold up their subjects."))
	aside, _ := m.Int64ObservableGauge("perdura_events_set_aside", metric.WithDescription("Events that can never be delivered as they are and wait for somebody to decide."))
	doubtful, _ := m.Int64ObservableGauge("perdura_messages_in_doubt", metric.WithDescription("Messages of which nobody knows whether they left."))
	shifted, _ := m.Int64ObservableGauge("perdura_messages_shifted", metric.WithDescription("Messages that wait for their time."))
	late, _ := m.Int64ObservableGauge("perdura_messages_late", metric.WithDescription("Messages that nobody took up an hour after their time."))
	overdue, _ := m.Int64ObservableGauge("perdura_tasks_overdue", metric.WithDescription("Tasks that are past due, by kind."))
	open, _ := m.Int64ObservableGauge("perdura_runs_open", metric.WithDescription("Runs under way, by process."))
	skew, _ := m.Float64ObservableGauge("perdura_clock_skew_seconds", metric.WithDescription("How far PostgreSQL's clock is ahead of this machine's."))
	bytes, err := m.Int64ObservableGauge("perdura_database_bytes", metric.WithDescription("Size of Perdura's database."))
	if err != nil {
		return err
	}
	_, err = m.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, measureTime)
		defer cancel()
		q, now := query.New(), h.clock.Now()
		inbox, err := q.MeasureInbox(ctx, h.pool, query.MeasureInboxParams{Now: now, StuckAfter: dispatch.StuckAfter})
		if err != nil {
			o.ObserveInt64(up, 0)
			return nil
		}
		o.ObserveInt64(up, 1)
		measured := db.Clock{}
		if measured.Measure(ctx, h.pool) == nil {
			o.ObserveFloat64(skew, measured.Ahead().Seconds())
		}
		o.ObserveInt64(pending, inbox.Pending)
		o.ObserveFloat64(oldest, max(now.Sub(inbox.Oldest).Seconds(), 0))
		o.ObserveInt64(stuck, inbox.Stuck)
		o.ObserveInt64(aside, inbox.SetAside)
		messages, err := q.MeasureMessages(ctx, h.pool, now)
		if err != nil {
			return nil
		}
		o.ObserveInt64(doubtful, messages.Doubtful)
		o.ObserveInt64(shifted, messages.Shifted)
		o.ObserveInt64(late, messages.Late)
		o.ObserveInt64(bytes, messages.Bytes)
		tasks, err := q.CountOverdueTasks(ctx, h.pool, now)
		if err != nil {
			return nil
		}
		for _, t := range tasks {
			o.ObserveInt64(overdue, t.Overdue, metric.WithAttributes(attribute.String("kind", t.Kind)))
		}
		runs, err := q.CountOpenRuns(ctx, h.pool)
		if err != nil {
			return nil
		}
		for _, r := range runs {
			o.ObserveInt64(open, r.Open, metric.WithAttributes(attribute.String("process", r.Process)))
		}
		return nil
	}, up, pending, oldest, stuck, aside, doubtful, shifted, late, overdue, open, skew, bytes)
	return err
}
