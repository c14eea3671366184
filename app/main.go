// Package app is the Perdura program: its commands, and the order in which its parts start and stop.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/worker"
)

// Exit codes of the program.
const (
	exitOK       = 0
	exitFailed   = 1 // the command was understood and did not succeed
	exitMisused  = 2 // wrong command line or wrong settings: nothing was done
	exitBadProof = 3 // a check found what it looks for: a broken audit chain, a replay that diverges
)

// Main runs the program that os.Args ask for, with the processes of table, and returns its exit code. SIGINT and SIGTERM
// stop it cleanly; a second one ends it at once.
func Main(table worker.Table) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return Execute(ctx, table, os.Args[1:], os.Stdout, os.Stderr)
}

// Execute is Main with its surroundings given.
func Execute(ctx context.Context, table worker.Table, args []string, out, errOut io.Writer) int {
	p := &program{table: table}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(errOut, "perdura: %s\n", err)
	var problems config.Problems
	var usage misuse
	var proof *finding
	switch {
	case errors.As(err, &proof):
		return exitBadProof
	case errors.As(err, &problems), errors.As(err, &usage), !p.began:
		return exitMisused
	default:
		return exitFailed
	}
}

// misuse is a command line that asks for something that does not exist.
type misuse string

func (m misuse) Error() string { return string(m) }

// finding is what a checking command found.
type finding struct{ text string }

func (f *finding) Error() string { return f.text }

// program is the command tree over one table.
type program struct {
	table worker.Table
	// began is set once a command runs: errors before that are about the command line.
	began bool
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "perdura",
		Short: "Sales, marketing and customer processes that survive every outage",
		Long: `Perdura runs a company's sales, marketing and customer processes as durable workflows.

First steps with a PostgreSQL and a Temporal of your own:
  perdura config               what is set, what is missing
  perdura migrate              make or update the tables
  perdura keys create --name me --scopes '*'
  perdura serve                API, dispatcher and worker in one process

Settings are flags (--api.listen), environment variables (PERDURA_API_LISTEN) or lines of a
YAML file (--config); "perdura config --help" lists them all.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			p.began = true
			return p.table.Check()
		},
	}
	config.AddFlags(root.PersistentFlags())
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupCare, Title: "Look after:"},
		&cobra.Group{ID: groupDesign, Title: "Design processes:"},
	)
	root.AddCommand(
		p.serveCommand(), p.apiCommand(), p.workerCommand(), p.healthcheckCommand(),
		p.migrateCommand(), p.keysCommand(), p.eventsCommand(), p.auditCommand(), p.verifyCommand(), p.configCommand(), p.versionCommand(),
		p.processCommand(), p.newProcessCommand(), p.docsCommand(), p.replayCommand(),
	)
	root.CompletionOptions.HiddenDefaultCmd = true
	hideSettings(root)
	return root
}

const (
	groupRun    = "run"
	groupCare   = "care"
	groupDesign = "design"
)
