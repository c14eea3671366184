package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Contact is everything known of a person.
type Contact struct {
	ID         uuid.UUID         `json:"id"`
	Email      string            `json:"email,omitempty"`
	Phone      string            `json:"phone,omitempty"`
	FirstName  string            `json:"first_name,omitempty"`
	LastName   string            `json:"last_name,omitempty"`
	Company    string            `json:"company,omitempty"`
	Street     string            `json:"street,omitempty"`
	City       string            `json:"city,omitempty"`
	Postcode   string            `json:"postcode,omitempty"`
	Region     string            `json:"region,omitempty"`
	Country    string            `json:"country,omitempty"`
	TimeZone   string            `json:"time_zone,omitempty"`
	Language   string            `json:"language,omitempty"`
	Attributes json.RawMessage   `json:"attributes"`
	Consent    map[string]bool   `json:"consent" jsonschema_description:"what the person agreed to last, by purpose"`
	Owner      *uuid.UUID        `json:"owner,omitempty"`
	Lifecycle  string            `json:"lifecycle"`
	MergedInto *uuid.UUID        `json:"merged_into,omitempty" jsonschema_description:"the contact that this one was joined to"`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	Links      map[string]string `json:"links"`
}

// TimelineEntry is one thing that happened with a contact.
type TimelineEntry struct {
	Kind    string            `json:"kind" jsonschema:"enum=interaction,enum=lead,enum=message,enum=task"`
	ID      uuid.UUID         `json:"id"`
	At      time.Time         `json:"at"`
	What    string            `json:"what" jsonschema_description:"lead.captured, message.sent, task.completed, …"`
	Channel string            `json:"channel,omitempty"`
	State   string            `json:"state,omitempty"`
	Title   string            `json:"title,omitempty"`
	Data    json.RawMessage   `json:"data,omitempty"`
	Links   map[string]string `json:"links,omitempty"`
}

func (s *Server) contactOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/contacts/{id}", ID: "getContact", Tag: "contacts", Access: access.ContactsRead,
			Summary: "Everything known of a contact", Answers: []Answer{answer[Contact](200, "The contact.")}, Handle: s.getContact,
		},
		{
			Method: http.MethodGet, Path: "/v1/contacts/{id}/timeline", ID: "getTimeline", Tag: "contacts", Access: access.ContactsRead, Query: typeOf[Paging](),
			Summary: "Everything that happened with a contact, the newest first", Answers: []Answer{answer[Page[TimelineEntry]](200, "A page of the timeline.")}, Handle: s.getTimeline,
		},
	}
}

func (s *Server) findContact(c *Call) (query.Contact, error) {
	row, err := query.New().GetContact(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return row, problem.NotFound("contact", c.Param("id"))
	}
	if err != nil {
		return row, fmt.Errorf("read a contact: %w", err)
	}
	return row, nil
}

func (s *Server) getContact(c *Call) error {
	row, err := s.findContact(c)
	if err != nil {
		return err
	}
	consents, err := query.New().LatestConsents(c.Ctx(), s.pool, []uuid.UUID{row.ID})
	if err != nil {
		return fmt.Errorf("read the consents of a contact: %w", err)
	}
	self := link("v1/contacts", row.ID.String())
	out := Contact{
		ID: row.ID, Email: db.Text(row.Email), Phone: db.Text(row.Phone), FirstName: db.Text(row.FirstName), LastName: db.Text(row.LastName),
		Company: db.Text(row.Company), Street: db.Text(row.Street), City: db.Text(row.City), Postcode: db.Text(row.Postcode), Region: db.Text(row.Region),
		Country: db.Text(row.Country), TimeZone: db.Text(row.TimeZone), Language: db.Text(row.Language), Attributes: row.Attributes,
		Consent: map[string]bool{}, Owner: id(row.OwnerID), Lifecycle: row.Lifecycle, MergedInto: id(row.MergedInto),
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
		Links: map[string]string{"self": self, "timeline": self + "/timeline", "leads": "/v1/leads?contact=" + row.ID.String(), "messages": "/v1/messages?contact=" + row.ID.String()},
	}
	for _, consent := range consents {
		out.Consent[consent.Purpose] = consent.Granted
	}
	if out.MergedInto != nil {
		out.Links["merged_into"] = link("v1/contacts", out.MergedInto.String())
	}
	return c.OK(out)
}

// endOfTime lies behind everything that can have happened.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *Server) getTimeline(c *Call) error {
	var f Paging
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	contact, err := s.findContact(c)
	if err != nil {
		return err
	}
	list := "timeline" + contact.ID.String()
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	if place == nil {
		place = &timePlace{At: endOfTime, ID: uuid.Max}
	}
	rows, err := query.New().ListTimeline(c.Ctx(), s.pool, query.ListTimelineParams{
		Contact: contact.ID, Before: place.At, BeforeID: place.ID, MaxRows: int32(f.limit() + 1),
	})
	if err != nil {
		return fmt.Errorf("read a timeline: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, timelineEntry, func(r query.ListTimelineRow) timePlace { return timePlace{r.At, r.ID} }))
}

func timelineEntry(r query.ListTimelineRow) TimelineEntry {
	e := TimelineEntry{Kind: r.Kind, ID: r.ID, At: r.At.UTC(), What: r.What, Channel: r.Channel, State: r.State, Title: r.Title}
	switch r.Kind {
	case "interaction":
		e.Data = r.Data
	case "lead":
		e.Links = map[string]string{"lead": link("v1/leads", r.ID.String())}
	}
	return e
}
