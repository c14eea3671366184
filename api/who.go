package api

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// by says who changed a thing last, for the one who came second: ", by the API key X". It is empty when nobody is known.
func by(ctx context.Context, tx query.DBTX, kind string, id uuid.UUID) string {
	who, err := query.New().WhoDid(ctx, tx, query.WhoDidParams{Kind: kind, ID: id.String()})
	switch {
	case err != nil:
		return ""
	case who.KeyName != "":
		return ", by the API key \"" + who.KeyName + "\""
	default:
		return ", by " + who.ActorKind + " " + who.ActorID
	}
}

// repeated reports whether this very call was carried out before, and its answer lost by a crash: the event that it
// emits bears the call's id.
func repeated(ctx context.Context, tx query.DBTX, c *Call) (bool, error) {
	if c.Key == "" {
		return false, nil
	}
	_, err := query.New().GetEvent(ctx, tx, c.EffectID())
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
