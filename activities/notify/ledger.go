package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// The states of a message in the send ledger.
const (
	stateReserved = "reserved"
	stateSent     = "sent"
	stateUnknown  = "unknown" // handed over, and no answer came
	stateFailed   = "failed"  // the provider refused it for good
	stateRefused  = "refused" // it was never handed over, for a stated reason
)

// entry is a message's row in the ledger.
type entry struct {
	id     uuid.UUID
	state  string
	reason string
}

// settled reports whether an earlier try already ended; its receipt is given again and nothing is sent.
func (e entry) settled() (Receipt, bool) {
	switch e.state {
	case stateSent:
		return Receipt{MessageID: e.id, State: Sent}, true
	case stateFailed, stateRefused:
		return Receipt{MessageID: e.id, State: Refused, Reason: e.reason}, true
	default:
		return Receipt{}, false
	}
}

// reserve writes the message into the ledger before anything leaves the house, or finds it there.
func (s *Service) reserve(ctx context.Context, m Message, recipient string) (entry, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return entry{}, err
	}
	key := process.Key(ctx)
	run, step := keyParts(key)
	name, _, _ := strings.Cut(run, ":")
	row, err := s.queries.ReserveMessage(ctx, s.pool, query.ReserveMessageParams{
		ID: id, Key: key + "/" + string(m.Channel), Process: name, Run: run, Step: step,
		ContactID: nullable(m.ContactID), UserID: nullable(m.UserID), LeadID: nullable(m.LeadID),
		Channel: string(m.Channel), Template: string(m.Template), Recipient: recipient,
		Provider: provider(m.Channel), CreatedAt: s.clock.Now(),
	})
	if err != nil {
		return entry{}, fmt.Errorf("reserve a message in the ledger: %w", err)
	}
	return entry{row.ID, row.State, row.Reason}, nil
}

// settle writes what became of the message. It outlives the step's own time-out: a message that left must be known.
func (s *Service) settle(ctx context.Context, e entry, state, reason, providerID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var sentAt *time.Time
	if state == stateSent {
		now := s.clock.Now()
		sentAt = &now
	}
	if err := s.queries.SettleMessage(ctx, s.pool, query.SettleMessageParams{
		ID: e.id, State: state, Reason: reason, ProviderID: providerID, SentAt: sentAt,
	}); err != nil {
		return fmt.Errorf("settle message %s in the ledger: %w", e.id, err)
	}
	return nil
}

// keyParts splits the kit's key "workflow/entry/step" into the run's workflow ID and the step.
func keyParts(key string) (run, step string) {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) < 3 {
		return key, ""
	}
	return parts[0], parts[2]
}

func provider(c Channel) string {
	if c == Email {
		return "smtp"
	}
	return string(c)
}

func nullable(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }
