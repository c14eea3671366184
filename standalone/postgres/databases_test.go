package postgres

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEnsureDatabases(t *testing.T) {
	t.Parallel()
	server, _ := started(t, dataDir(t))
	// Several parts may start at the same moment.
	var group sync.WaitGroup
	failures := make(chan error, 4)
	for range 4 {
		group.Go(func() { failures <- EnsureDatabases(t.Context(), server.URL("postgres"), "one", `odd "name"`) })
	}
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, 2, query[int](t, server, `select count(*)::int from pg_database where datname in ('one', 'odd "name"')`))
}

func TestEnsureDatabasesWithoutThePermission(t *testing.T) {
	t.Parallel()
	server, _ := started(t, dataDir(t))
	execute(t, server, "create role limited login password 'limited'")
	location := "postgres://limited:limited@" + server.Address() + "/postgres?sslmode=disable"
	require.NoError(t, EnsureDatabases(t.Context(), location, "template1"), "what exists needs no permission")
	err := EnsureDatabases(t.Context(), location, "missing")
	require.ErrorContains(t, err, "make it yourself, or let the role create databases")
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	changed, err := Database("postgres://u:p@db.example.com:5432/perdura?sslmode=require", "temporal")
	require.NoError(t, err)
	require.Equal(t, "postgres://u:p@db.example.com:5432/temporal?sslmode=require", changed)

	_, err = Database("postgres://u:secret@%zz/x", "temporal")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}
