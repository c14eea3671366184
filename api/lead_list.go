package api

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

type leadFilter struct {
	Paging
	Tier     string    `json:"tier,omitempty" jsonschema:"enum=hot,enum=warm,enum=cold"`
	Assignee uuid.UUID `json:"assignee,omitzero" jsonschema_description:"a user's id"`
	Status   string    `json:"status,omitempty" jsonschema:"enum=received,enum=incomplete,enum=invalid,enum=in_review,enum=captured,enum=merged,enum=rejected"`
	Contact  uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
}

// leadPlace is a lead's place in the list.
type leadPlace struct {
	Urgency   int32     `json:"u"`
	Score     int32     `json:"s"` // negated: the list goes from high to low
	Submitted time.Time `json:"t"`
	ID        uuid.UUID `json:"i"`
}

func (s *Server) listLeads(c *Call) error {
	var f leadFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("leads", f.Tier, f.Assignee, f.Status, f.Contact)
	place, err := readCursor[leadPlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListLeadsByUrgencyParams{
		Tier: db.NullText(f.Tier), Assignee: db.NullID(f.Assignee), Status: db.NullText(f.Status), Contact: db.NullID(f.Contact), MaxRows: int32(f.limit() + 1),
	}
	if place != nil {
		arg.After, arg.AfterUrgency, arg.AfterScore, arg.AfterSubmitted, arg.AfterID = true, place.Urgency, place.Score, place.Submitted, place.ID
	}
	rows, err := query.New().ListLeadsByUrgency(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list leads: %w", err)
	}
	return c.OK(page(list, f.limit(), rows,
		func(r query.ListLeadsByUrgencyRow) Lead { return s.leadView(r.Lead, r.AssigneeName) },
		func(r query.ListLeadsByUrgencyRow) leadPlace {
			p := leadPlace{Urgency: r.Urgency, Submitted: r.Lead.SubmittedAt, ID: r.Lead.ID}
			if r.Lead.Score != nil {
				p.Score = -*r.Lead.Score
			}
			return p
		}))
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
