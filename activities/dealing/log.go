package dealing

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/process"
)

var interactionKind = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Log implements the contract Log. An interaction that is not on record yet is written there.
func (d *Dealing) Log(ctx context.Context, l Logging) (Verdict, error) {
	return decide(ctx, d, request{l.DealID, "log", l.ActorID}, func(k *desk) (Verdict, error) {
		if k.ended() {
			return k.refuse(deals.Ended, nil)
		}
		if !interactionKind.MatchString(l.Kind) || len(l.Kind) > 64 {
			return k.refuse(deals.BadTerms, []deals.Unmet{{Field: "kind", Message: "has to be a code: lower-case words joined by hyphens"}})
		}
		k.reference = l.InteractionID
		if k.reference == uuid.Nil {
			k.reference = uuid.NewSHA1(k.deal.ID, []byte(process.Key(ctx)))
		}
		known, err := k.q.WasLogged(ctx, k.tx, query.WasLoggedParams{DealID: k.deal.ID, Reference: k.reference})
		if err != nil {
			return Verdict{}, fmt.Errorf("look for the interaction: %w", err)
		}
		if !known {
			k.facts.Interactions++
			if err := k.keepInteraction(l.Kind); err != nil {
				return Verdict{}, err
			}
		}
		return k.accept(false, "touched_at")
	})
}

func (k *desk) keepInteraction(kind string) error {
	rows, err := json.Marshal([]struct {
		ID        uuid.UUID      `json:"id"`
		ContactID uuid.UUID      `json:"contact_id"`
		LeadID    uuid.NullUUID  `json:"lead_id"`
		Kind      string         `json:"kind"`
		Data      map[string]any `json:"data"`
		At        time.Time      `json:"at"`
	}{{k.reference, k.deal.ContactID, k.deal.LeadID, "deal." + kind, map[string]any{"deal_id": k.deal.ID}, k.now}})
	if err != nil {
		return fmt.Errorf("encode the interaction: %w", err)
	}
	if err := k.q.AddInteractions(k.ctx, k.tx, rows); err != nil {
		return fmt.Errorf("write the interaction: %w", err)
	}
	return nil
}

// Work implements the contract Work.
func (d *Dealing) Work(ctx context.Context, w Working) (Verdict, error) {
	return decide(ctx, d, request{w.DealID, "work", uuid.Nil}, func(k *desk) (Verdict, error) {
		k.reference = w.TaskID
		if k.ended() {
			return k.refuse(deals.Ended, nil)
		}
		return k.accept(false, "touched_at")
	})
}
