package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// batch is how many events one request tells.
const batch = 500

func (h *house) event(kind, order, on string) map[string]any {
	h.orders++
	data := map[string]any{"order_id": order, "contact_id": h.contacts[h.orders%len(h.contacts)]}
	if on != "" {
		data["arrives_on"] = on
	}
	return map[string]any{
		"specversion": "1.0", "id": fmt.Sprintf("%s-%d", kind, h.orders), "source": "/scale", "type": "order." + kind, "subject": order, "data": data,
	}
}

// fill starts journeys: each waits for the day on which a delivery should have arrived.
func (h *house) fill(ctx context.Context, n int, on string) error {
	for n > 0 {
		list := make([]any, min(n, batch))
		for i := range list {
			list[i] = h.event("delivery-due", fmt.Sprintf("order-%d", h.orders+1), on)
		}
		if err := h.tell(ctx, "application/cloudevents-batch+json", list); err != nil {
			return err
		}
		n -= len(list)
	}
	return nil
}

func (h *house) tell(ctx context.Context, media string, body any) error {
	answer, err := h.api.Call(ctx, http.MethodPost, h.api.API+"/v1/events", body, "Content-Type", media)
	if err == nil && answer.Status != http.StatusAccepted {
		err = fmt.Errorf("POST /v1/events: %d %s", answer.Status, answer.Body)
	}
	return err
}

// settled waits until so many journeys run, no event waits, and each has planned what it waits for.
func (h *house) settled(ctx context.Context, n int) error {
	last, news := -1, time.Now()
	for {
		var running, pending int
		err := h.pool.QueryRow(ctx, `select (select count(*) from process_runs where process = 'service-arrival' and state = 'running'),
			(select count(*) from events where state = 'pending')`).Scan(&running, &pending)
		switch {
		case err != nil:
			return err
		case running == n && pending == 0:
			time.Sleep(5 * time.Second) // until the last has planned, and garbage is collected
			return nil
		case running != last:
			last, news = running, time.Now()
		case time.Since(news) > time.Minute:
			return fmt.Errorf("%d journeys run, %d events wait, and nothing moves any more", running, pending)
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// probes is how many journeys one measurement takes, at so many a second.
const (
	probes    = 200
	probeRate = 10
)

// latencies starts journeys one by one, and then ends them by a signal: from the acceptance to the start in Temporal, and
// from the acceptance to the end of the run, which the worker mostly has to read back from its history first.
func (h *house) latencies(ctx context.Context) (start, signal spread, err error) {
	first := h.orders + 1
	tick := time.NewTicker(time.Second / probeRate)
	defer tick.Stop()
	var names []string
	for range probes {
		<-tick.C
		name := fmt.Sprintf("order-%d", h.orders+1)
		names = append(names, name)
		if err := h.tell(ctx, "application/cloudevents+json", h.event("delivery-due", name, farAway())); err != nil {
			return start, signal, err
		}
	}
	// Older ones, which no worker has in memory any more when there are many.
	var old []string
	for i := range probes {
		old = append(old, fmt.Sprintf("order-%d", 1+i*max(1, (first-1)/probes)))
	}
	slices.Sort(old)
	old = slices.Compact(old)
	for _, name := range old {
		<-tick.C
		if err := h.tell(ctx, "application/cloudevents+json", h.event("cancelled", name, "")); err != nil {
			return start, signal, err
		}
	}
	time.Sleep(3 * time.Second)
	if start, err = h.spread(ctx, `select extract(epoch from delivered_at - received_at) * 1000 from events
		where type = 'order.delivery-due' and subject = any($1) and delivered_at is not null`, names); err != nil {
		return start, signal, err
	}
	signal, err = h.spread(ctx, `select extract(epoch from r.closed_at - e.received_at) * 1000 from events e
		join process_runs r on r.process = 'service-arrival' and r.subject = e.subject and r.state = 'completed'
		where e.type = 'order.cancelled' and e.subject = any($1)`, old)
	if err != nil {
		return start, signal, err
	}
	// As many as before, for the next size: the new ones end, and the old ones come again.
	for _, name := range names {
		if err := h.tell(ctx, "application/cloudevents+json", h.event("cancelled", name, "")); err != nil {
			return start, signal, err
		}
	}
	return start, signal, h.fill(ctx, len(old), farAway())
}

// spread reads milliseconds and sorts them.
func (h *house) spread(ctx context.Context, sql string, names []string) (spread, error) {
	rows, err := h.pool.Query(ctx, sql, names)
	if err != nil {
		return spread{}, err
	}
	defer rows.Close()
	var values []float64
	for rows.Next() {
		var v float64
		if err := rows.Scan(&v); err != nil {
			return spread{}, err
		}
		values = append(values, v)
	}
	slices.Sort(values)
	if len(values) < len(names)*9/10 {
		return spread{}, fmt.Errorf("only %d of %d came to an end", len(values), len(names))
	}
	at := func(p int) float64 { return values[min(len(values)-1, len(values)*p/100)] }
	return spread{N: len(values), Median: at(50), P99: at(99), Max: values[len(values)-1]}, rows.Err()
}

// wakeIn is how long from now the journeys wake: long enough to start them all.
const wakeIn = 5 * time.Minute

// wake starts journeys that all wake in the same instant, and measures until each has said what it had to say.
func (h *house) wake(ctx context.Context, n int) (waking, error) {
	at := time.Now().UTC().Add(wakeIn).Truncate(time.Minute)
	fmt.Printf("%d journeys will wake at %s…\n", n, at.Format("15:04:05"))
	if err := h.amend(ctx, "arrival-policy", func(body map[string]any) { body["ask_at"] = at.Format("15:04") }); err != nil {
		return waking{}, err
	}
	if err := h.fill(ctx, n, at.Format(time.DateOnly)); err != nil {
		return waking{}, err
	}
	if time.Now().After(at) {
		return waking{}, fmt.Errorf("this machine cannot start %d journeys within %s: choose fewer", n, wakeIn)
	}
	time.Sleep(time.Until(at))
	for deadline := at.Add(10 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		var sent int
		if err := h.pool.QueryRow(ctx, `select count(*) from messages where process = 'service-arrival' and state = 'sent'`).Scan(&sent); err != nil {
			return waking{}, err
		}
		if sent >= n {
			return waking{Journeys: n, Seconds: time.Since(at).Seconds()}, nil
		}
		if time.Now().After(deadline) {
			return waking{}, fmt.Errorf("%d of %d journeys have spoken ten minutes after they should", sent, n)
		}
	}
}
