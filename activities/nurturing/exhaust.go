package nurturing

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Exhaust implements the contract Exhaust. The event has its name from the step: a lead may run through several tracks.
func (n *Nurturing) Exhaust(ctx context.Context, e Exhaustion) (struct{}, error) {
	err := db.InTx(ctx, n.pool, func(tx pgx.Tx) error {
		return inbox.Emit(ctx, tx, n.now(), "lead.nurture-exhausted/"+process.Key(ctx), e.ContactID.String(), events.NurtureExhausted,
			events.Contact{ContactID: e.ContactID, LeadID: e.LeadID})
	})
	if err == nil && n.poker != nil {
		n.poker.Poke()
	}
	return struct{}{}, err
}
