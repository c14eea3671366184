package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
)

// Sizes of the test below. PERDURA_E2E_SENDS and PERDURA_E2E_KILLS set others.
const (
	manySends = 600
	manyKills = 6
)

// booked is a row of the send ledger.
type booked struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Resends int    `json:"resends"`
}

// The worker dies again and again while mail goes out through a provider that takes messages and does not answer. A
// provider that can be asked gets every message exactly once. Bare SMTP cannot be asked: there every message in doubt says
// so, none is sent a second time, and nothing else differs.
func TestTheWorkerIsKilledAmongSends(t *testing.T) {
	sends, kills := setting(t, "PERDURA_E2E_SENDS", manySends), setting(t, "PERDURA_E2E_KILLS", manyKills)
	for _, provider := range []string{"sendgrid", "smtp"} {
		t.Run(provider, func(t *testing.T) {
			h := newHouse(t, "PERDURA_EMAIL_PROVIDER="+provider)
			h.start(t, "postgres,temporal,sandbox,api")
			worker := h.start(t, "worker")
			openPolicy(t, h)
			if provider == "smtp" { // a bare server: nobody reports what arrived
				answer, err := h.at.Call(t.Context(), http.MethodPut, h.at.Outbox+"/outbox/reports", map[string]bool{"smtp": false})
				require.NoError(t, err)
				require.Equalf(t, http.StatusOK, answer.Status, "%s", answer.Body)
			}
			h.faultAtRandom(t, "email", "timeout_after_accept", 0.1)
			h.faultAtRandom(t, "email", "timeout", 0.03)

			ids := together(sends, 16, func(i int) string { return askForMessage(t, h, i) })
			began := time.Now()
			for k := range kills {
				// A kill for each share of the work that is done.
				share := sends * (k + 1) / (kills + 2)
				require.EventuallyWithT(t, func(c *assert.CollectT) {
					require.GreaterOrEqual(c, len(h.outbox(c, "email")), share)
				}, 3*time.Minute, 20*time.Millisecond, "the sends do not go on")
				h.kill(worker)
				worker = h.start(t, "worker")
			}
			rows := settledSends(t, h, sends)
			t.Logf("%d sends and %d kills took %s", sends, kills, time.Since(began).Round(time.Second))

			arrived := map[string]int{}
			for _, m := range h.outbox(t, "email") {
				arrived[ledgerID(m)]++
			}
			states, lost, twice, doubtful := map[string]int{}, 0, 0, 0
			for _, row := range rows {
				states[row.State]++
				switch {
				case row.State == "unknown":
					doubtful++
				case row.State == "sent" && arrived[row.ID] == 0:
					lost++
				}
				if arrived[row.ID] > 1 {
					twice++
				}
			}
			t.Logf("%s: ledger %v; outbox %d messages, %d lost, %d sent twice, %d in doubt", provider, states, len(arrived), lost, twice, doubtful)
			require.Len(t, ids, sends)
			require.Len(t, rows, sends)
			require.Zero(t, lost)
			require.Zero(t, twice)
			if provider == "smtp" {
				require.Equal(t, sends, states["sent"]+states["unknown"], "%v", states)
				require.Positive(t, doubtful, "the faults put some in doubt")
				return
			}
			require.Equal(t, map[string]int{"sent": sends}, states, "a provider that can be asked leaves no doubt")
			require.Len(t, arrived, sends)
		})
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	given := os.Getenv(name)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	require.NoError(t, err, name)
	return n
}

// askForMessage asks for one marketing message to somebody new, and returns the request's id.
func askForMessage(t *testing.T, h *house, i int) string {
	e, err := h.send(http.MethodPost, "/v1/messages", map[string]any{
		"contact_id": someContact(t, h, i), "template": "nurture-intro-1", "department": "marketing", "channel": "email",
	})
	if !assert.NoError(t, err) || !assert.Equalf(t, http.StatusAccepted, e.Status, "%s", e.Body) {
		return ""
	}
	return decode[struct {
		ID string `json:"id"`
	}](t, e, http.StatusAccepted).ID
}

// someContact writes a person who agreed to marketing straight into the database: this test is about sending.
func someContact(t *testing.T, h *house, i int) uuid.UUID {
	pool := h.database(t)
	id, now := uuid.Must(uuid.NewV7()), time.Now().UTC()
	email := fmt.Sprintf("reader-%d@example.org", i)
	err := db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		for _, statement := range []struct {
			sql  string
			args []any
		}{
			{`insert into contacts (id, email, first_name, time_zone, language, created_at, updated_at) values ($1, $2, 'Reader', 'UTC', 'en', $3, $3)`, []any{id, email, now}},
			{`insert into contact_identities (kind, value, contact_id) values ('email', $1, $2)`, []any{email, id}},
			{`insert into consents (contact_id, purpose, granted, source, at) values ($1, 'email_marketing', true, 'test', $2)`, []any{id, now}},
		} {
			if _, err := tx.Exec(t.Context(), statement.sql, statement.args...); err != nil {
				return err
			}
		}
		return nil
	})
	assert.NoError(t, err)
	return id
}

// database is a pool on the house's own tables.
func (h *house) database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	h.pool.Do(func() {
		pool, err := db.Open(context.Background(), h.at.DatabaseURL, 4)
		require.NoError(t, err)
		h.connected = pool
		t.Cleanup(pool.Close)
	})
	return h.connected
}

// openPolicy lets marketing pass at any hour and as often as it likes.
func openPolicy(t *testing.T, h *house) {
	t.Helper()
	type versioned struct {
		Version int            `json:"version"`
		Body    map[string]any `json:"body"`
	}
	policy := get[versioned](t, h, "/v1/definitions/contact-policy/default")
	for _, rule := range []string{"hours", "caps", "newcomers"} {
		policy.Body[rule] = []any{}
	}
	policy.Body["collisions"] = map[string]any{"window_minutes": 0, "max_per_day": 0, "overflow": "shift"}
	e, err := h.send(http.MethodPut, "/v1/definitions/contact-policy/default", map[string]any{"body": policy.Body, "note": "anything goes"})
	require.NoError(t, err)
	require.Equalf(t, http.StatusOK, e.Status, "%s", e.Body)
}

// settledSends waits until every message has found its end, and returns the ledger's rows of the message process.
func settledSends(t *testing.T, h *house, sends int) []booked {
	t.Helper()
	var rows []booked
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Empty(c, get[page[run]](c, h, "/v1/processes/message/runs?state=running&limit=1").Items, "messages are still on their way")
		rows = all[booked](t, h, "/v1/messages?process=message")
		require.Len(c, rows, sends)
	}, 5*time.Minute, 500*time.Millisecond)
	return rows
}

// ledgerID is the ledger's id of a mail that arrived: of a bare one the Message-ID holds it, SendGrid keeps it as an argument.
func ledgerID(m sentMessage) string {
	for _, value := range m.Headers["X-Perdura-Message"] {
		return value
	}
	id, _, _ := strings.Cut(strings.Trim(m.ProviderID, "<>"), "@")
	return id
}

// faultAtRandom makes a share of all calls go wrong.
func (h *house) faultAtRandom(t *testing.T, channel, mode string, probability float64) {
	t.Helper()
	answer, err := h.at.Call(t.Context(), http.MethodPost, h.at.Outbox+"/outbox/faults",
		map[string]any{"channel": channel, "mode": mode, "probability": probability, "seed": 1, "count": 100_000, "delay_ms": 2000})
	require.NoError(t, err)
	require.Equalf(t, http.StatusCreated, answer.Status, "%s", answer.Body)
}
