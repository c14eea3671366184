package busy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Busy implements the contract of this package on PostgreSQL and HTTP.
type Busy struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	http  *http.Client
}

const (
	timeout      = 15 * time.Second
	maxRedirects = 3
	// readAnew is after how long a calendar is read anew though it has not changed: repeated events reach further by then.
	readAnew = 7 * 24 * time.Hour
)

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Busy {
	return &Busy{pool, c, newClient()}
}

// Activities lists what a worker registers.
func (b *Busy) Activities() []process.Implementation {
	return []process.Implementation{Read.Implement(b.Read)}
}

// Read implements the contract of the same name.
func (b *Busy) Read(ctx context.Context, f Feed) (Reading, error) {
	row, err := query.New().GetBusyFeed(ctx, b.pool, f.FeedID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && row.Url == "" {
		return Reading{State: Gone}, nil
	}
	if err != nil {
		return Reading{}, fmt.Errorf("read a calendar's row: %w", err)
	}
	raw, etag, problem := b.fetch(ctx, row)
	switch {
	case problem == unchanged:
		return Reading{State: Unchanged}, b.note(ctx, row, row.Etag, "")
	case problem != "":
		return Reading{State: Failed, Problem: problem}, b.note(ctx, row, row.Etag, problem)
	}
	err = db.InTx(ctx, b.pool, func(tx pgx.Tx) error {
		_, err := appointments.Keep(ctx, tx, b.clock.Now(), row.ID, raw, etag)
		return err
	})
	switch {
	case errors.Is(err, appointments.ErrNoFeed):
		return Reading{State: Gone}, nil
	case errors.Is(err, appointments.ErrCalendar):
		return Reading{State: Failed, Problem: "no-calendar"}, b.note(ctx, row, "", "no-calendar")
	}
	return Reading{State: Fresh}, err
}

func (b *Busy) note(ctx context.Context, row query.BusyFeed, etag, problem string) error {
	now := b.clock.Now().Truncate(time.Microsecond)
	if err := query.New().NoteBusyFeed(ctx, b.pool, query.NoteBusyFeedParams{ID: row.ID, Etag: etag, Problem: problem, TriedAt: &now}); err != nil {
		return fmt.Errorf("note what became of a calendar: %w", err)
	}
	return nil
}

// unchanged is the problem of a calendar that need not be read.
const unchanged = "unchanged"

// fetch gets a calendar. The address may hold a secret: no word of an error of the network leaves here.
func (b *Busy) fetch(ctx context.Context, row query.BusyFeed) (raw []byte, etag, problem string) {
	if !appointments.FeedAddress(row.Url) {
		return nil, "", "bad-address"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, row.Url, nil)
	if err != nil {
		return nil, "", "bad-address"
	}
	req.Header.Set("Accept", "text/calendar")
	if row.Etag != "" && row.ReadAt != nil && b.clock.Now().Sub(*row.ReadAt) < readAnew {
		req.Header.Set("If-None-Match", row.Etag)
	}
	res, err := b.http.Do(req)
	switch {
	case errors.Is(err, errInside):
		return nil, "", "inside-address"
	case err != nil:
		return nil, "", "no-answer"
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotModified && req.Header.Get("If-None-Match") != "":
		return nil, "", unchanged
	case res.StatusCode != http.StatusOK:
		return nil, "", "http-" + strconv.Itoa(res.StatusCode)
	}
	raw, err = io.ReadAll(io.LimitReader(res.Body, appointments.MaxCalendar+1))
	switch {
	case err != nil:
		return nil, "", "no-answer"
	case len(raw) > appointments.MaxCalendar:
		return nil, "", "too-large"
	}
	if etag = res.Header.Get("ETag"); len(etag) > maxETag {
		etag = ""
	}
	return raw, etag, ""
}

const maxETag = 500
