package app

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// maxListed bounds a list of events on the command line.
const maxListed = 1000

func (p *program) eventsCommand() *cobra.Command {
	events := &cobra.Command{
		Use: "events", GroupID: groupCare, Args: cobra.NoArgs,
		Short: "Look at events that cannot be delivered, have them tried again, or drop them",
		Long: `An event that can never be delivered as it is (its data fits no process of this build, its process is gone) is
set aside after some ten minutes of trying, so that the later events of its subject go on.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	events.AddCommand(p.listEventsCommand(),
		p.mendEventsCommand("retry ID…", "Have events that were set aside tried once more; a running dispatcher takes them within moments", "is tried again", inbox.Retry),
		p.mendEventsCommand("drop ID…", "Decide that nothing comes of events that were set aside; they stay readable", "is dropped", inbox.Drop),
		p.redeliverEventsCommand())
	return events
}

func (p *program) listEventsCommand() *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: "List events that were set aside, with the reason and without their data",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd, func(pool *pgxpool.Pool) error {
				rows, err := query.New().ListEventPage(cmd.Context(), pool, query.ListEventPageParams{State: state, MaxRows: maxListed})
				if err != nil {
					return fmt.Errorf("list events: %w", explainMissingTables(err))
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tTYPE\tRECEIVED\tATTEMPTS\tREASON")
				for _, r := range rows {
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", r.ID, r.Type, r.ReceivedAt.UTC().Format(time.RFC3339), r.Attempts, r.LastError)
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", inbox.SetAside, "set-aside, pending, ignored, delivered or dropped")
	return cmd
}

// mender is what can be done to an event that was set aside.
type mender func(ctx context.Context, pool *pgxpool.Pool, now time.Time, id uuid.UUID, by audit.Record) error

func (p *program) mendEventsCommand(use, short, done string, mend mender) *cobra.Command {
	return &cobra.Command{
		Use: use, Args: cobra.MinimumNArgs(1), Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := make([]uuid.UUID, len(args))
			for i, arg := range args {
				id, err := uuid.Parse(arg)
				if err != nil {
					return misuse(fmt.Sprintf("%s: %q is no id; `perdura events list` shows them", cmd.CommandPath(), arg))
				}
				ids[i] = id
			}
			return p.withDatabase(cmd, func(pool *pgxpool.Pool) error {
				clk, err := keptClock(cmd.Context(), pool)
				if err != nil {
					return err
				}
				for _, id := range ids {
					if err := mend(cmd.Context(), pool, clk.Now(), id, byCommandLine); err != nil {
						return fmt.Errorf("event %s: %w; `perdura events list` shows those that are set aside", id, err)
					}
					fmt.Fprintf(cmd.OutOrStdout(), "event %s %s\n", id, done)
				}
				return nil
			})
		},
	}
}
