package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	taskQueue = "leads"
	// rest is the durable wait at the end of every lead.
	rest = time.Hour
)

// plainFlags is what a team writes first with Temporal: defaults everywhere, one activity for every step.
func plainFlags(set *flag.FlagSet) runner {
	journal := set.String("journal", "wal", "SQLite's journal `mode`: wal, or delete as SQLite itself has it")
	return func(ctx context.Context, at place) error {
		pool, err := openDatabase(ctx, at.database)
		if err != nil {
			return err
		}
		defer pool.Close()
		server, err := startDevServer(at.workspace, *journal)
		if err != nil {
			return err
		}
		defer func() { _ = server.server.Stop() }()
		temporal, err := dial(ctx, client.Options{HostPort: server.address, Namespace: namespace, Logger: warnings()})
		if err != nil {
			return err
		}
		defer temporal.Close()
		leads := worker.New(temporal, taskQueue, worker.Options{})
		leads.RegisterWorkflow(plainIntake)
		leads.RegisterActivity(&steps{pool: pool, out: newNotifier(at.notify)})
		if err := leads.Start(); err != nil {
			return fmt.Errorf("start the worker: %w", err)
		}
		defer leads.Stop()
		return serve(ctx, at.listen, func(ctx context.Context, lead Lead) error {
			_, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: lead.ID, TaskQueue: taskQueue}, plainIntake, lead)
			return err
		})
	}
}

// warnings is a logger without the SDK's chatter.
func warnings() sdklog.Logger {
	return sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

func plainIntake(ctx workflow.Context, lead Lead) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	var do *steps
	if err := workflow.ExecuteActivity(ctx, do.Insert, lead).Get(ctx, nil); err != nil {
		return err
	}
	var duplicates int64
	if err := workflow.ExecuteActivity(ctx, do.Duplicates, lead).Get(ctx, &duplicates); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(ctx, do.Assign, lead.ID, duplicates).Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(ctx, do.Note, lead.ID).Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(ctx, do.Notify, lead.ID).Get(ctx, nil); err != nil {
		return err
	}
	return workflow.Sleep(ctx, rest)
}

// steps are the activities of a lead.
type steps struct {
	pool *pgxpool.Pool
	out  notifier
}

// Insert writes the lead.
func (s *steps) Insert(ctx context.Context, l Lead) error {
	_, err := s.pool.Exec(ctx, insertLead, l.ID, l.Email, l.Name, l.Company, l.Country, l.Message)
	return err
}

// Duplicates counts the other leads with the same address.
func (s *steps) Duplicates(ctx context.Context, l Lead) (int64, error) {
	var found int64
	err := s.pool.QueryRow(ctx, findDuplicates, l.ID, l.Email).Scan(&found)
	return found, err
}

// Assign writes score and owner.
func (s *steps) Assign(ctx context.Context, id string, duplicates int64) error {
	_, err := s.pool.Exec(ctx, assignLead, id, score(duplicates), owner)
	return err
}

// Note writes the notification.
func (s *steps) Note(ctx context.Context, id string) error {
	_, err := s.pool.Exec(ctx, insertNotice, id, owner)
	return err
}

// Notify posts the notification.
func (s *steps) Notify(ctx context.Context, id string) error { return s.out.notify(ctx, id) }
