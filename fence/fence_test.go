package fence_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/fence"
)

const kind = "thing"

func move(t *testing.T, pool *pgxpool.Pool, id uuid.UUID) fence.Token {
	t.Helper()
	var moved fence.Token
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) (err error) {
		moved, err = fence.Move(t.Context(), tx, kind, id)
		return err
	}))
	return moved
}

func TestATokenStandsUntilTheThingChanges(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := uuid.New()
	token, err := fence.Read(t.Context(), pool, kind, id)
	require.NoError(t, err)
	stands := func(token fence.Token) bool {
		ok, err := token.Stands(t.Context(), pool)
		require.NoError(t, err)
		return ok
	}
	require.True(t, stands(token), "a thing that nobody has touched")
	move(t, pool, uuid.New())
	require.True(t, stands(token), "another thing has changed")
	newer := move(t, pool, id)
	require.False(t, stands(token))
	require.True(t, stands(newer))
	require.True(t, stands(fence.Token{}), "no token binds nothing")
}

// A change waits while the thing is held, and is seen by whoever would hold it next, whether or not it has a row yet.
func TestAChangeWaitsForTheHolder(t *testing.T) {
	t.Parallel()
	for name, touched := range map[string]bool{"for the first time": false, "again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			id := uuid.New()
			if touched {
				move(t, pool, id)
			}
			token, err := fence.Read(t.Context(), pool, kind, id)
			require.NoError(t, err)
			keeper := fence.NewKeeper(pool)
			stands, release, err := keeper.Hold(t.Context(), token)
			require.NoError(t, err)
			require.True(t, stands)

			impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			err = db.InTx(impatient, pool, func(tx pgx.Tx) error {
				_, err := fence.Move(impatient, tx, kind, id)
				return err
			})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			release()
			move(t, pool, id)

			stands, release, err = keeper.Hold(t.Context(), token)
			require.NoError(t, err)
			require.False(t, stands)
			release()
		})
	}
}

func TestHoldersLeaveConnectionsToOthers(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	keeper := fence.NewKeeper(pool)
	var held int
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, release, err := keeper.Hold(ctx, fence.Token{Kind: kind, ID: uuid.New()})
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			break
		}
		defer release()
		held++
	}
	require.Equal(t, max(1, int(pool.Config().MaxConns)/4), held)
	require.NoError(t, pool.Ping(t.Context()))
}
