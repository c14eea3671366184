package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// raiseRival starts a contestant of the other program, on a PostgreSQL as Perdura has it.
func raiseRival(name string, args ...string) func(context.Context, options, string, *sink) (*running, error) {
	return func(ctx context.Context, o options, dir string, s *sink) (*running, error) {
		r := &running{processes: map[string]int{}}
		if err := r.house(ctx, o, dir, nil, "postgres"); err != nil {
			return r, err
		}
		if name == n8n {
			args = append(slices.Clone(args), "--n8n", o.n8n)
		}
		return r, r.rivalProcess(ctx, o, dir, s, name, args...)
	}
}

// rivalProcess runs a sub-command and waits until it is ready.
func (r *running) rivalProcess(ctx context.Context, o options, dir string, s *sink, name string, args ...string) error {
	database, err := emptyDatabase(ctx, r.houses[0].DatabaseURL)
	if err != nil {
		return err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at := free.Addr().String()
	if err := free.Close(); err != nil {
		return err
	}
	workspace := filepath.Join(dir, "rival")
	if err := os.Mkdir(workspace, 0o755); err != nil {
		return err
	}
	r.output = &tail{}
	r.rival = exec.Command(o.rivals, append([]string{name, "--listen", at, "--notify", s.notify, "--database-url", database, "--workspace", workspace}, args...)...)
	r.rival.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.rival.Stderr = r.output
	out, err := r.rival.StdoutPipe()
	if err != nil {
		return err
	}
	if err := r.rival.Start(); err != nil {
		return fmt.Errorf("start %s: %w", o.rivals, err)
	}
	r.processes[name] = r.rival.Process.Pid
	intake, err := r.ready(ctx, out, "http://"+at+"/leads")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r.submit = func(ctx context.Context, p person) (string, error) {
		_, err := post(ctx, intake, p.plain())
		return p.ID, err
	}
	return nil
}

// readyWithin bounds a start; n8n is installed the first time.
const readyWithin = 20 * time.Minute

// ready waits for the line "ready" with the URL of the intake, if it is another than usual.
func (r *running) ready(ctx context.Context, out io.Reader, usual string) (string, error) {
	lines := make(chan string, 1)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			if after, ok := strings.CutPrefix(scan.Text(), "ready"); ok {
				lines <- strings.TrimSpace(after)
				_, _ = io.Copy(r.output, out)
				return
			}
			fmt.Fprintln(r.output, scan.Text())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	select {
	case url, ok := <-lines:
		if !ok {
			return "", errors.New("it ended before it was ready; it printed:\n" + r.output.String())
		}
		if url == "" {
			url = usual
		}
		return url, nil
	case <-ctx.Done():
		return "", errors.New("it was not ready in time; it printed:\n" + r.output.String())
	}
}

// emptyDatabase makes a database beside the house's own, with its owner's rights.
func emptyDatabase(ctx context.Context, beside string) (string, error) {
	conn, err := pgx.Connect(ctx, beside)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `create database rival`); err != nil {
		return "", fmt.Errorf("make a database for the rival: %w", err)
	}
	u, err := url.Parse(beside)
	if err != nil {
		return "", err
	}
	u.Path = "/rival"
	return u.String(), nil
}
