package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// seededSetting marks that Seed was here, so that rules which somebody removed stay removed.
const seededSetting = "records.seeded"

// SalesTeam is the team of the rule that Seed writes and of the users of SeedDemo.
const SalesTeam = "sales"

// Seed writes, once in the life of a database, what lead capture needs to begin with: scoring rules, the default
// business calendar, and one assignment rule that gives every lead to the sales team in turn.
func Seed(ctx context.Context, pool *pgxpool.Pool, now time.Time) error {
	return db.InTx(ctx, pool, func(tx pgx.Tx) error {
		q := query.New()
		if _, err := q.GetSetting(ctx, tx, seededSetting); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		for _, rule := range append(scoring.DefaultRules(), repetitionRules()...) {
			value := rule.Value
			if len(value) == 0 {
				value = json.RawMessage("null")
			}
			if err := q.SeedScoringRule(ctx, tx, query.SeedScoringRuleParams{
				ID: rule.ID, Feature: rule.Feature, Op: string(rule.Op), Value: value, Points: int32(rule.Points), Reason: rule.Reason, Version: int32(max(rule.Version, 1)),
			}); err != nil {
				return fmt.Errorf("seed scoring rule %s: %w", rule.ID, err)
			}
		}
		week, err := json.Marshal(tasks.StandardWeek())
		if err != nil {
			return fmt.Errorf("seed the business calendar: %w", err)
		}
		if err := q.SeedBusinessCalendar(ctx, tx, query.SeedBusinessCalendarParams{ID: tasks.DefaultCalendar, Definition: week, UpdatedAt: now}); err != nil {
			return fmt.Errorf("seed the business calendar: %w", err)
		}
		if err := q.SeedAssignmentRule(ctx, tx, query.SeedAssignmentRuleParams{
			ID: derived(uuid.Nil, "assignment-rule"), Name: "Every lead, in turn", Team: SalesTeam, Strategy: routing.RoundRobin,
		}); err != nil {
			return fmt.Errorf("seed the assignment rule: %w", err)
		}
		return q.PutSettingOnce(ctx, tx, query.PutSettingOnceParams{Name: seededSetting, Value: json.RawMessage("true")})
	})
}

// repetitionRules score what only this package notes: that somebody asked again.
func repetitionRules() []scoring.Rule {
	return []scoring.Rule{
		{ID: "engagement-asked-again", Feature: "engagement." + AskedAgain, Op: scoring.Gte, Value: json.RawMessage("1"), Points: 15, Reason: "Asked again", Version: 1},
		{ID: "engagement-asked-often", Feature: "engagement." + AskedAgain, Op: scoring.Gte, Value: json.RawMessage("3"), Points: 10, Reason: "Asked several times", Version: 1},
	}
}

// SeedDemo adds a manager and two representatives to try the product with. Their webhooks go to webhookBase with
// /manager, /rep1 or /rep2 after it; without a base they have none. Calling it again changes nothing but where the
// webhooks of these three go: the base may have moved to another port meanwhile.
func SeedDemo(ctx context.Context, pool *pgxpool.Pool, now time.Time, webhookBase string) error {
	manager := derived(uuid.Nil, "demo/manager")
	return db.InTx(ctx, pool, func(tx pgx.Tx) error {
		for _, u := range []struct {
			name, email, role string
			id                uuid.UUID
			manager           uuid.NullUUID
		}{
			{"Sales Manager", "manager@example.com", "manager", manager, uuid.NullUUID{}},
			{"Representative One", "rep1@example.com", "representative", derived(uuid.Nil, "demo/rep1"), db.NullID(manager)},
			{"Representative Two", "rep2@example.com", "representative", derived(uuid.Nil, "demo/rep2"), db.NullID(manager)},
		} {
			var webhook *string
			if webhookBase != "" {
				name, _, _ := strings.Cut(u.email, "@")
				address := strings.TrimSuffix(webhookBase, "/") + "/" + name
				webhook = &address
			}
			if err := query.New().SeedUser(ctx, tx, query.SeedUserParams{
				ID: u.id, DisplayName: u.name, Email: u.email, Role: u.role, Team: SalesTeam, ManagerID: u.manager,
				TimeZone: "UTC", Capacity: 1000, WebhookUrl: webhook, CreatedAt: now,
			}); err != nil {
				return fmt.Errorf("seed the users to try with: %w", err)
			}
			if err := query.New().SetUserWebhook(ctx, tx, query.SetUserWebhookParams{ID: u.id, WebhookUrl: webhook}); err != nil {
				return fmt.Errorf("keep the webhooks of the users to try with: %w", err)
			}
		}
		return nil
	})
}
