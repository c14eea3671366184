package consent

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// Prefer writes the channel that a person likes best: "email" or "sms", empty to leave it to us. Errors: ErrUnknown, or
// PostgreSQL's.
func Prefer(ctx context.Context, tx pgx.Tx, now time.Time, contact uuid.UUID, channel string, by By) error {
	p, err := lock(ctx, tx, now, contact, by)
	if err != nil {
		return fmt.Errorf("prefer a channel: %w", err)
	}
	arg := query.PreferChannelParams{ContactID: p.ID, UpdatedAt: p.now}
	if channel != "" {
		arg.Channel = &channel
	}
	n, err := query.New().PreferChannel(ctx, tx, arg)
	if err != nil {
		return fmt.Errorf("prefer a channel: %w", err)
	}
	if n == 0 {
		return nil
	}
	return p.note(ctx, "contact.prefer-channel", "channel")
}
