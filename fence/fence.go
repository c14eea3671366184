// Package fence keeps a message from leaving after what it speaks of has changed. It is a fencing token: whoever decides
// to say something reads the version of the thing; every change raises the version; and the message leaves only while
// the version that it carries stands. A change waits for a message that is just being handed over, so that after the
// change is committed none of the older ones leaves.
package fence

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/db/query"
)

// Token says on which version of a thing something was decided. The zero Token always stands.
type Token struct {
	Kind    string    `json:"kind"`
	ID      uuid.UUID `json:"id"`
	Version int64     `json:"version"`
}

// Read returns the token of a thing as it is now. Read it before the facts that are decided upon, or in their
// transaction: then a change in between is noticed.
func Read(ctx context.Context, db query.DBTX, kind string, id uuid.UUID) (Token, error) {
	version, err := query.New().FenceVersion(ctx, db, query.FenceVersionParams{Kind: kind, ID: id})
	if err != nil {
		return Token{}, fmt.Errorf("read the version of %s %s: %w", kind, id, err)
	}
	return Token{kind, id, version}, nil
}

// Move raises the version of a thing in the transaction that changes it, and waits for a message that is being handed
// over, at most for as long as a provider may take to answer. Two things in one transaction are moved in the order of
// their ids.
func Move(ctx context.Context, tx pgx.Tx, kind string, id uuid.UUID) (Token, error) {
	version, err := query.New().MoveFence(ctx, tx, query.MoveFenceParams{Kind: kind, ID: id})
	if err != nil {
		return Token{}, fmt.Errorf("raise the version of %s %s: %w", kind, id, err)
	}
	return Token{kind, id, version}, nil
}

// Stands reports whether nothing has changed since the token was read.
func (t Token) Stands(ctx context.Context, db query.DBTX) (bool, error) {
	if t == (Token{}) {
		return true, nil
	}
	now, err := Read(ctx, db, t.Kind, t.ID)
	return now.Version == t.Version, err
}

// Keeper holds fences, each on a connection of its own, and never takes more than a share of a pool for it: whoever holds
// one needs another connection to go on.
type Keeper struct {
	pool  *pgxpool.Pool
	slots func() chan struct{}
}

// NewKeeper returns a keeper that uses at most a quarter of the pool.
func NewKeeper(pool *pgxpool.Pool) *Keeper {
	return &Keeper{pool, sync.OnceValue(func() chan struct{} { return make(chan struct{}, max(1, pool.Config().MaxConns/4)) })}
}

// Hold keeps a thing from changing until release is called, which must be done, and may be done again. stands is false when it has changed before.
func (k *Keeper) Hold(ctx context.Context, t Token) (stands bool, release func(), err error) {
	if t == (Token{}) {
		return true, func() {}, nil
	}
	slots := k.slots()
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return false, nil, ctx.Err()
	}
	tx, err := k.pool.Begin(ctx)
	if err != nil {
		<-slots
		return false, nil, fmt.Errorf("hold %s %s: %w", t.Kind, t.ID, err)
	}
	release = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
		defer cancel()
		_ = tx.Commit(ctx) // what cannot be committed has ended, too
		<-slots
	})
	version, err := hold(ctx, tx, t)
	if err != nil {
		release()
		return false, nil, fmt.Errorf("hold %s %s: %w", t.Kind, t.ID, err)
	}
	return version == t.Version, release, nil
}

const releaseWithin = 5 * time.Second

func hold(ctx context.Context, tx pgx.Tx, t Token) (int64, error) {
	q, arg := query.New(), query.HoldFenceParams{Kind: t.Kind, ID: t.ID}
	version, err := q.HoldFence(ctx, tx, arg)
	if !errors.Is(err, pgx.ErrNoRows) {
		return version, err
	}
	// There must be a row for a change to wait at.
	if err := q.AddFence(ctx, tx, query.AddFenceParams(arg)); err != nil {
		return 0, err
	}
	return q.HoldFence(ctx, tx, arg)
}
