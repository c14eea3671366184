package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process/calendar"

	"github.com/perdura/perdura/activities/tasks"
)

// PolicySetting is the row of table settings that holds a Policy as JSON. Fields left out keep their default.
const PolicySetting = "lead.policy"

// Policy is how a company wants its leads treated. Durations are working time, in minutes; the ones in days count the
// working days of the default business calendar.
type Policy struct {
	// Wanted are fields that a completion request asks for when they are missing. They hold nothing up.
	Wanted []string `json:"wanted"`
	// DefaultCountry reads telephone numbers without a country's prefix: ISO 3166-1 alpha-2, or empty.
	DefaultCountry string `json:"default_country"`
	// Greet writes to the person at once, when they agreed.
	Greet bool `json:"greet"`
	// Due is when the follow-up of a tier is due, Acknowledge when somebody must have seen it, FirstContact the time from
	// then to the first contact.
	Due          TierMinutes `json:"due"`
	Acknowledge  TierMinutes `json:"acknowledge"`
	FirstContact TierMinutes `json:"first_contact"`
	// GraceDays is what an escalated lead has left, Reassignments how often it may be passed on.
	GraceDays     int `json:"grace_days"`
	Reassignments int `json:"reassignments"`
	// HandOverImported lists the tiers of imported leads whose hand-over is watched like that of leads that came by
	// themselves. The others stand in the task list without a clock that runs.
	HandOverImported []string `json:"hand_over_imported"`
	// Thresholds part the tiers.
	Thresholds scoring.Thresholds `json:"thresholds"`
}

// TierMinutes is an amount of working time for each tier, in minutes; Days adds working days.
type TierMinutes struct {
	Hot      int `json:"hot"`
	Warm     int `json:"warm"`
	Cold     int `json:"cold"`
	ColdDays int `json:"cold_days,omitempty"`
}

// of is the working time for a tier on a calendar.
func (t TierMinutes) of(tier string, cal calendar.Calendar) time.Duration {
	switch scoring.Tier(tier) {
	case scoring.Hot:
		return time.Duration(t.Hot) * time.Minute
	case scoring.Warm:
		return time.Duration(t.Warm) * time.Minute
	}
	return time.Duration(t.Cold)*time.Minute + tasks.Days(cal, t.ColdDays)
}

// DefaultPolicy is what holds until a company says otherwise.
func DefaultPolicy() Policy {
	return Policy{
		Wanted:           []string{"last_name"},
		Due:              TierMinutes{Hot: 15, Warm: 4 * 60, ColdDays: 2},
		Acknowledge:      TierMinutes{Hot: 15, Warm: 2 * 60, ColdDays: 1},
		FirstContact:     TierMinutes{Hot: 60, Warm: 4 * 60, ColdDays: 2},
		GraceDays:        2,
		Reassignments:    2,
		HandOverImported: []string{string(scoring.Hot)},
		Thresholds:       scoring.DefaultThresholds(),
	}
}

// readPolicy reads the policy. One that cannot be worked with is told to the log, and the default counts: leads are not
// held up by it.
func readPolicy(ctx context.Context, db query.DBTX) (Policy, error) {
	raw, err := query.New().GetSetting(ctx, db, PolicySetting)
	if errors.Is(err, pgx.ErrNoRows) {
		return DefaultPolicy(), nil
	}
	if err != nil {
		return Policy{}, fmt.Errorf("read the lead policy: %w", err)
	}
	policy := DefaultPolicy()
	bad := json.Unmarshal(raw, &policy)
	if bad == nil {
		bad = policy.Thresholds.Validate()
	}
	if bad != nil {
		slog.ErrorContext(ctx, "setting cannot be worked with, the default counts: correct it", "setting", PolicySetting, "error", bad)
		return DefaultPolicy(), nil
	}
	return policy, nil
}

// Thresholds are those that part the tiers now.
func Thresholds(ctx context.Context, db query.DBTX) (scoring.Thresholds, error) {
	policy, err := readPolicy(ctx, db)
	return policy.Thresholds, err
}
