package nurturing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
)

// person is somebody with the lead that nurturing is about, and how they can be spoken to.
type person struct {
	query.NurtureFactsRow
	reach gate.Reach
}

// person reads what is known. Who does not exist is not reach.Known.
func (n *Nurturing) person(ctx context.Context, db query.DBTX, now time.Time, contact, lead uuid.UUID) (person, error) {
	reach, err := n.gate.Reach(ctx, db, now, contact)
	if err != nil || !reach.Known {
		return person{reach: reach}, err
	}
	row, err := n.q.NurtureFacts(ctx, db, query.NurtureFactsParams{ContactID: contact, LeadID: lead})
	if errors.Is(err, pgx.ErrNoRows) {
		return person{}, nil
	}
	if err != nil {
		return person{}, fmt.Errorf("read contact %s and the lead: %w", contact, err)
	}
	return person{row, reach}, nil
}

// facts are the attributes that the conditions of tracks test.
func (p person) facts() (Facts, error) {
	facts := Facts{
		"source": p.Source, "channel": p.Channel, "campaign": p.Campaign, "tier": p.Tier, "score": strconv.Itoa(int(p.Score)),
		"language": p.Language, "country": p.Country, "company": p.Company, "email_kind": string(scoring.DomainKindOf(p.Email)),
	}
	// What the lead brought along is newer than what the contact had before.
	for _, raw := range []json.RawMessage{p.Attributes, p.LeadAttributes} {
		own := map[string]any{}
		if err := json.Unmarshal(raw, &own); err != nil {
			return nil, fmt.Errorf("read the attributes of lead %s: %w", p.LeadID, err)
		}
		for name, value := range own {
			facts[ownAttributes+name] = fmt.Sprint(value)
		}
	}
	return facts, nil
}

// open are the channels that lead to the person, less those that a run has closed.
func (p person) open(closed []provider.Channel) []provider.Channel {
	var open []provider.Channel
	for _, way := range p.reach.Ways {
		if way.Reason == "" && !slices.Contains(closed, way.Channel) {
			open = append(open, way.Channel)
		}
	}
	return open
}

// declined reports whether the person does not want to hear from us by any channel that leads to them.
func (p person) declined() bool {
	return len(p.open(nil)) == 0 && slices.ContainsFunc(p.reach.Ways, func(w gate.Way) bool { return w.Declined })
}

// unheard says why no channel is open: the person declined, or never agreed, or cannot be reached.
func (p person) unheard(closed []provider.Channel) string {
	switch {
	case slices.ContainsFunc(p.reach.Ways, func(w gate.Way) bool { return w.Declined }):
		return OptedOut
	case len(closed) > 0 || p.hindered(gate.Suppressed):
		return Unreachable
	case p.hindered(gate.NoConsent):
		return OptedOut
	}
	return Unreachable
}

func (p person) hindered(reason string) bool {
	return slices.ContainsFunc(p.reach.Ways, func(w gate.Way) bool { return w.Reason == reason })
}
