package postgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Root's server runs as another user, who may not enter a private folder; an ordinary user's server may.
func TestFolderThatOnlyItsOwnerMayEnter(t *testing.T) {
	t.Parallel()
	private := filepath.Join(dataDir(t), "private")
	dir := filepath.Join(private, "data")
	require.NoError(t, os.MkdirAll(dir, 0o711))
	require.NoError(t, os.Chmod(private, 0o700))

	first, remarks := started(t, dir)
	if os.Geteuid() != 0 {
		require.Equal(t, filepath.Join(dir, "postgres"), first.Dir)
		return
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(first.Dir)) })
	require.Equal(t, sharedPlaces, filepath.Dir(first.Dir))
	require.Contains(t, remarks.lines, first.Dir)
	require.NoDirExists(t, filepath.Join(dir, "postgres"))
	execute(t, first, "create table kept as select 42 as answer")
	require.NoError(t, first.Stop())

	second, _ := started(t, dir)
	require.Equal(t, first.Dir, second.Dir, "the choice is remembered")
	require.Equal(t, 42, query[int](t, second, "select answer from kept"))
	require.NoError(t, second.Stop())

	// A data folder made anew must not meet the old one's cluster, whose keys are gone.
	require.NoError(t, os.Remove(filepath.Join(dir, locationFile)))
	third, _ := started(t, dir)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(third.Dir)) })
	require.NotEqual(t, first.Dir, third.Dir)
}

func TestWriteFileLeavesNoHalfFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, writeFile(path, []byte("one"), nil))
	require.NoError(t, writeFile(path, []byte("two"), nil))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(content))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestMajorInPath(t *testing.T) {
	t.Parallel()
	for path, major := range map[string]int{
		"/usr/lib/postgresql/17/bin":          17,
		"/opt/homebrew/opt/postgresql@16/bin": 16,
		"/usr/pgsql-15/bin":                   15,
		"/opt/homebrew/opt/postgresql/bin":    0,
	} {
		require.Equal(t, major, majorInPath(path), path)
	}
}

func TestWrapperScriptsAreNoServers(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	for _, name := range []string{"postgres", "initdb"} {
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) 17.1'\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	_, err := inspect(t.Context(), nil, dir)
	require.ErrorIs(t, err, errNoBinaries)
}

func TestServerDoesNotInheritPostgreSQLVariables(t *testing.T) {
	t.Setenv("PGDATA", "/nowhere")
	t.Setenv("PGPORT", "1")
	var account *Account
	for _, variable := range account.command(t.Context(), "/", "/bin/sh").Env {
		require.False(t, strings.HasPrefix(variable, "PG"), variable)
	}
}
