package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/config"
)

func (p *program) serveCommand() *cobra.Command {
	return p.runCommand("serve", "Run API, dispatcher and worker in one process",
		`Runs everything in one process with one connection to Temporal, so that a run can begin where it was asked for
(eager start). The API accepts while Temporal is down: what it accepts is kept and delivered later.`,
		Parts{API: true, Worker: true, Dispatcher: true}, config.NeedDatabase|config.NeedEngine|config.NeedWorker)
}

func (p *program) apiCommand() *cobra.Command {
	return p.runCommand("api", "Run the API alone",
		"Runs the API alone, for when one machine is too small; `perdura worker` runs elsewhere and delivers what it accepts.",
		Parts{API: true}, config.NeedDatabase|config.NeedEngine)
}

func (p *program) workerCommand() *cobra.Command {
	return p.runCommand("worker", "Run worker and dispatcher without the API",
		"Runs the worker and the dispatcher; several may run at once.",
		Parts{Worker: true, Dispatcher: true}, config.NeedDatabase|config.NeedEngine|config.NeedWorker)
}

func (p *program) runCommand(use, short, long string, parts Parts, needs config.Need) *cobra.Command {
	return &cobra.Command{
		Use: use, GroupID: groupRun, Args: cobra.NoArgs, Short: short,
		Long: long + "\n\nSIGTERM and Ctrl-C stop it in order; a second one ends it at once.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.load(cmd, needs)
			if err != nil {
				return err
			}
			return Run(cmd.Context(), cfg, p.table, parts, nil)
		},
	}
}

// healthTimeout bounds the whole check; container engines allow some 30 seconds.
const healthTimeout = 3 * time.Second

func (p *program) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", GroupID: groupRun, Args: cobra.NoArgs,
		Short: "Ask the API at api.listen whether it answers, for container engines",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.load(cmd, 0)
			if err != nil {
				return err
			}
			host, port, err := net.SplitHostPort(cfg.API.Listen)
			if err != nil {
				return err
			}
			if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
				host = "127.0.0.1"
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTimeout)
			defer cancel()
			url := "http://" + net.JoinHostPort(host, port) + "/healthz"
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
			if err != nil {
				return err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return fmt.Errorf("ask %s: %w", url, err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("ask %s: it answers %s", url, response.Status)
			}
			return nil
		},
	}
}
