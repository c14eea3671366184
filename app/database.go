package app

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/templates"
)

// commandConnections is enough for a command that does one thing at a time.
const commandConnections = 2

// withDatabase reads the settings, connects, and calls fn.
func (p *program) withDatabase(cmd *cobra.Command, fn func(pool *pgxpool.Pool) error) error {
	cfg, err := p.load(cmd, config.NeedDatabase)
	if err != nil {
		return err
	}
	pool, err := db.Open(cmd.Context(), cfg.Database.URL, commandConnections)
	if err != nil {
		return err
	}
	defer pool.Close()
	return fn(pool)
}

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", GroupID: groupCare, Args: cobra.NoArgs,
		Short: "Make the tables, or bring them to this version, and write the first rules and templates; safe to run at any time, by several at once",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd, func(pool *pgxpool.Pool) error {
				if err := db.Migrate(cmd.Context(), pool); err != nil {
					return err
				}
				if err := records.Seed(cmd.Context(), pool, time.Now().UTC()); err != nil {
					return err
				}
				if err := templates.Seed(cmd.Context(), pool, time.Now().UTC()); err != nil {
					return err
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "the tables are up to date")
				return err
			})
		},
	}
}
