package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

const (
	keyPrefix = "perdura_"
	keyBytes  = 32
	// keyDigits is how many base 62 digits 256 bits take; shorter numbers are padded.
	keyDigits = 43
	maxKey    = 128
)

// Keys makes, revokes and recognises API keys. Safe for concurrent use.
type Keys struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	cache *cache
}

// NewKeys returns the keys in pool's database.
func NewKeys(pool *pgxpool.Pool, clk clock.Clock) *Keys {
	return &Keys{pool: pool, clock: clk, cache: newCache()}
}

// Key describes a key without revealing it.
type Key struct {
	ID        uuid.UUID
	Name      string
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt *time.Time // nil: never
	RevokedAt *time.Time // nil: not revoked
	UserID    uuid.NullUUID
	UserEmail string // empty for the key of a program
}

// Create makes a key and returns it with its secret, which nobody can read again. expires is business time; zero means
// never. actor is who asked, for the audit log ("cli", a key's id). It errs when the name is empty, the expiry lies in
// the past or a scope is unknown.
func (k *Keys) Create(ctx context.Context, actor audit.Record, name string, scopes []string, expires time.Time) (Key, string, error) {
	return k.CreateFor(ctx, actor, "", name, scopes, expires)
}

// CreateFor is Create for the key of a user, given by id or e-mail address: with it they decide in their own name. It
// errs, too, when there is no such active user.
func (k *Keys) CreateFor(ctx context.Context, actor audit.Record, user, name string, scopes []string, expires time.Time) (Key, string, error) {
	now := k.clock.Now()
	if err := checkNew(now, name, scopes, expires); err != nil {
		return Key{}, "", err
	}
	secret := newSecret()
	key := Key{ID: uuid.Must(uuid.NewV7()), Name: name, Scopes: slices.Clone(scopes), CreatedAt: now}
	if !expires.IsZero() {
		key.ExpiresAt = &expires
	}
	hash := sha256.Sum256([]byte(secret))
	err := db.InTx(ctx, k.pool, func(tx pgx.Tx) error {
		if err := key.belongTo(ctx, tx, user); err != nil {
			return err
		}
		if err := query.New().CreateAPIKey(ctx, tx, query.CreateAPIKeyParams{
			ID: key.ID, Name: name, Hash: hash[:], Scopes: key.Scopes, CreatedAt: now, ExpiresAt: key.ExpiresAt, UserID: key.UserID,
		}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, about(actor, "api_key.create", key.ID, "name", "scopes", "expires_at", "user_id"))
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("make an API key: %w", err)
	}
	return key, secret, nil
}

// belongTo finds the user whose key it is; none is meant by "".
func (k *Key) belongTo(ctx context.Context, tx pgx.Tx, user string) error {
	if user == "" {
		return nil
	}
	id, err := uuid.Parse(user)
	if err != nil {
		id = uuid.Nil
	}
	found, err := query.New().FindActiveUser(ctx, tx, query.FindActiveUserParams{ID: id, Email: user})
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("there is no active user with this id or e-mail address")
	}
	k.UserID, k.UserEmail = uuid.NullUUID{UUID: found.ID, Valid: true}, found.Email
	return err
}

// Revoke ends a key for good; revoking it again changes nothing. Other processes see it within CacheTime. It errs when
// there is no such key.
func (k *Keys) Revoke(ctx context.Context, actor audit.Record, id uuid.UUID) error {
	now := k.clock.Now()
	err := db.InTx(ctx, k.pool, func(tx pgx.Tx) error {
		if _, err := query.New().RevokeAPIKey(ctx, tx, query.RevokeAPIKeyParams{ID: id, RevokedAt: now}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, about(actor, "api_key.revoke", id, "revoked_at"))
	})
	k.cache.clear()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("revoke API key %s: there is no such key: list the keys to find its id", id)
	case err != nil:
		return fmt.Errorf("revoke API key %s: %w", id, err)
	}
	return nil
}

// List returns every key, the oldest first.
func (k *Keys) List(ctx context.Context) ([]Key, error) {
	rows, err := query.New().ListAPIKeys(ctx, k.pool)
	if err != nil {
		return nil, fmt.Errorf("list the API keys: %w", err)
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = Key(r)
	}
	return keys, nil
}

// Authenticate returns the caller who holds the bearer key. Errors: ErrUnauthenticated, or PostgreSQL's when it had to
// be asked and did not answer.
func (k *Keys) Authenticate(ctx context.Context, bearer string) (Principal, error) {
	if !strings.HasPrefix(bearer, keyPrefix) || len(bearer) > maxKey {
		return Principal{}, ErrUnauthenticated
	}
	hash := sha256.Sum256([]byte(bearer))
	found, known := k.cache.get(hash)
	if !known {
		var err error
		if found, err = k.find(ctx, hash); err != nil {
			return Principal{}, err
		}
		k.cache.put(hash, found)
	}
	if !found.valid(k.clock.Now()) {
		return Principal{}, ErrUnauthenticated
	}
	return found.principal, nil
}

func (k *Keys) find(ctx context.Context, hash [sha256.Size]byte) (holder, error) {
	row, err := query.New().FindAPIKey(ctx, k.pool, hash[:])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return holder{}, nil
	case err != nil:
		return holder{}, fmt.Errorf("look up the API key: %w", err)
	case subtle.ConstantTimeCompare(row.Hash, hash[:]) != 1 || row.RevokedAt != nil:
		return holder{}, nil
	}
	return holder{
		known: true, expires: row.ExpiresAt,
		principal: Principal{KeyID: row.ID, Name: row.Name, Scopes: row.Scopes, UserID: row.UserID.UUID},
	}, nil
}

func checkNew(now time.Time, name string, wanted []string, expires time.Time) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("make an API key: it has no name: say who will use it")
	case !expires.IsZero() && !expires.After(now):
		return errors.New("make an API key: it would have expired already: choose a later time")
	case len(wanted) == 0:
		return fmt.Errorf("make an API key: it has no scope: choose among %v", scopes)
	}
	for _, s := range wanted {
		if !slices.Contains(scopes, Action(s)) {
			return fmt.Errorf("make an API key: %q is no scope: choose among %v", s, scopes)
		}
	}
	return nil
}

func about(actor audit.Record, action string, id uuid.UUID, fields ...string) audit.Record {
	actor.Action, actor.ResourceKind, actor.ResourceID, actor.Fields = action, "api_key", id.String(), fields
	return actor
}

// newSecret draws 256 random bits.
func newSecret() string {
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b) // crypto/rand never fails
	digits := new(big.Int).SetBytes(b).Text(62)
	return keyPrefix + strings.Repeat("0", keyDigits-len(digits)) + digits
}
