// Package dbtest gives every test a PostgreSQL database of its own, with the schema in place.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
)

// URLVariable names the environment variable that holds a PostgreSQL URI whose user may create databases.
const URLVariable = "PERDURA_TEST_DATABASE_URL"

var template = sync.OnceValues(makeTemplate)

// New returns a pool on a fresh, migrated database, which is dropped when the test ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, _ := NewWithURL(t)
	return pool
}

// NewWithURL is New and also returns the database's URI.
func NewWithURL(t testing.TB) (*pgxpool.Pool, string) {
	t.Helper()
	from, err := template()
	require.NoError(t, err)
	name := "test_" + random()
	require.NoError(t, admin(`create database `+name+` template `+from))
	dbURL := withDatabase(name)
	pool, err := db.Open(context.Background(), dbURL, 8)
	require.NoError(t, err)
	t.Cleanup(func() {
		pool.Close()
		require.NoError(t, admin(`drop database if exists `+name+` with (force)`))
	})
	return pool, dbURL
}

// makeTemplate migrates one database per test binary; the others are copies of it.
func makeTemplate() (string, error) {
	if os.Getenv(URLVariable) == "" {
		return "", errNoURL
	}
	name := "template_" + random()
	if err := admin(`create database ` + name); err != nil {
		return "", err
	}
	pool, err := db.Open(context.Background(), withDatabase(name), 2)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	return name, db.Migrate(context.Background(), pool)
}

type missingURL struct{}

var errNoURL missingURL

func (missingURL) Error() string {
	return "these tests need PostgreSQL: run them with `make test`, or set " + URLVariable + " to a PostgreSQL URI whose user may create databases"
}

func admin(sql string) error {
	conn, err := pgx.Connect(context.Background(), os.Getenv(URLVariable))
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	return err
}

func withDatabase(name string) string {
	u, err := url.Parse(os.Getenv(URLVariable))
	if err != nil {
		return ""
	}
	u.Path = "/" + name
	return u.String()
}

func random() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// Exec runs a statement that has to succeed.
func Exec(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	_, err := pool.Exec(context.Background(), sql, args...)
	require.NoError(t, err, sql)
}

// One reads one value of one row.
func One[T any](t testing.TB, pool *pgxpool.Pool, sql string, args ...any) (v T) {
	t.Helper()
	require.NoError(t, pool.QueryRow(context.Background(), sql, args...).Scan(&v), sql)
	return v
}
