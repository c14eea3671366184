package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

// contestant is one way to do the job.
type contestant struct {
	name  string
	raise func(ctx context.Context, o options, dir string, s *sink) (*running, error)
}

// running is a contestant that takes leads.
type running struct {
	// submit hands a lead in and returns the id by which its notification will speak of it, once the lead is accepted.
	submit func(ctx context.Context, p person) (string, error)
	// processes by what they are; each counts with all that it started.
	processes map[string]int
	// houses are its parts that belong to a standalone house, in the order in which they were started.
	houses []*instance.Instance
	rival  *exec.Cmd
	output *tail
	// engine is stopped and started again; nil where that is not measured.
	engine *engine
}

// The contestants, by their names.
const (
	perdura   = "perdura"
	bare      = "bare"  // the engine's own limit
	plain     = "plain" // Temporal as a team first writes it
	dbos      = "dbos"
	n8n       = "n8n"
	n8nLegacy = "n8n-legacy" // with the older of its two engines for expressions
)

// contestants lists those that the options name, or all.
func contestants(o options) []contestant {
	all := []contestant{
		{perdura, raisePerdura},
		{bare, raiseBare},
		{plain, raiseRival(plain)},
		{dbos, raiseRival(dbos)},
		{n8n, raiseRival(n8n, "--expressions", "default")},
		{n8nLegacy, raiseRival(n8n, "--expressions", "legacy")},
	}
	if o.only == nil {
		return all
	}
	return slices.DeleteFunc(all, func(c contestant) bool { return !slices.Contains(o.only, c.name) })
}

func names(list []contestant) []string {
	var all []string
	for _, c := range list {
		all = append(all, c.name)
	}
	return all
}

// house starts parts of a standalone house, each as a process of its own.
func (r *running) house(ctx context.Context, o options, dir string, env []string, parts ...string) error {
	for _, part := range parts {
		i, err := instance.Start(ctx, instance.Options{Binary: o.binary, DataDir: dir, Parts: part, Timeout: 3 * time.Minute, Env: env})
		if err != nil {
			return fmt.Errorf("start %s: %w", part, err)
		}
		r.houses = append(r.houses, i)
		r.processes[part] = i.PID()
	}
	return nil
}

// raisePerdura starts a house as it is run on one machine; the notification is a mail to the representative.
func raisePerdura(ctx context.Context, o options, dir string, s *sink) (*running, error) {
	host, port, _ := net.SplitHostPort(s.mail)
	r := &running{processes: map[string]int{}}
	env := []string{"PERDURA_API_RATE_LIMIT=0", "PERDURA_SMTP_HOST=" + host, "PERDURA_SMTP_PORT=" + port}
	if err := r.house(ctx, o, dir, env, "postgres", "temporal", "sandbox", "api,worker"); err != nil {
		return r, err
	}
	delete(r.processes, "sandbox") // nobody calls it here
	r.processes["perdura"] = r.processes["api,worker"]
	delete(r.processes, "api,worker")
	api := r.houses[3]
	r.engine = &engine{options: instance.Options{
		Binary: o.binary, DataDir: dir, Parts: "temporal", Timeout: 3 * time.Minute, Args: []string{"--temporal", r.houses[1].Temporal},
	}, running: r, at: 1}
	r.submit = func(ctx context.Context, p person) (string, error) {
		return post(ctx, api.API+"/v1/leads", p.lead(), "Authorization", "Bearer "+api.APIKey)
	}
	return r, nil
}

// raiseBare starts Perdura's engine alone, and on it a workflow that does nothing but its steps.
func raiseBare(ctx context.Context, o options, dir string, s *sink) (*running, error) {
	r := &running{processes: map[string]int{}}
	if err := r.house(ctx, o, dir, nil, "postgres", "temporal"); err != nil {
		return r, err
	}
	engine := r.houses[1]
	return r, r.rivalProcess(ctx, o, dir, s, "bare", "--temporal", engine.Temporal, "--namespace", engine.Namespace)
}

// stop ends all processes, the last started first.
func (r *running) stop() error {
	var errs []error
	if r.rival != nil && r.rival.Process != nil {
		_ = r.rival.Process.Signal(syscall.SIGTERM)
		ended := make(chan struct{})
		go func() {
			_ = r.rival.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
		}
		_ = syscall.Kill(-r.rival.Process.Pid, syscall.SIGKILL)
		<-ended
	}
	for _, i := range slices.Backward(r.houses) {
		if !i.Ended() {
			errs = append(errs, i.Stop())
		}
	}
	return errors.Join(errs...)
}
