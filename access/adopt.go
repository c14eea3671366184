package access

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Adopt makes the key whose secret is already known to its holder, as an installation's first key is. Adopting it again
// changes nothing, not even a revocation. It errs when secret was not made by NewSecret.
func (k *Keys) Adopt(ctx context.Context, actor audit.Record, name, secret string, scopes []string) error {
	now := k.clock.Now()
	if !strings.HasPrefix(secret, keyPrefix) || len(secret) != len(keyPrefix)+keyDigits {
		return fmt.Errorf("adopt API key %q: its secret is not of the form that this program makes", name)
	}
	if err := checkNew(now, name, scopes, now.Add(1)); err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7())
	hash := sha256.Sum256([]byte(secret))
	err := db.InTx(ctx, k.pool, func(tx pgx.Tx) error {
		made, err := query.New().AdoptAPIKey(ctx, tx, query.AdoptAPIKeyParams{
			ID: id, Name: name, Hash: hash[:], Scopes: slices.Clone(scopes), CreatedAt: now,
		})
		if err != nil || made == 0 {
			return err
		}
		return audit.Append(ctx, tx, now, about(actor, "api_key.create", id, "name", "scopes"))
	})
	if err != nil {
		return fmt.Errorf("adopt API key %q: %w", name, err)
	}
	return nil
}

// NewSecret makes a secret for Adopt.
func NewSecret() string { return newSecret() }
