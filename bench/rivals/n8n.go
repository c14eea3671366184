package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// n8nReady bounds a start, on a machine that may be busy.
	n8nReady = 3 * time.Minute
	// n8nEnd is how long n8n may take to end before it is killed.
	n8nEnd = 10 * time.Second
)

// n8nFlags is n8n in its regular mode, with its own webhook as the intake.
func n8nFlags(set *flag.FlagSet) runner {
	folder := set.String("n8n", "", "`folder` that n8n is installed to; empty for a folder of the user's cache")
	expressions := set.String("expressions", "default", "`engine` of expressions: default, which isolates them, or legacy")
	progress := set.Bool("progress", false, "save each step's result, as n8n does not by default")
	return func(ctx context.Context, at place) error {
		if *expressions != "default" && *expressions != "legacy" {
			return fmt.Errorf("--expressions is default or legacy, not %q", *expressions)
		}
		program, err := installN8n(ctx, *folder)
		if err != nil {
			return err
		}
		run, err := newN8n(program, at, *expressions, *progress)
		if err != nil {
			return err
		}
		if err := run.prepare(ctx, at); err != nil {
			return err
		}
		return run.serve(ctx)
	}
}

// n8n is one installation with its own folder of data.
type n8n struct {
	program n8nProgram
	folder  string
	url     string
	env     []string
}

func newN8n(program n8nProgram, at place, expressions string, progress bool) (*n8n, error) {
	address, port, err := net.SplitHostPort(at.listen)
	if err != nil {
		return nil, fmt.Errorf("read --listen: %w", err)
	}
	broker, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(),
		"NODE_ENV=production",
		"N8N_USER_FOLDER="+at.workspace,
		"N8N_LISTEN_ADDRESS="+address, "N8N_HOST="+address, "N8N_PORT="+port,
		"N8N_RUNNERS_BROKER_PORT="+strconv.Itoa(broker[0]),
		"N8N_LOG_LEVEL=warn",
		// Nothing that calls home.
		"N8N_DIAGNOSTICS_ENABLED=false",
		"N8N_VERSION_NOTIFICATIONS_ENABLED=false", "N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED=false",
		"N8N_TEMPLATES_ENABLED=false", "N8N_DYNAMIC_BANNERS_ENABLED=false", "N8N_HIRING_BANNER_ENABLED=false",
		"N8N_PERSONALIZATION_ENABLED=false", "N8N_COMMUNITY_PACKAGES_ENABLED=false", "N8N_DISABLED_MODULES=mcp-registry",
		"N8N_LICENSE_AUTO_RENEW_ENABLED=false",
	)
	if expressions == "legacy" {
		env = append(env, "N8N_EXPRESSION_ENGINE=legacy")
	}
	if progress {
		env = append(env, "EXECUTIONS_DATA_SAVE_ON_PROGRESS=true")
	}
	return &n8n{program: program, folder: at.workspace, url: "http://" + at.listen, env: env}, nil
}

// prepare makes the tables, and gives n8n the credential and the workflow by its own commands.
func (n *n8n) prepare(ctx context.Context, at place) error {
	pool, err := openDatabase(ctx, at.database)
	if err != nil {
		return err
	}
	connection := pool.Config().ConnConfig
	pool.Close()
	files := map[string]any{"credentials.json": n8nCredentials(connection), "workflow.json": n8nWorkflow(at.notify)}
	for name, content := range files {
		if err := writeJSON(filepath.Join(n.folder, name), content); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"import:credentials", "--input=" + filepath.Join(n.folder, "credentials.json")},
		{"import:workflow", "--input=" + filepath.Join(n.folder, "workflow.json")},
		{"publish:workflow", "--id=" + n8nWorkflowID},
	} {
		command := n.command(ctx, args...)
		said, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("run n8n %s: %w; it said:\n%s", args[0], err, said)
		}
	}
	return nil
}

func (n *n8n) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, n.program.node, append([]string{n.program.n8n}, args...)...)
	command.Env = n.env
	command.Dir = n.folder
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = n8nEnd
	return command
}

// serve runs n8n until ctx ends.
func (n *n8n) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	command := n.command(ctx, "start")
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Start(); err != nil {
		return fmt.Errorf("start n8n: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	deadline := time.After(n8nReady)
	for !n.listens(ctx) {
		select {
		case err := <-ended:
			return errors.Join(errors.New("n8n ended before it took leads"), err)
		case <-deadline:
			cancel()
			<-ended
			return fmt.Errorf("n8n took no leads within %s", n8nReady)
		case <-time.After(100 * time.Millisecond):
		}
	}
	fmt.Println("ready " + n.url + "/webhook/" + n8nPath)
	err := <-ended
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(errors.New("n8n ended by itself"), err)
}

// listens tells whether the webhook is there: asked with the wrong method, n8n then names the right one.
func (n *n8n) listens(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/webhook/"+n8nPath, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	return err == nil && strings.Contains(string(body), "POST request")
}
