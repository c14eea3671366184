package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// KeptEvent is an event of the inbox and what became of it.
type KeptEvent struct {
	EventID    uuid.UUID         `json:"event_id"`
	ID         string            `json:"id" jsonschema_description:"its id with the sender"`
	Source     string            `json:"source"`
	Type       string            `json:"type"`
	Subject    string            `json:"subject"`
	State      string            `json:"state" jsonschema:"enum=pending,enum=delivered,enum=ignored,enum=set-aside,enum=dropped"`
	Attempts   int               `json:"attempts"`
	LastError  string            `json:"last_error,omitempty" jsonschema_description:"why it was not delivered when it was last tried"`
	ReceivedAt time.Time         `json:"received_at"`
	Data       any               `json:"data,omitempty" jsonschema_description:"shown of one event, not in lists"`
	Links      map[string]string `json:"links,omitempty"`
}

type eventFilter struct {
	Paging
	State   string `json:"state,omitempty" jsonschema:"enum=pending,enum=delivered,enum=ignored,enum=set-aside,enum=dropped,default=set-aside"`
	Subject string `json:"subject,omitempty" jsonschema:"maxLength=512"`
}

type eventPlace struct {
	Seq int64 `json:"s"`
}

func (s *Server) eventAsideOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/events", ID: "listEvents", Tag: "events", Access: access.Admin, Query: typeOf[eventFilter](),
			Summary: "List the events that were set aside, or those in another state, the first that came first",
			Description: "An event that can never be delivered as it is (its data fits no process of this build, its process is gone) is set aside after some " +
				"ten minutes of trying, so that the later events of its subject go on.",
			Answers: []Answer{answer[Page[KeptEvent]](200, "A page of events, without their data.")}, Handle: s.listEvents,
		},
		{
			Method: http.MethodGet, Path: "/v1/events/{id}", ID: "getEvent", Tag: "events", Access: access.Admin,
			Summary: "Read an event with its data", Answers: []Answer{answer[KeptEvent](200, "The event.")}, Handle: s.getEvent,
		},
		{
			Method: http.MethodPost, Path: "/v1/events/{id}/retry", ID: "retryEvent", Tag: "events", Access: access.Admin,
			Summary:     "Have an event that was set aside tried once more",
			Description: "Do it once the build that can read it is out. It is set aside again when it fails again. What came after it for the same subject may have been delivered before.",
			Answers:     []Answer{answer[KeptEvent](200, "The event, about to be tried.")}, Handle: s.mendEvent(inbox.Retry),
		},
		{
			Method: http.MethodPost, Path: "/v1/events/{id}/drop", ID: "dropEvent", Tag: "events", Access: access.Admin,
			Summary: "Decide that nothing comes of an event that was set aside", Description: "It stays readable, and is never tried again.",
			Answers: []Answer{answer[KeptEvent](200, "The dropped event.")}, Handle: s.mendEvent(inbox.Drop),
		},
	}
}

func (s *Server) listEvents(c *Call) error {
	f := eventFilter{State: inbox.SetAside}
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("events", f.State, f.Subject)
	place, err := readCursor[eventPlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListEventPageParams{State: f.State, Subject: db.NullText(f.Subject), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.After = place.Seq
	}
	rows, err := query.New().ListEventPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list events: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, listedEvent, func(r query.ListEventPageRow) eventPlace { return eventPlace{r.Seq} }))
}

func (s *Server) getEvent(c *Call) error {
	row, err := query.New().GetEvent(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("event", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	return c.OK(keptEvent(row))
}

// mendEvent handles what is done to an event that was set aside.
func (s *Server) mendEvent(mend func(context.Context, *pgxpool.Pool, time.Time, uuid.UUID, audit.Record) error) func(*Call) error {
	return func(c *Call) error {
		err := mend(c.Ctx(), s.pool, s.clock.Now(), c.ID("id"), c.Actor())
		switch {
		case errors.Is(err, inbox.ErrUnknown):
			return problem.NotFound("event", c.Param("id"))
		case errors.Is(err, inbox.ErrNotSetAside):
			return problem.Conflict("not-set-aside", "Only an event that was set aside is tried again or dropped. Read the event: its state says what became of it.")
		case err != nil:
			return err
		}
		s.wake()
		return s.getEvent(c)
	}
}

func listedEvent(r query.ListEventPageRow) KeptEvent {
	return KeptEvent{
		EventID: r.ID, ID: r.ExternalID, Source: r.Source, Type: r.Type, Subject: r.Subject, State: r.State, Attempts: int(r.Attempts),
		LastError: r.LastError, ReceivedAt: r.ReceivedAt.UTC(), Links: map[string]string{"self": link("v1/events", r.ID.String())},
	}
}

func keptEvent(r query.Event) KeptEvent {
	return KeptEvent{
		EventID: r.ID, ID: r.ExternalID, Source: r.Source, Type: r.Type, Subject: r.Subject, State: r.State, Attempts: int(r.Attempts),
		LastError: db.Text(r.LastError), ReceivedAt: r.ReceivedAt.UTC(), Data: json.RawMessage(r.Data),
		Links: map[string]string{"self": link("v1/events", r.ID.String())},
	}
}
