package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// clockSetting is the row of table settings that says since when business time runs and how fast, so that it goes on
// after a restart and is the same in every process of the house.
const clockSetting = "clock"

// undefinedTable is PostgreSQL's SQLSTATE for a relation that does not exist.
const undefinedTable = "42P01"

// businessClock is the clock of the house. A change of speed continues from the business time that the former speed had
// reached at realNow: time never goes back. Production refuses a database whose business time once ran fast.
func businessClock(ctx context.Context, pool *pgxpool.Pool, cfg config.Config, realNow time.Time) (clock.Clock, error) {
	var c clock.Clock
	err := db.InTx(ctx, pool, func(tx pgx.Tx) error {
		queries := query.New()
		if cfg.Clock.Speed != 1 {
			first, err := clock.New(realNow, realNow, cfg.Clock.Speed)
			if err != nil {
				return err
			}
			raw, err := json.Marshal(first)
			if err != nil {
				return err
			}
			if err := queries.PutSettingOnce(ctx, tx, query.PutSettingOnceParams{Name: clockSetting, Value: raw}); err != nil {
				return err
			}
		}
		raw, err := queries.LockSetting(ctx, tx, clockSetting)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // never anything but real time
		}
		if err != nil {
			return err
		}
		if cfg.Environment == config.Production {
			return errors.New("start in production: business time in this database once ran faster than real time, so its dates lie in the future; use a database without sandbox data")
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			return fmt.Errorf("read the sandbox clock: the row %q of table settings holds something else; delete the row", clockSetting)
		}
		if c.Speed == cfg.Clock.Speed {
			return nil
		}
		if c, err = clock.New(realNow, c.At(realNow), cfg.Clock.Speed); err != nil {
			return err
		}
		if raw, err = json.Marshal(c); err != nil {
			return err
		}
		return queries.PutSetting(ctx, tx, query.PutSettingParams{Name: clockSetting, Value: raw})
	})
	return c, err
}

// keptClock is the clock as the house last ran with it, for commands that look in from outside and change nothing.
func keptClock(ctx context.Context, pool *pgxpool.Pool) (clock.Clock, error) {
	var c clock.Clock
	raw, err := query.New().GetSetting(ctx, pool, clockSetting)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return c, nil
	case err != nil:
		return c, explainMissingTables(err)
	}
	return c, json.Unmarshal(raw, &c)
}

func explainMissingTables(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == undefinedTable {
		return errors.New("the database has no tables yet: run `perdura migrate`")
	}
	return err
}
