package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/clock"
)

// Clock reads the business clock of the house; it is real time where the house keeps none.
func (i *Instance) Clock(ctx context.Context) (clock.Clock, error) {
	var c clock.Clock
	conn, err := pgx.Connect(ctx, i.DatabaseURL)
	if err != nil {
		return c, fmt.Errorf("read the clock of the house: %w", err)
	}
	defer conn.Close(ctx)
	var raw []byte
	err = conn.QueryRow(ctx, `select value from settings where name = 'clock'`).Scan(&raw)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return c, nil
	case err != nil:
		return c, fmt.Errorf("read the clock of the house: %w", err)
	}
	return c, json.Unmarshal(raw, &c)
}
