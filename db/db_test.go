package db_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
)

func TestMigrateIsRepeatableAndConcurrent(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = db.Migrate(context.Background(), pool) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestSettingsKeepTheFirstValue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	q := query.New()
	require.NoError(t, q.PutSettingOnce(ctx, pool, query.PutSettingOnceParams{Name: "clock", Value: []byte(`{"speed":2}`)}))
	require.NoError(t, q.PutSettingOnce(ctx, pool, query.PutSettingOnceParams{Name: "clock", Value: []byte(`{"speed":9}`)}))
	value, err := q.GetSetting(ctx, pool, "clock")
	require.NoError(t, err)
	require.JSONEq(t, `{"speed":2}`, string(value))
}

func TestOpenNeverShowsThePassword(t *testing.T) {
	t.Parallel()
	_, err := db.Open(context.Background(), "postgres://someone:hush-hush@127.0.0.1:1/none?connect_timeout=1", 1)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hush-hush")
}

func TestCheckSchemaAsksForAMigration(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	require.NoError(t, db.CheckSchema(ctx, pool))
	_, err := pool.Exec(ctx, `delete from goose_db_version where version_id = (select max(version_id) from goose_db_version)`)
	require.NoError(t, err)
	require.ErrorContains(t, db.CheckSchema(ctx, pool), "run `perdura migrate`")
}
