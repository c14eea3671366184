package feedback

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// timeline are the kinds that stand in a contact's timeline.
var timeline = map[Kind]bool{Opened: true, Clicked: true, Replied: true, Bounced: true}

type interaction struct {
	ID        uuid.UUID  `json:"id"`
	ContactID uuid.UUID  `json:"contact_id"`
	LeadID    *uuid.UUID `json:"lead_id"`
	Kind      string     `json:"kind"`
	Channel   string     `json:"channel"`
	Data      any        `json:"data"`
	At        time.Time  `json:"at"`
}

// tell notes what processes and the timeline are to learn of a message, once for each kind. Test messages, and those to
// people of the house, are nobody's business but their own row's.
func (b *batch) tell(e *entry, r *report, kinds []Kind) {
	if e.Test || !e.outside() {
		return
	}
	for _, k := range kinds {
		link := 0
		if k == Clicked {
			link = r.Link
		}
		key := "message/" + e.ID.String() + "/" + string(k)
		b.emit(key, e.ContactID, events.MessageEngaged.Name(), r.At, events.Engagement{
			MessageID: e.ID, ContactID: e.ContactID, Process: e.Process, Subject: e.Subject, Kind: string(k), Link: link, At: r.At,
		})
		if !timeline[k] {
			continue
		}
		data := map[string]any{"message_id": e.ID}
		if link > 0 {
			data["link"] = link
		}
		i := interaction{ID: uuid.NewSHA1(space, []byte(key)), ContactID: e.ContactID, Kind: "message." + string(k), Channel: e.Channel, Data: data, At: r.At}
		if e.LeadID.Valid {
			i.LeadID = &e.LeadID.UUID
		}
		b.interactions = append(b.interactions, i)
	}
}

// space is the UUID name space of the timeline's entries, so that a repeat writes the same one.
var space = uuid.MustParse("6f1d5b0e-6a0c-5d5f-8c55-0d9be2a4a7c3")

// emit notes an event about a contact. data is one of package events and always encodes.
func (b *batch) emit(key string, contact uuid.UUID, eventType string, at time.Time, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		raw = json.RawMessage("not JSON") // refused by inbox.Accept
	}
	b.events = append(b.events, inbox.Event{
		Source: inbox.OwnSource, ExternalID: key, Type: eventType, Subject: contact.String(), Data: raw, OccurredAt: at,
	})
}

func (b *batch) writeInteractions() error {
	if len(b.interactions) == 0 {
		return nil
	}
	raw, err := json.Marshal(b.interactions)
	if err != nil {
		return err
	}
	return query.New().AddInteractions(b.ctx, b.tx, raw)
}
