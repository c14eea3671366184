package messages

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/process"
)

// Request names a message that an outside system asked for.
type Request struct {
	RequestID uuid.UUID `json:"request_id"`
}

// ReadRequest reads what was asked for: the message as Send takes it.
var ReadRequest = process.NewActivity[Request, Message]("messages.read-request", process.Database,
	process.Yields("a message", Message{ContactID: uuid.Max, Template: "welcome"}))

func (s *Service) readRequest(ctx context.Context, r Request) (Message, error) {
	row, err := s.queries.GetMessageRequest(ctx, s.pool, r.RequestID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Message{}, process.NotFound("message request", r.RequestID.String())
	}
	if err != nil {
		return Message{}, fmt.Errorf("read what was asked for: %w", err)
	}
	m := Message{
		Template: row.Template, ContactID: row.ContactID, Channel: provider.Channel(row.Channel), Department: row.Department,
		Urgency: Urgency(row.Urgency), LeadID: row.LeadID.UUID, TestUserID: row.TestUserID.UUID,
	}
	if row.ExpiresAt != nil {
		m.ExpiresAt = row.ExpiresAt.UTC()
	}
	return m, nil
}
