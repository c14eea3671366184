package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs of a database that another program made just before, and at the very same moment.
const (
	duplicateDatabase = "42P04"
	duplicateKey      = "23505"
)

// EnsureDatabases makes the named databases on the server of connection string location where they are missing.
// The role needs CREATEDB only for those that are.
func EnsureDatabases(ctx context.Context, location string, names ...string) error {
	connection, err := pgx.Connect(ctx, location)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer connection.Close(context.WithoutCancel(ctx))
	for _, name := range names {
		var exists bool
		if err := connection.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&exists); err != nil {
			return fmt.Errorf("look for database %s: %w", name, err)
		}
		if exists {
			continue
		}
		_, err := connection.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()+" template template0 encoding 'UTF8'")
		var answer *pgconn.PgError
		if errors.As(err, &answer) && (answer.Code == duplicateDatabase || answer.Code == duplicateKey) {
			continue
		}
		if err != nil {
			return fmt.Errorf("make database %s (make it yourself, or let the role create databases): %w", name, err)
		}
	}
	return nil
}

// ServerVersion returns what the server of a connection string calls itself, such as "15.18".
func ServerVersion(ctx context.Context, location string) (string, error) {
	connection, err := pgx.Connect(ctx, location)
	if err != nil {
		return "", fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer connection.Close(context.WithoutCancel(ctx))
	return connection.PgConn().ParameterStatus("server_version"), nil
}

// Database returns the connection string location with another database name in it.
func Database(location, name string) (string, error) {
	parsed, err := url.Parse(location)
	if err != nil {
		return "", fmt.Errorf("read the database URL: it must look like postgres://user:password@host:5432/perdura")
	}
	parsed.Path = "/" + name
	return parsed.String(), nil
}
