package app

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/perdura/perdura/inbox"
)

func (p *program) redeliverEventsCommand() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use: "redeliver --since INSTANT", Args: cobra.NoArgs,
		Short: "After a restore: tell Temporal again what it was told after its copy was made",
		Long: `For a Temporal whose database was restored from a copy that is older than Perdura's. Give the instant at which
the copy of Temporal's database was begun, and run it before workers and dispatchers start: events that were
delivered since are delivered again, and runs that began since begin again. Nothing is sent twice: every step finds
its key.`,
		Example: "  perdura events redeliver --since 2027-01-31T03:00:00Z",
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := time.Parse(time.RFC3339Nano, since)
			if err != nil {
				return misuse("redeliver: give --since as the instant at which the copy of Temporal's database was begun, such as 2027-01-31T03:00:00Z")
			}
			return p.withDatabase(cmd, func(pool *pgxpool.Pool) error {
				clk, err := keptClock(cmd.Context(), pool)
				if err != nil {
					return err
				}
				done, err := inbox.Redeliver(cmd.Context(), pool, clk.Now(), clk.At(at), byCommandLine)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d events are delivered again, %d runs begin again\n", done.Events, done.Runs)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "instant at which the copy of Temporal's database was begun (required)")
	return cmd
}
