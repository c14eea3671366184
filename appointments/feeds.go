package appointments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process/calendar"
)

// MaxCalendar is how large a calendar may be, in bytes.
const MaxCalendar = 4 << 20

// ErrNoFeed means that there is no such calendar.
var ErrNoFeed = errors.New("no such calendar")

// FeedAddress reports whether a calendar may be read from an address: over https from outside or, from this machine, over
// http. What a name leads to is looked at when the calendar is read.
func FeedAddress(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || len(text) > 2000 {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme == "https":
		return err != nil || Outside(ip)
	case u.Scheme == "http":
		return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	}
	return false
}

// AddFeed has a user's calendar read from time to time. The same call again changes nothing.
func AddFeed(ctx context.Context, tx pgx.Tx, now time.Time, id, user uuid.UUID, address string, by audit.Record) error {
	now = now.Truncate(time.Microsecond)
	if err := query.New().AddBusyFeed(ctx, tx, query.AddBusyFeedParams{ID: id, UserID: user, Url: address, CreatedAt: now}); err != nil {
		return fmt.Errorf("add a calendar: %w", err)
	}
	by.Action, by.ResourceKind, by.ResourceID = "busy-feed.add", "busy-feed", id.String()
	if err := audit.Append(ctx, tx, now, by); err != nil {
		return err
	}
	return inbox.Emit(ctx, tx, now, "busy-feed/"+id.String()+"/added", id.String(), events.BusyFeedAdded, events.Feed{FeedID: id})
}

// DropFeed forgets a calendar and what was read in it. Errors: ErrNoFeed, or PostgreSQL's.
func DropFeed(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, by audit.Record) error {
	n, err := query.New().DropBusyFeed(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("remove a calendar: %w", err)
	}
	if n == 0 {
		return ErrNoFeed
	}
	by.Action, by.ResourceKind, by.ResourceID = "busy-feed.remove", "busy-feed", id.String()
	if err := audit.Append(ctx, tx, now, by); err != nil {
		return err
	}
	return inbox.Emit(ctx, tx, now, "busy-feed/"+id.String()+"/removed", id.String(), events.BusyFeedRemoved, events.Feed{FeedID: id})
}

// sentSpace is the UUID name space of the calendars that somebody sends: one for each user.
var sentSpace = uuid.MustParse("6d0f4c52-43a4-5f0e-8b4c-2f7a1f0c9e11")

// TakeCalendar notes when a user is busy by a calendar that somebody sent, in the place of the one before. It returns how many
// stretches that are. Errors: ErrCalendar, or PostgreSQL's.
func TakeCalendar(ctx context.Context, tx pgx.Tx, now time.Time, user uuid.UUID, raw []byte, by audit.Record) (int, error) {
	now = now.Truncate(time.Microsecond)
	id := uuid.NewSHA1(sentSpace, user[:])
	if err := query.New().AddBusyFeed(ctx, tx, query.AddBusyFeedParams{ID: id, UserID: user, CreatedAt: now}); err != nil {
		return 0, fmt.Errorf("take a calendar: %w", err)
	}
	by.Action, by.ResourceKind, by.ResourceID = "busy-feed.take", "busy-feed", id.String()
	if err := audit.Append(ctx, tx, now, by); err != nil {
		return 0, err
	}
	return Keep(ctx, tx, now, id, raw, "")
}

// Ahead is how far busy times are read, and Behind how far back.
const (
	Ahead  = (longestDays + 30) * day
	Behind = day
)

// Keep writes down the busy times of a calendar that was read, in the place of the earlier ones. Errors: ErrNoFeed, ErrCalendar, or
// PostgreSQL's.
func Keep(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, raw []byte, etag string) (int, error) {
	now = now.Truncate(time.Microsecond)
	q := query.New()
	feed, err := q.LockBusyFeed(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNoFeed
	}
	if err != nil {
		return 0, fmt.Errorf("read a calendar's row: %w", err)
	}
	user, err := q.GetUser(ctx, tx, feed.UserID)
	if err != nil {
		return 0, fmt.Errorf("read whose calendar it is: %w", err)
	}
	zone, err := calendar.LoadZone(user.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	busy, err := BusyTimes(raw, zone, now.Add(-Behind), now.Add(Ahead))
	if err != nil {
		return 0, err
	}
	times, err := json.Marshal(some(busy))
	if err != nil {
		return 0, fmt.Errorf("encode busy times: %w", err)
	}
	if err := q.ClearBusyTimes(ctx, tx, id); err != nil {
		return 0, fmt.Errorf("forget busy times: %w", err)
	}
	if err := q.AddBusyTimes(ctx, tx, query.AddBusyTimesParams{FeedID: id, UserID: feed.UserID, Times: times}); err != nil {
		return 0, fmt.Errorf("write busy times: %w", err)
	}
	if err := q.NoteBusyFeed(ctx, tx, query.NoteBusyFeedParams{ID: id, Etag: etag, TriedAt: &now, ReadAt: &now}); err != nil {
		return 0, fmt.Errorf("note that a calendar was read: %w", err)
	}
	return len(busy), nil
}
