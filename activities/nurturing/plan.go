package nurturing

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/analytics/timing"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process/calendar"
	"github.com/perdura/perdura/templates"
)

// A message waits at most three days for a better hour, which reaches over a weekend; a day later an hour is worth half.
const (
	longestWait = 72 * time.Hour
	patience    = 24 * time.Hour
)

// Plan implements the contract Plan. It only reads: asked again later, it plans from there.
func (n *Nurturing) Plan(ctx context.Context, ask Planning) (Planned, error) {
	now := n.now()
	verdict := func(v string) (Planned, error) { return Planned{Verdict: v}, nil }
	track, err := Tracks.At(ctx, n.pool, ask.Track, ask.Version)
	if err != nil {
		return Planned{}, err
	}
	p, err := n.person(ctx, n.pool, now, ask.ContactID, ask.LeadID)
	from, ends := ask.After.Add(track.wait(ask.Step)), ask.Since.AddDate(0, 0, track.MaxDays)
	if from.Before(now) {
		from = now
	}
	switch {
	case err != nil:
		return Planned{}, err
	case !p.reach.Known || p.LeadID == uuid.Nil:
		return verdict(Withdrawn)
	case p.reach.Customer:
		return verdict(Converted)
	case ask.Step >= len(track.Steps) || !from.Before(ends):
		return verdict(Over)
	}
	open := p.open(ask.Closed)
	if len(open) == 0 {
		return verdict(p.unheard(ask.Closed))
	}
	step := track.Steps[ask.Step]
	if skip, err := n.skips(ctx, ask, step); err != nil || skip {
		return Planned{Verdict: Skip}, err
	}
	if open, err = n.worded(ctx, step, open); err != nil || len(open) == 0 {
		return Planned{Verdict: Skip}, err
	}
	seen, err := n.engagement(ctx, ask.ContactID, p.reach.Zone)
	if err != nil {
		return Planned{}, err
	}
	channel := timing.PreferredChannel(seen.records(open), string(p.reach.Preferred), timing.StandardRates())
	return Planned{
		Verdict: Write, Template: step.Template, Channel: provider.Channel(channel),
		At: track.hour(ask.ContactID, seen.odds(), from, p.reach.Zone), Listen: track.wait(ask.Step + 1),
	}, nil
}

// skips reports whether the person has reacted so that the step is not for them.
func (n *Nurturing) skips(ctx context.Context, ask Planning, step Step) (bool, error) {
	if step.SkipIf == nil {
		return false, nil
	}
	rows, err := n.q.ListRunReactions(ctx, n.pool, query.ListRunReactionsParams{ContactID: ask.ContactID, Process: tasks.ProcessOf(ctx), Since: ask.Since})
	if err != nil {
		return false, fmt.Errorf("read the reactions to the run: %w", err)
	}
	return slices.ContainsFunc(rows, func(r query.ListRunReactionsRow) bool {
		reacted := map[string]bool{"opened": r.Opened, "clicked": r.Clicked}[step.SkipIf.Kind]
		return reacted && (step.SkipIf.Template == "" || step.SkipIf.Template == r.Template)
	}), nil
}

// worded keeps the channels for which the step has words. A template that nobody has published has none: the step is
// passed over, and the log says so.
func (n *Nurturing) worded(ctx context.Context, step Step, open []provider.Channel) ([]provider.Channel, error) {
	template, err := n.templates.Published(ctx, n.pool, step.Template)
	if errors.Is(err, templates.ErrUnknown) {
		slog.WarnContext(ctx, "a nurture track names a template that is not published, its step is passed over: publish it", "template", step.Template)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	words := template.Channels()
	return slices.DeleteFunc(open, func(c provider.Channel) bool {
		return step.Channel != "" && c != step.Channel || !slices.Contains(words, c)
	}), nil
}

// hour is the best one for a person from a time on. Those with the same hour are spread over it, each always by the same
// minutes, so that nobody's mail server gets a thousand messages as the clock strikes.
func (t Track) hour(contact uuid.UUID, odds timing.Odds, from time.Time, zone *time.Location) time.Time {
	span, err := calendar.ParseSpan(t.hours())
	if err != nil {
		span = calendar.Span{To: calendar.At(24, 0)} // a definition that was checked has none such
	}
	allowed := func(local time.Time) bool {
		if day := local.Weekday(); !t.Weekends && (day == time.Saturday || day == time.Sunday) {
			return false
		}
		minute := calendar.At(local.Hour(), local.Minute())
		return minute >= span.From && minute < span.To
	}
	at := timing.Best(odds, from, zone, timing.Window{Allowed: allowed, Within: longestWait, Patience: patience})
	if !at.After(from) {
		return at
	}
	sum := fnv.New32a()
	sum.Write(contact[:]) // a hash never fails
	if spread := at.Add(time.Duration(sum.Sum32()%3600) * time.Second); allowed(spread.In(zone)) {
		return spread
	}
	return at
}
