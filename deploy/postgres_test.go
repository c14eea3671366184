package deploy_test

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/inbox"
)

var psqlOnly = regexp.MustCompile(`(?m)^\\.*$|^select .*\\gset$`)

// The role that Perdura runs as can do its work on the tables of another, and nothing to the tables themselves.
func TestPerduraWorksWithFewRights(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("postgres/roles.sql")
	require.NoError(t, err)
	admin, adminURL := dbtest.NewWithURL(t)
	var database string
	require.NoError(t, admin.QueryRow(t.Context(), `select current_database()`).Scan(&database))
	require.NoError(t, exec(admin, `drop schema public cascade; create schema public`))
	owner, worker := "owner_"+database, "worker_"+database // roles belong to the whole server
	text := psqlOnly.ReplaceAllString(string(script), "")
	for name, value := range map[string]string{
		":'owner_password'": "'secret'", ":'password'": "'secret'", `:"database"`: database, "perdura_owner": owner,
	} {
		text = strings.ReplaceAll(text, name, value)
	}
	text = regexp.MustCompile(`\bperdura\b`).ReplaceAllString(text, worker)
	require.NoError(t, exec(admin, text))
	t.Cleanup(func() {
		require.NoError(t, exec(admin, `drop owned by `+owner+` cascade; drop owned by `+worker+`; drop role `+owner+`, `+worker))
	})

	connect := func(role string) *url.URL {
		u, err := url.Parse(adminURL)
		require.NoError(t, err)
		u.User = url.UserPassword(role, "secret")
		return u
	}
	asOwner, err := db.Open(t.Context(), connect(owner).String(), 2)
	require.NoError(t, err)
	defer asOwner.Close()
	require.NoError(t, db.Migrate(t.Context(), asOwner))

	pool, err := db.Open(t.Context(), connect(worker).String(), 2)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, db.CheckSchema(t.Context(), pool))
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := inbox.Accept(t.Context(), tx, time.Now(), inbox.Event{Source: "/test", ExternalID: "1", Type: "t", Subject: uuid.NewString()})
		return err
	}))
	for _, forbidden := range []string{
		`create table mine (id int)`, `drop table events`, `alter table events drop column data`, `truncate events`, `create extension hstore`,
		`select * from pg_authid`, `create role somebody`,
	} {
		_, err := pool.Exec(t.Context(), forbidden)
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, forbidden)
		require.Equal(t, "42501", refused.Code, "%s: %s", forbidden, refused.Message)
	}
}

func exec(pool interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, sql string) error {
	_, err := pool.Exec(context.Background(), sql)
	return err
}
