package surveys_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/surveys"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// house is a database without anybody in it yet.
type house struct {
	t    testing.TB
	pool *pgxpool.Pool
}

func setup(t testing.TB) *house {
	t.Helper()
	return &house{t: t, pool: dbtest.New(t)}
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

func (h *house) person(language string) uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	h.exec(`insert into contacts (id, language, created_at, updated_at) values ($1, nullif($2, ''), $3, $3)`, id, language, noon)
	return id
}

// publish writes the next version of a survey.
func (h *house) publish(name string, s surveys.Survey) {
	h.t.Helper()
	require.Empty(h.t, surveys.Check(s))
	body, err := json.Marshal(s)
	require.NoError(h.t, err)
	h.exec(`insert into definitions (kind, name, version, body, author, created_at)
		select 'survey', $1, coalesce(max(version), 0) + 1, $2, 'test', $3 from definitions where kind = 'survey' and name = $1`, name, body, noon)
}

func (h *house) invite(now time.Time, ask surveys.Ask) (kept surveys.Invitation, err error) {
	err = db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
		kept, err = surveys.Invite(context.Background(), tx, now, ask)
		return err
	})
	return kept, err
}

// invited is the invitation of somebody new to a survey.
func (h *house) invited(survey string) uuid.UUID {
	h.t.Helper()
	kept, err := h.invite(noon, surveys.Ask{Survey: survey, ContactID: h.person(""), Occasion: "sale-1"})
	require.NoError(h.t, err)
	return kept.ID
}

func (h *house) submit(now time.Time, invitation uuid.UUID, answers map[string][]string) (problems []surveys.Problem, err error) {
	err = db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
		problems, err = surveys.Submit(context.Background(), tx, now, invitation, answers)
		return err
	})
	return problems, err
}

// answer is an answer that has to be taken.
func (h *house) answer(invitation uuid.UUID, answers map[string][]string) {
	h.t.Helper()
	problems, err := h.submit(noon, invitation, answers)
	require.NoError(h.t, err)
	require.Empty(h.t, problems)
}

// number is a bound of a condition.
func number(n int) *int { return &n }

// english is a question that is asked in English only.
func english(id, kind string, options ...string) surveys.Question {
	labels := map[string]string{}
	for _, option := range options {
		labels[option] = "It is " + option
	}
	return surveys.Question{ID: id, Kind: kind, Options: options, Words: map[string]surveys.Words{"en": {Label: "About " + id, Options: labels}}}
}

// plain is a survey in English with these questions.
func plain(questions ...surveys.Question) surveys.Survey {
	return surveys.Survey{
		Title: map[string]string{"en": "A survey"}, Thanks: map[string]string{"en": "Thank you"}, Fallback: "en", Questions: questions, Expires: "30d",
	}
}
