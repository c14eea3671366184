package e2e_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// cloudEvent is an event as CloudEvents 1.0 writes it in JSON.
type cloudEvent map[string]any

// event is a new one, from a source of its own.
func event(kind, subject string) cloudEvent {
	return cloudEvent{
		"specversion": "1.0", "id": uuid.NewString(), "source": "/crm/" + uuid.NewString(), "type": kind, "subject": subject,
		"time": "2026-01-31T09:30:00Z", "datacontenttype": "application/json", "data": map[string]any{},
	}
}

// from names the event: id and source together.
func (e cloudEvent) from(source, id string) cloudEvent {
	e["source"], e["id"] = source, id
	return e
}

func (e cloudEvent) about(data map[string]any) cloudEvent {
	e["data"] = data
	return e
}

var (
	asEvent = []string{"Content-Type", "application/cloudevents+json"}
	asBatch = []string{"Content-Type", "application/cloudevents-batch+json"}
)

// acceptedEvents is the answer to events.
type acceptedEvents struct {
	Events []struct {
		ID        string `json:"id"`
		Source    string `json:"source"`
		EventID   string `json:"event_id"`
		Duplicate bool   `json:"duplicate"`
	} `json:"events"`
}

func TestEventsAreTakenOnce(t *testing.T) {
	t.Parallel()
	h := shared(t)
	one := event("order.paid", "order-1").about(map[string]any{"order_id": "order-1"})
	first := post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", one, asEvent...)
	require.Len(t, first.Events, 1)
	require.False(t, first.Events[0].Duplicate)
	require.Equal(t, one["id"], first.Events[0].ID)
	again := post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", one, asEvent...)
	require.True(t, again.Events[0].Duplicate)
	require.Equal(t, first.Events[0].EventID, again.Events[0].EventID)

	batch := []cloudEvent{event("order.paid", "order-2"), one, event("order.paid", "order-2")}
	answered := post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", batch, asBatch...)
	require.Len(t, answered.Events, 3)
	for i, e := range answered.Events {
		require.Equal(t, batch[i]["id"], e.ID, "in the order in which they were sent")
		require.Equal(t, i == 1, e.Duplicate)
	}
}

func TestABatchIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := shared(t)
	good := event("order.paid", "order-3")
	for name, bad := range map[string]cloudEvent{
		"no type":            without(event("order.paid", "order-3"), "type"),
		"another version":    event("order.paid", "order-3").with("specversion", "0.3"),
		"a reserved source":  event("order.paid", "order-3").from("perdura", "1"),
		"a reserved type":    event("perdura.process.start", "order-3"),
		"malformed own data": event("lead.submitted", "order-3").about(map[string]any{"lead_id": "seven"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, h.call(t, http.MethodPost, "/v1/events", bad, asEvent...), http.StatusUnprocessableEntity)
			refused(t, h.call(t, http.MethodPost, "/v1/events", []cloudEvent{good, bad}, asBatch...), http.StatusUnprocessableEntity)
		})
	}
	t.Cleanup(func() {
		answered := post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", good, asEvent...)
		require.False(t, answered.Events[0].Duplicate, "an event of a refused batch was kept")
	})
}

func (e cloudEvent) with(field string, value any) cloudEvent {
	e[field] = value
	return e
}

func without(e cloudEvent, field string) cloudEvent {
	delete(e, field)
	return e
}

// Two contradicting decisions about one lead come in one after the other: the first must reach the process first.
func TestEventsOfOneSubjectKeepTheirOrder(t *testing.T) {
	t.Parallel()
	h := shared(t)
	const pairs = 6
	type expectation struct{ id, status string }
	var expected []expectation
	for i := range pairs {
		known := reachable()
		require.Equal(t, "captured", settled(t, h, known.fills("form")).Status)
		l := resembles(t, h, known)
		decisions := []string{"merge", "separate"}
		status := "merged"
		if i%2 == 1 {
			decisions, status = []string{"separate", "merge"}, "captured"
		}
		source := "/crm/" + uuid.NewString()
		var told []cloudEvent
		for n, decision := range decisions {
			told = append(told, event("lead.merge-decided", l.ID).from(source, decision+string(rune('0'+n))).about(
				map[string]any{"lead_id": l.ID, "review_id": l.ReviewID, "decision": decision}))
		}
		if i < pairs/2 {
			post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", told, asBatch...)
		} else {
			for _, one := range told {
				post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", one, asEvent...)
			}
		}
		expected = append(expected, expectation{l.ID, status})
	}
	for _, e := range expected {
		reaches(t, h, e.id, e.status)
	}
}
