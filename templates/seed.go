package templates

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

//go:embed standard
var standardFiles embed.FS

// seeder is the author of the built-in templates.
const seeder = "perdura"

// Standard returns the templates that come with the product. It errs when one of them is not right, which a test of this
// package rules out.
func Standard() ([]Template, error) {
	files, err := fs.Sub(standardFiles, "standard")
	if err != nil {
		return nil, err
	}
	list, problems, _, err := ReadFiles(files)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%d problems, the first: %s", len(problems), problems[0])
	}
	if err != nil {
		return nil, fmt.Errorf("read the built-in templates: %w", err)
	}
	return list, nil
}

// Seed publishes the built-in templates whose names do not exist yet, as version 1. It never touches one that exists,
// whether it was revised or retired: those belong to the company.
func Seed(ctx context.Context, pool *pgxpool.Pool, now time.Time) error {
	list, err := Standard()
	if err != nil {
		return err
	}
	return db.InTx(ctx, pool, func(tx pgx.Tx) error {
		for _, t := range list {
			words, err := json.Marshal(t.Definition)
			if err != nil {
				return fmt.Errorf("seed template %q: %w", t.Name, err)
			}
			n, err := query.New().SeedTemplate(ctx, tx, query.SeedTemplateParams{
				Name: t.Name, Class: t.Class, Purpose: t.Purpose, Topic: t.Topic, Definition: words, Author: seeder, Now: now,
			})
			if err != nil {
				return fmt.Errorf("seed template %q: %w", t.Name, err)
			}
			if n == 0 {
				continue
			}
			if err := audit.Append(ctx, tx, now, audit.Record{
				ActorKind: audit.System, ActorID: seeder, Action: "template.publish", ResourceKind: "template", ResourceID: t.Name + "/1",
				Reason: "built in", Fields: []string{"state"},
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
