package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// connections is the size of a contestant's pool, below the hundred that PostgreSQL allows by default. Two cores cannot
// use more.
const connections = 60

// schema is what the four statements work on.
const schema = `
CREATE TABLE IF NOT EXISTS leads (
	id uuid PRIMARY KEY, email text NOT NULL, name text NOT NULL, company text NOT NULL, country text NOT NULL,
	message text NOT NULL, score integer, owner text, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS leads_email ON leads (email);
CREATE TABLE IF NOT EXISTS notifications (
	lead_id uuid PRIMARY KEY REFERENCES leads (id), owner text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
)`

// The four statements of a lead, the same for all. Each may be repeated without harm, as a durable step may be.
const (
	insertLead = `INSERT INTO leads (id, email, name, company, country, message) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`
	// findDuplicates counts the others with the address; the cast keeps the parameter's type plain for every driver.
	findDuplicates = `SELECT count(*) AS duplicates FROM leads WHERE email = $2 AND id <> $1::uuid`
	assignLead     = `UPDATE leads SET score = $2, owner = $3 WHERE id = $1`
	insertNotice   = `INSERT INTO notifications (lead_id, owner) VALUES ($1, $2) ON CONFLICT (lead_id) DO NOTHING`
)

// owner is who gets the leads.
const owner = "sales"

// score is a made-up value; what it costs is the statement that writes it.
func score(duplicates int64) int { return 50 - 10*int(min(duplicates, 5)) }

// openDatabase makes the tables and returns a pool of connections.
func openDatabase(ctx context.Context, url string) (*pgxpool.Pool, error) {
	if url == "" {
		return nil, errors.New("say which database: --database-url")
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The cause would quote the address, password included.
		return nil, errors.New("read --database-url: it must look like postgres://user:password@host:5432/name")
	}
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if _, err := pool.Exec(ctx, schema); err != nil {
		pool.Close()
		return nil, fmt.Errorf("make the tables: %w", err)
	}
	return pool, nil
}
