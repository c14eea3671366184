package gate_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/gate"
)

// letter is a newsletter to Ada.
func (h *house) letter() gate.Request {
	r := mail()
	r.ContactID, r.Channel, r.Purpose, r.AskedAt = h.ada, provider.Email, "newsletter", noon
	return r
}

func (h *house) admit(t *testing.T, g *gate.Gate, r gate.Request) (v gate.Verdict) {
	t.Helper()
	require.NoError(t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) (err error) {
		v, err = g.Admit(context.Background(), tx, noon, r)
		return err
	}))
	return v
}

// explain asks in a transaction in which PostgreSQL refuses to write or to lock rows.
func (h *house) explain(t *testing.T, r gate.Request) (v gate.Verdict, findings []gate.Finding) {
	t.Helper()
	require.NoError(t, pgx.BeginTxFunc(context.Background(), h.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		v, findings, err = h.gate.Explain(context.Background(), tx, noon, r)
		return err
	}))
	return v, findings
}

// row writes a message to Ada into the ledger.
func (h *house) row(t *testing.T, state, class string, test bool, slot, due any) uuid.UUID {
	t.Helper()
	id := uuid.New()
	h.exec(t, `insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, class, topic, department, test,
			slot_at, due_at, created_at)
		values ($1, $1::uuid::text, 'nurture', 'nurture:1', 'entry', $2, 'email', 'hello', 'ada@example.com', $3, 'sandbox', $4, 'news', 'sales', $5, $6, $7, $8)`,
		id, h.ada, state, class, test, slot, due, noon.Add(-time.Hour))
	return id
}

func TestWhatTheGateReads(t *testing.T) {
	t.Parallel()
	h := build(t)
	oneADay := func(p *gate.Policy) { p.Caps = []gate.Cap{{Per: gate.PerDay, Max: 1}} }
	askFirst := func(p *gate.Policy) { p.LegalBases = []gate.LegalBasis{{Basis: gate.Consent}} }
	contest := func(p *gate.Policy) {
		p.Collisions = gate.Collisions{MaxPerDay: 1, Overflow: gate.OverflowRefuse}
	}
	sent := func(state, class string, test bool) func(*testing.T, *house) {
		return func(t *testing.T, h *house) { h.row(t, state, class, test, noon.Add(-time.Hour), nil) }
	}
	waits := func(class string, test bool, due time.Duration) func(*testing.T, *house) {
		return func(t *testing.T, h *house) { h.row(t, "shifted", class, test, nil, noon.Add(due)) }
	}
	run := func(sql string) func(*testing.T, *house) {
		return func(t *testing.T, h *house) { h.exec(t, sql, h.ada) }
	}
	const suppress = `insert into suppressions (id, channel, address, reason, scope, contact_id, source, created_at, lifted_at) `
	for _, tc := range []struct {
		name   string
		policy func(*gate.Policy)
		past   func(*testing.T, *house)
		reason string
	}{
		{"nothing", oneADay, func(*testing.T, *house) {}, ""},
		{"one is about to leave", oneADay, sent("reserved", gate.Marketing, false), gate.FrequencyCap},
		{"one left", oneADay, sent("sent", gate.Marketing, false), gate.FrequencyCap},
		{"one may have left", oneADay, sent("unknown", gate.Marketing, false), gate.FrequencyCap},
		{"one could not be sent", oneADay, sent("failed", gate.Marketing, false), ""},
		{"a test left", oneADay, sent("sent", gate.Marketing, true), ""},
		{"something that was owed left", oneADay, sent("sent", gate.Transactional, false), ""},
		{"its own row", oneADay, func(t *testing.T, h *house) {
			id := h.row(t, "reserved", gate.Marketing, false, noon, nil)
			h.exec(t, `update messages set id = $2 where id = $1`, id, mail().MessageID)
		}, ""},
		{"a higher department wants the day", contest, waits(gate.Marketing, false, 0), gate.Collision},
		{"a higher department wants another day", contest, waits(gate.Marketing, false, 24*time.Hour), ""},
		{"a run that is gone wanted the day", contest, waits(gate.Marketing, false, -2*time.Hour), ""},
		{"a test waits", contest, waits(gate.Marketing, true, 0), ""},
		{"something that is owed waits", contest, waits(gate.Transactional, false, 0), ""},
		{"no consent", askFirst, func(*testing.T, *house) {}, gate.NoConsent},
		{"a consent", askFirst, run(`insert into consents values ($1, 'newsletter', true, 'form', '2026-05-01')`), ""},
		{"a consent that was withdrawn", askFirst, run(`insert into consents values ($1, 'newsletter', true, 'form', '2026-05-01'),
			($1, 'newsletter', false, 'link', '2026-05-02')`), gate.NoConsent},
		{"a consent that was given again", askFirst, run(`insert into consents values ($1, 'newsletter', false, 'link', '2026-05-01'),
			($1, 'newsletter', true, 'form', '2026-05-02')`), ""},
		{"a topic", oneADay, run(`insert into topic_choices values ($1, 'news', false, 'page', '2026-05-01')`), gate.TopicOptOut},
		{"the address, as it was put on the list", oneADay, run(suppress + `select gen_random_uuid(), 'email', 'ada@example.com', 'manual', 'all', null, 'x', '2026-05-01', null
			where $1::uuid is not null`), gate.Suppressed},
		{"the address, off the list again", oneADay, run(suppress + `select gen_random_uuid(), 'email', 'ada@example.com', 'manual', 'all', null, 'x', '2026-05-01', '2026-05-02'
			where $1::uuid is not null`), ""},
		{"an unsubscribe by another address", oneADay, run(suppress + `values (gen_random_uuid(), 'email', 'old@example.com', 'unsubscribe', 'marketing', $1, 'x', '2026-05-01', null)`),
			gate.Suppressed},
		{"a bounce of another address", oneADay, run(suppress + `values (gen_random_uuid(), 'email', 'old@example.com', 'bounce', 'all', $1, 'x', '2026-05-01', null)`), ""},
	} {
		for _, table := range []string{"messages", "consents", "topic_choices", "suppressions"} {
			h.exec(t, `delete from `+table)
		}
		p := open()
		tc.policy(&p)
		version := h.publish(t, p)
		tc.past(t, h)
		explained, findings := h.explain(t, h.letter())
		v := h.admit(t, h.gate, h.letter())
		require.Equal(t, v, explained, tc.name)
		require.Equal(t, tc.reason, v.Reason, tc.name)
		require.Equal(t, tc.reason == "", v.Answer == gate.Allow, tc.name)
		require.Equal(t, []any{provider.Email, "ada@example.com", "de", version, 10}, []any{v.Channel, v.Address, v.Language, v.Policy, v.Priority}, tc.name)
		for _, f := range findings {
			require.Contains(t, []string{"", tc.reason}, f.Reason, "%s: %+v", tc.name, f)
		}
	}
}

func TestExplainNeitherWaitsNorWrites(t *testing.T) {
	t.Parallel()
	ctx, h := context.Background(), build(t)
	h.publish(t, open())
	require.NoError(t, db.InTx(ctx, h.pool, func(tx pgx.Tx) error {
		v, err := h.gate.Admit(ctx, tx, noon, h.letter())
		require.NoError(t, err)
		explained, _ := h.explain(t, h.letter()) // while the contact is held
		require.Equal(t, v, explained)
		_, err = h.pool.Exec(ctx, `select from contacts where id = $1 for no key update nowait`, h.ada)
		require.ErrorContains(t, err, "could not obtain lock", "Admit holds the contact until its transaction ends")
		return nil
	}))
	h.exec(t, `select from contacts where id = $1 for no key update nowait`, h.ada)
	var rows int
	require.NoError(t, h.pool.QueryRow(ctx, `select count(*) from messages`).Scan(&rows))
	require.Zero(t, rows)
}

func TestWhoIsNoLongerThere(t *testing.T) {
	t.Parallel()
	h := build(t)
	version := h.publish(t, open())
	for name, leave := range map[string]string{
		"joined to another": `with other as (insert into contacts (id, email, created_at, updated_at)
			values (gen_random_uuid(), 'ada@example.com', '2026-03-02', '2026-03-02') returning id)
			update contacts set merged_into = (select id from other) where id = $1`,
		"erased":  `update contacts set lifecycle = 'erased', email = 'still-there@example.com' where id = $1`,
		"unknown": `delete from contacts where id = $1`,
	} {
		h.ada = h.person(t)
		h.exec(t, leave, h.ada)
		for _, class := range []string{gate.Marketing, gate.Transactional} {
			r := h.letter()
			r.Class = class
			v := h.admit(t, h.gate, r)
			require.Equal(t, []any{gate.Refuse, gate.NoContact, version, ""}, []any{v.Answer, v.Reason, v.Policy, v.Address}, "%s, %s", name, class)
			explained, findings := h.explain(t, r)
			require.Equal(t, v, explained, name)
			require.Equal(t, []gate.Finding{{Rule: "contact", Answer: gate.Refuse, Reason: gate.NoContact}}, findings, name)
		}
	}
}

// Whoever waits for the contact while it is joined to another learns of it.
func TestJoinedWhileTheGateWaits(t *testing.T) {
	t.Parallel()
	ctx, h := context.Background(), build(t)
	h.publish(t, open())
	other := uuid.New()
	h.exec(t, `insert into contacts (id, created_at, updated_at) values ($1, '2026-03-02', '2026-03-02')`, other)
	verdicts := make(chan gate.Verdict, 1)
	require.NoError(t, db.InTx(ctx, h.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update contacts set merged_into = $2 where id = $1`, h.ada, other)
		require.NoError(t, err)
		go func() { verdicts <- h.admit(t, h.gate, h.letter()) }()
		require.Eventually(t, func() bool {
			var waits bool
			err := h.pool.QueryRow(ctx, `select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`).Scan(&waits)
			return err == nil && waits
		}, 20*time.Second, 5*time.Millisecond)
		return nil
	}))
	require.Equal(t, gate.NoContact, (<-verdicts).Reason)
}

func TestAChangedPolicyCountsAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t)
	workers := []*gate.Gate{h.gate, gate.New()}
	both := func(answer gate.Answer, reason string, version, priority int) {
		t.Helper()
		for _, g := range workers {
			v := h.admit(t, g, h.letter())
			require.Equal(t, []any{answer, reason, version, priority}, []any{v.Answer, v.Reason, v.Policy, v.Priority})
		}
		explained, _ := h.explain(t, h.letter())
		require.Equal(t, []any{answer, version}, []any{explained.Answer, explained.Policy})
	}
	both(gate.Refuse, gate.NoConsent, 0, 10) // the standard, until somebody writes one

	lenient := open()
	require.Equal(t, 1, h.publish(t, lenient))
	both(gate.Allow, "", 1, 10)

	strict := open()
	strict.LegalBases, strict.Departments = []gate.LegalBasis{{Basis: gate.NoBasis}}, map[string]int{"marketing": 77}
	require.Equal(t, 2, h.publish(t, strict))
	both(gate.Refuse, gate.NoConsent, 2, 77)

	require.Equal(t, 3, h.publish(t, lenient))
	both(gate.Allow, "", 3, 10)
	require.Equal(t, 3, h.publish(t, lenient), "the same again is no change")
	both(gate.Allow, "", 3, 10)
}

func TestAWordThatWasGivenUpCountsForNothing(t *testing.T) {
	t.Parallel()
	ctx, h := context.Background(), build(t)
	p := open()
	p.Caps = []gate.Cap{{Per: gate.PerDay, Max: 1}}
	h.publish(t, p)
	tx, err := h.pool.Begin(ctx)
	require.NoError(t, err)
	v, err := h.gate.Admit(ctx, tx, noon, h.letter())
	require.NoError(t, err)
	require.Equal(t, gate.Allow, v.Answer)
	require.NoError(t, tx.Rollback(ctx))
	require.Equal(t, gate.Allow, h.admit(t, h.gate, h.letter()).Answer)
}
