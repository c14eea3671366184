package templates_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/templates"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// change does something to templates in a transaction of its own.
func change(pool *pgxpool.Pool, do func(tx pgx.Tx) error) error {
	return db.InTx(context.Background(), pool, do)
}

func create(pool *pgxpool.Pool, x templates.Template) (written bool, err error) {
	err = change(pool, func(tx pgx.Tx) error {
		_, written, err = templates.Create(context.Background(), tx, noon, x, "ada")
		return err
	})
	return written, err
}

func revise(pool *pgxpool.Pool, x templates.Template, basedOn int) (version int, written bool, err error) {
	err = change(pool, func(tx pgx.Tx) error {
		var v templates.Version
		v, written, err = templates.Revise(context.Background(), tx, noon, x, basedOn, "ada")
		version = v.Version
		return err
	})
	return version, written, err
}

func publish(t *testing.T, pool *pgxpool.Pool, version int) (written bool) {
	t.Helper()
	require.NoError(t, change(pool, func(tx pgx.Tx) (err error) {
		_, written, err = templates.Publish(context.Background(), tx, noon, "letter", version)
		return err
	}))
	return written
}

func TestVersionsAreWrittenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	written, err := create(pool, letter("one"))
	require.NoError(t, err)
	require.True(t, written)
	written, err = create(pool, letter("one"))
	require.NoError(t, err)
	require.False(t, written, "the same again is no news")
	_, err = create(pool, letter("another"))
	require.ErrorIs(t, err, templates.ErrTaken)

	version, written, err := revise(pool, letter("two"), 1)
	require.NoError(t, err)
	require.True(t, written)
	require.Equal(t, 2, version)
	_, _, err = revise(pool, letter("three"), 1)
	require.ErrorIs(t, err, templates.ErrStale, "somebody else was faster")
	version, written, err = revise(pool, letter("two"), 1)
	require.NoError(t, err, "the words that stand are no quarrel")
	require.False(t, written)
	require.Equal(t, 2, version)
	unknown := letter("x")
	unknown.Name = "none"
	_, _, err = revise(pool, unknown, 0)
	require.ErrorIs(t, err, templates.ErrUnknown)

	v, err := templates.Read(t.Context(), pool, "letter", 1)
	require.NoError(t, err)
	require.Equal(t, "one", v.Languages["en"].Email.Body, "no version is written over")
	require.Equal(t, templates.Draft, v.State)
}

// One version is published at most, and each that was may be again.
func TestPublishing(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := create(pool, letter("one"))
	require.NoError(t, err)
	_, _, err = revise(pool, letter("two"), 1)
	require.NoError(t, err)
	published := func() string {
		x, err := new(templates.Store).Published(t.Context(), pool, "letter")
		if err != nil {
			require.ErrorIs(t, err, templates.ErrUnknown)
			return ""
		}
		return x.Languages["en"].Email.Body
	}
	require.Empty(t, published(), "a draft is not sent")
	require.True(t, publish(t, pool, 1))
	require.False(t, publish(t, pool, 1))
	require.Equal(t, "one", published())
	require.True(t, publish(t, pool, 2))
	require.Equal(t, "two", published())
	v, err := templates.Read(t.Context(), pool, "letter", 1)
	require.NoError(t, err)
	require.Equal(t, templates.Retired, v.State)
	require.True(t, publish(t, pool, 1))
	require.Equal(t, "one", published())

	for _, want := range []bool{true, false} {
		require.NoError(t, change(pool, func(tx pgx.Tx) error {
			retired, err := templates.Retire(t.Context(), tx, "letter")
			require.Equal(t, want, retired)
			return err
		}))
	}
	require.Empty(t, published())
}

// A company's own words are never written over by those that come with the product.
func TestSeedingTouchesNothingThatExists(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	own := letter("our own")
	own.Name = "survey-thanks"
	_, err := create(pool, own)
	require.NoError(t, err)
	standard, err := templates.Standard()
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, templates.Seed(t.Context(), pool, noon))
		var published, records int
		require.NoError(t, pool.QueryRow(t.Context(), `select count(*) from communication_templates where state = 'published' and version = 1`).Scan(&published))
		require.Equal(t, len(standard)-1, published)
		require.NoError(t, pool.QueryRow(t.Context(), `select count(*) from audit_logs where action = 'template.publish'`).Scan(&records))
		require.Equal(t, len(standard)-1, records)
	}
	v, err := templates.Read(t.Context(), pool, "survey-thanks", 0)
	require.NoError(t, err)
	require.Equal(t, "our own", v.Languages["en"].Email.Body)
}
