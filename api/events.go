package api

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/inbox"
)

// EventsAccepted says under which id each event is kept, in the order in which they were sent.
type EventsAccepted struct {
	Events []EventAccepted `json:"events"`
}

// EventAccepted is one of them.
type EventAccepted struct {
	ID        string    `json:"id"`
	Source    string    `json:"source"`
	EventID   uuid.UUID `json:"event_id" jsonschema_description:"the id under which it is kept; of a repeat that of the first"`
	Duplicate bool      `json:"duplicate" jsonschema_description:"it was kept before, and changes nothing"`
}

func (s *Server) eventOperations() []*Operation {
	example := map[string]any{
		"specversion": "1.0", "id": "4711", "source": "/shop/example", "type": "order.paid", "subject": "01890c5e-7b3a-7cc0-8000-000000000001",
		"time": "2030-01-31T09:30:00Z", "datacontenttype": "application/json", "data": map[string]any{"order_id": "01890c5e-7b3a-7cc0-8000-000000000001"},
	}
	return []*Operation{{
		Method: http.MethodPost, Path: "/v1/events", ID: "postEvents", Tag: "events", Access: access.EventsWrite,
		Summary: "Tell what happened",
		Description: "CloudEvents 1.0, one or a batch of up to 500. Kept events start or signal the processes that are triggered by their type; " +
			"events that trigger nothing are kept all the same. Those of invoices, payments, promises and debtors stand in the books when the call " +
			"returns; a batch that holds one that cannot be booked is refused whole. `id` and `source` together name an event. " + s.eventTexts(),
		Body: &Body{Media: []Media{
			{Type: mediaEvent, Schema: typeOf[CloudEvent](), Example: example},
			{Type: mediaBatch, Schema: typeOf[CloudEventBatch](), Example: []any{example}},
			{Type: mediaJSON, Schema: typeOf[CloudEvent](), Example: example},
		}},
		Answers: []Answer{answer[EventsAccepted](202, "Each event is kept, or was before.")},
		Handle:  s.postEvents,
	}}
}

func (s *Server) postEvents(c *Call) error {
	list, err := readEvents(c)
	if err != nil {
		return err
	}
	var fields []problem.Field
	kept := make([]inbox.Event, len(list))
	for i, e := range list {
		data, prefix := batchValue(c.value, i)
		wrong, err := s.checkEvent(c, e, prefix, data)
		if err != nil {
			return err
		}
		fields = append(fields, wrong...)
		kept[i] = e.inboxEvent()
	}
	if len(fields) > 0 {
		return problem.Invalid(fields...)
	}
	record := c.Did("event.accept", "event", kept[0].ID.String(), fmt.Sprintf("%d events came in", len(kept)))
	accepted, err := s.accept(c, kept, record, func(i int) string {
		if _, prefix := batchValue(c.value, i); prefix != "" {
			return prefix + ".data"
		}
		return "data"
	})
	if err != nil {
		return err
	}
	out := EventsAccepted{Events: make([]EventAccepted, len(accepted))}
	for i, a := range accepted {
		out.Events[i] = EventAccepted{ID: list[i].ID, Source: list[i].Source, EventID: a.ID, Duplicate: a.Duplicate}
	}
	return c.JSON(http.StatusAccepted, out)
}

func readEvents(c *Call) ([]CloudEvent, error) {
	if c.MediaType == mediaBatch {
		var batch CloudEventBatch
		err := c.Decode(&batch)
		return batch, err
	}
	var one CloudEvent
	err := c.Decode(&one)
	return []CloudEvent{one}, err
}

// eventTexts lists, for the document, the types that trigger something.
func (s *Server) eventTexts() string {
	text := ""
	for _, d := range s.definitions {
		for _, t := range d.Describe().Triggers {
			what := "starts"
			if t.Signal != "" {
				what = "signals " + t.Signal + " to"
			}
			text += fmt.Sprintf("\n* `%s` %s `%s`: %s", t.Event, what, d.Describe().Name, t.Purpose)
		}
	}
	if text == "" {
		return ""
	}
	return "Types that trigger something:\n" + text
}
