package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
)

const (
	// retries of a step; without them DBOS ends a run at the first failure.
	retries = 5
	// dbosEnd is how long runs under way may take when the end is asked for; those that wait are recovered later anyway.
	dbosEnd = time.Second
)

// dbosFlags is DBOS Transact: the same steps, with their checkpoints in the same PostgreSQL.
func dbosFlags(set *flag.FlagSet) runner {
	kind := set.String("sql", "step", "how statements run: `step` (RunAsStep) or transaction (RunAsTransaction: statement and checkpoint in one)")
	return func(ctx context.Context, at place) error {
		if *kind != "step" && *kind != "transaction" {
			return fmt.Errorf("--sql is step or transaction, not %q", *kind)
		}
		pool, err := openDatabase(ctx, at.database)
		if err != nil {
			return err
		}
		defer pool.Close()
		engine, err := dbos.NewContext(context.WithoutCancel(ctx), dbos.Config{
			AppName: "rivals", SystemDBPool: pool,
			Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		})
		if err != nil {
			return fmt.Errorf("compose DBOS: %w", err)
		}
		// The pool is DBOS's own, so that a transaction holds statement and checkpoint both.
		source, err := dbos.NewDataSource(engine, pool)
		if err != nil {
			return fmt.Errorf("compose DBOS's data source: %w", err)
		}
		do := &steps{pool: pool, out: newNotifier(at.notify)}
		intake := func(ctx dbos.Context, lead Lead) (string, error) { return dbosIntake(ctx, do, lead) }
		if *kind == "transaction" {
			intake = func(ctx dbos.Context, lead Lead) (string, error) { return dbosTransactions(ctx, source, do, lead) }
		}
		dbos.RegisterWorkflow(engine, intake, dbos.WithWorkflowName("intake"))
		if err := dbos.Launch(engine); err != nil {
			return fmt.Errorf("launch DBOS: %w", err)
		}
		// Runs that wait do not end in time, and shall not.
		defer func() { _ = dbos.Shutdown(engine, dbosEnd) }()
		return serve(ctx, at.listen, func(_ context.Context, lead Lead) error {
			_, err := dbos.RunWorkflow(engine, intake, lead, dbos.WithWorkflowID(lead.ID))
			return err
		})
	}
}

func dbosIntake(ctx dbos.Context, do *steps, lead Lead) (string, error) {
	if err := dbosStep(ctx, "insert", func(ctx context.Context) error { return do.Insert(ctx, lead) }); err != nil {
		return "", err
	}
	duplicates, err := dbos.RunAsStep(ctx, func(ctx context.Context) (int64, error) { return do.Duplicates(ctx, lead) },
		dbos.WithStepName("duplicates"), dbos.WithStepMaxRetries(retries))
	if err != nil {
		return "", err
	}
	if err := dbosStep(ctx, "assign", func(ctx context.Context) error { return do.Assign(ctx, lead.ID, duplicates) }); err != nil {
		return "", err
	}
	if err := dbosStep(ctx, "note", func(ctx context.Context) error { return do.Note(ctx, lead.ID) }); err != nil {
		return "", err
	}
	return dbosNotify(ctx, do, lead)
}

// dbosTransactions is dbosIntake with each statement in one transaction with its checkpoint.
func dbosTransactions(ctx dbos.Context, source *dbos.DataSource, do *steps, lead Lead) (string, error) {
	if err := dbosWrite(ctx, source, "insert", insertLead, lead.ID, lead.Email, lead.Name, lead.Company, lead.Country, lead.Message); err != nil {
		return "", err
	}
	duplicates, err := dbos.RunAsTransaction(ctx, source, func(ctx context.Context, tx dbos.Tx) (found int64, err error) {
		err = tx.QueryRow(ctx, findDuplicates, lead.ID, lead.Email).Scan(&found)
		return found, err
	}, dbos.WithStepName("duplicates"), dbos.WithStepMaxRetries(retries))
	if err != nil {
		return "", err
	}
	if err := dbosWrite(ctx, source, "assign", assignLead, lead.ID, score(duplicates), owner); err != nil {
		return "", err
	}
	if err := dbosWrite(ctx, source, "note", insertNotice, lead.ID, owner); err != nil {
		return "", err
	}
	return dbosNotify(ctx, do, lead)
}

func dbosNotify(ctx dbos.Context, do *steps, lead Lead) (string, error) {
	if err := dbosStep(ctx, "notify", func(ctx context.Context) error { return do.Notify(ctx, lead.ID) }); err != nil {
		return "", err
	}
	_, err := dbos.Sleep(ctx, rest)
	return lead.ID, err
}

func dbosStep(ctx dbos.Context, name string, do func(context.Context) error) error {
	_, err := dbos.RunAsStep(ctx, func(ctx context.Context) (bool, error) { return true, do(ctx) },
		dbos.WithStepName(name), dbos.WithStepMaxRetries(retries))
	return err
}

func dbosWrite(ctx dbos.Context, source *dbos.DataSource, name, statement string, args ...any) error {
	_, err := dbos.RunAsTransaction(ctx, source, func(ctx context.Context, tx dbos.Tx) (bool, error) {
		_, err := tx.Exec(ctx, statement, args...)
		return true, err
	}, dbos.WithStepName(name), dbos.WithStepMaxRetries(retries))
	return err
}
