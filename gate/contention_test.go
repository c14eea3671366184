package gate_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
)

// house is a database with one contact, Ada in Berlin, and a gate on it.
type house struct {
	pool *pgxpool.Pool
	gate *gate.Gate
	ada  uuid.UUID
}

func build(t testing.TB) *house {
	t.Helper()
	h := &house{pool: dbtest.New(t), gate: gate.New()}
	h.ada = h.person(t)
	return h
}

func (h *house) person(t testing.TB) uuid.UUID {
	t.Helper()
	id := uuid.New()
	h.exec(t, `insert into contacts (id, email, phone, country, time_zone, language, created_at, updated_at)
		values ($1, 'Ada@Example.com', '+4930901820', 'DE', 'Europe/Berlin', 'de', '2026-03-02', '2026-03-02')`, id)
	return id
}

func (h *house) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	_, err := h.pool.Exec(context.Background(), sql, args...)
	require.NoError(t, err)
}

// publish makes p the policy that counts and returns its version.
func (h *house) publish(t testing.TB, p gate.Policy) (version int) {
	t.Helper()
	body, err := json.Marshal(p)
	require.NoError(t, err)
	require.Empty(t, gate.Kind.Check(body))
	require.NoError(t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) (err error) {
		version, err = definitions.Put(context.Background(), tx, noon, definitions.Change{Kind: gate.Kind.Name(), Name: gate.PolicyName, Body: body, Author: "test"})
		return err
	}))
	return version
}

// wish is a message that wants Ada, and what the ledger says of it.
type wish struct {
	id         uuid.UUID
	department string
	asked      time.Time
	state      string // empty: not in the ledger yet
	reason     string
	due        time.Time // while it is shifted
	slot       time.Time // once it may leave
}

// bring asks the gate for a message and writes its word into the ledger, in one transaction and as delivery does.
func (h *house) bring(w *wish, now time.Time) error {
	ctx, next := context.Background(), *w
	err := db.InTx(ctx, h.pool, func(tx pgx.Tx) error {
		v, err := h.gate.Admit(ctx, tx, now, gate.Request{
			MessageID: w.id, ContactID: h.ada, Channel: provider.Email, Channels: []provider.Channel{provider.Email}, Class: gate.Marketing,
			Purpose: "newsletter", Topic: "news", Department: w.department, Template: "hello", AskedAt: w.asked,
		})
		if err != nil {
			return err
		}
		next.reason, next.due, next.slot = v.Reason, time.Time{}, time.Time{}
		var due, slot *time.Time
		switch v.Answer {
		case gate.Allow:
			next.state, next.slot, slot = "reserved", now, &now
		case gate.Shift:
			if !v.Until.After(now) {
				return fmt.Errorf("at %s shifted to %s", now, v.Until)
			}
			next.state, next.due, due = "shifted", v.Until, &v.Until
		default:
			next.state = "refused"
		}
		return h.write(ctx, tx, w, next, v, due, slot)
	})
	if err == nil {
		*w = next
	}
	return err
}

func (h *house) write(ctx context.Context, tx pgx.Tx, seen *wish, next wish, v gate.Verdict, due, slot *time.Time) (err error) {
	var n int64
	if seen.state == "" {
		n, err = query.New().AddMessage(ctx, tx, query.AddMessageParams{
			ID: next.id, Key: next.id.String(), Process: "nurture", Run: "nurture:" + next.id.String(), Step: "entry", ContactID: uuid.NullUUID{UUID: h.ada, Valid: true},
			Channel: string(v.Channel), Template: "hello", Recipient: v.Address, State: next.state, Reason: v.Reason, Provider: "sandbox",
			Class: gate.Marketing, Purpose: "newsletter", Topic: "news", Department: next.department, Priority: int32(v.Priority),
			PolicyVersion: int32(v.Policy), Language: v.Language, About: json.RawMessage("{}"), DueAt: due, SlotAt: slot, CreatedAt: next.asked,
		})
	} else {
		n, err = query.New().DecideMessage(ctx, tx, query.DecideMessageParams{
			ID: next.id, State: next.state, Reason: v.Reason, Channel: string(v.Channel), Recipient: v.Address, Provider: "sandbox",
			Class: gate.Marketing, Purpose: "newsletter", Topic: "news", Priority: int32(v.Priority), PolicyVersion: int32(v.Policy),
			DueAt: due, SlotAt: slot, SeenState: seen.state,
		})
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("message %s: %d rows were written", next.id, n)
	}
	return err
}

// rush brings all of them at once, each in a goroutine and a transaction of its own, at the times that when gives.
func (h *house) rush(t *testing.T, wishes []*wish, when func(*wish) time.Time) {
	t.Helper()
	start, failed := make(chan struct{}), make([]error, len(wishes))
	var all sync.WaitGroup
	for i, w := range wishes {
		all.Go(func() {
			<-start
			failed[i] = h.bring(w, when(w))
		})
	}
	close(start)
	all.Wait()
	for _, err := range failed {
		require.NoError(t, err)
	}
}

// crowd is fifty wishes of five departments, asked for within the ten minutes from noon on.
func crowd() []*wish {
	wishes := make([]*wish, 50)
	for i := range wishes {
		wishes[i] = &wish{id: uuid.New(), department: []string{"d10", "d40", "d20", "d50", "d30"}[i%5], asked: noon.Add(time.Duration(i*7%10) * time.Minute)}
	}
	return wishes
}

var ranks = map[string]int{"d10": 10, "d20": 20, "d30": 30, "d40": 40, "d50": 50}

// byRank is the order in which a crowd is to be heard.
func byRank(a, b *wish) int {
	return cmp.Or(ranks[b.department]-ranks[a.department], a.asked.Compare(b.asked), bytes.Compare(a.id[:], b.id[:]))
}

// untilNobodyWaits lets time pass from one due instant to the next; whoever is due asks again, all at once.
func (h *house) untilNobodyWaits(t *testing.T, wishes []*wish) {
	t.Helper()
	for range 1000 {
		var waiting []*wish
		for _, w := range wishes {
			if w.state == "shifted" {
				waiting = append(waiting, w)
			}
		}
		if len(waiting) == 0 {
			return
		}
		now := slices.MinFunc(waiting, func(a, b *wish) int { return a.due.Compare(b.due) }).due
		h.rush(t, slices.DeleteFunc(waiting, func(w *wish) bool { return w.due.After(now) }), func(*wish) time.Time { return now })
	}
	t.Fatal("the waiting never ends")
}

// slots are the instants of the ledger at which something left, in order.
func (h *house) slots(t *testing.T) []time.Time {
	t.Helper()
	rows, err := h.pool.Query(context.Background(), `select slot_at from messages where contact_id = $1 and state = 'reserved' order by slot_at`, h.ada)
	require.NoError(t, err)
	slots, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	require.NoError(t, err)
	return slots
}

func inBerlin(t *testing.T, at time.Time) string {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return at.In(berlin).Format(time.DateOnly)
}

func count(wishes []*wish, state, reason string) (n int) {
	for _, w := range wishes {
		if w.state == state && w.reason == reason {
			n++
		}
	}
	return n
}

func TestFiftyAtOnceNeverBreakACap(t *testing.T) {
	t.Parallel()
	h, wishes := build(t), crowd()
	p := open()
	p.Caps = []gate.Cap{{Per: gate.PerDay, Max: 3}, {Channel: provider.Email, Per: gate.PerWeek, Max: 5}}
	p.LongestShiftHours = 16 * 24
	h.publish(t, p)
	h.rush(t, wishes, func(w *wish) time.Time { return w.asked })
	require.Equal(t, 3, count(wishes, "reserved", ""))
	require.Equal(t, 47, count(wishes, "shifted", gate.FrequencyCap))
	require.Len(t, h.slots(t), 3)

	h.untilNobodyWaits(t, wishes)
	slots := h.slots(t)
	perDay := map[string]int{}
	for i, at := range slots {
		perDay[inBerlin(t, at)]++
		require.LessOrEqual(t, perDay[inBerlin(t, at)], 3)
		if i >= 5 {
			require.GreaterOrEqual(t, at.Sub(slots[i-5]), 7*24*time.Hour, "six within a week")
		}
	}
	// Three and two, and again a week and two weeks later; nothing that could leave was kept back.
	require.Equal(t, []int{15, 35}, []int{len(slots), count(wishes, "refused", gate.FrequencyCap)})
	require.Equal(t, 3, perDay["2026-06-10"])
	require.Equal(t, 2, perDay["2026-06-11"])
}

func TestOfFiftyTheHighestPrioritySpeaks(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d a day", most), func(t *testing.T) {
			t.Parallel()
			h, wishes := build(t), crowd()
			p := open()
			p.Departments = ranks
			p.Collisions = gate.Collisions{WindowMinutes: 15, MaxPerDay: most, Overflow: gate.OverflowShift}
			p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: always("09:00-20:00")}}
			p.LongestShiftHours = 8760
			h.publish(t, p)
			h.rush(t, wishes, func(w *wish) time.Time { return w.asked })
			require.Equal(t, 50, count(wishes, "shifted", gate.CollisionHold), "nobody speaks before all were heard")
			for _, w := range wishes {
				require.True(t, w.asked.Add(15*time.Minute).Equal(w.due))
			}

			h.untilNobodyWaits(t, wishes)
			require.Equal(t, 50, count(wishes, "reserved", ""))
			slices.SortFunc(wishes, byRank)
			day := noon
			for turn := range slices.Chunk(wishes, most) {
				for _, w := range turn {
					require.Equal(t, inBerlin(t, day), inBerlin(t, w.slot), "%s, asked at %s", w.department, w.asked)
				}
				day = day.AddDate(0, 0, 1)
			}
			require.Len(t, h.slots(t), 50)
		})
	}
}

func TestOfFiftyTheOthersAreRefused(t *testing.T) {
	t.Parallel()
	h, wishes := build(t), crowd()
	p := open()
	p.Departments = ranks
	p.Collisions = gate.Collisions{WindowMinutes: 15, MaxPerDay: 2, Overflow: gate.OverflowRefuse}
	h.publish(t, p)
	h.rush(t, wishes, func(w *wish) time.Time { return w.asked })
	h.untilNobodyWaits(t, wishes)
	require.Equal(t, 48, count(wishes, "refused", gate.Collision))
	slices.SortFunc(wishes, byRank)
	require.Equal(t, 2, count(wishes[:2], "reserved", ""), "the two of the highest rank that came first")
}

// All of them ask at the very instant at which all holds end: the order of the goroutines must not matter.
func TestTheOrderOfAskingDoesNotMatter(t *testing.T) {
	t.Parallel()
	h, wishes := build(t), crowd()
	p := open()
	p.Departments = ranks
	p.Collisions = gate.Collisions{WindowMinutes: 15, MaxPerDay: 1, Overflow: gate.OverflowShift}
	p.Caps = []gate.Cap{{Per: gate.PerDay, Max: 1}}
	h.publish(t, p)
	for _, w := range wishes {
		w.asked = noon
	}
	h.rush(t, wishes, func(*wish) time.Time { return noon })
	h.rush(t, wishes, func(*wish) time.Time { return noon.Add(15 * time.Minute) })
	slices.SortFunc(wishes, byRank)
	require.Equal(t, "reserved", wishes[0].state)
	require.Equal(t, 1, count(wishes, "reserved", ""))
	for _, w := range wishes[1:] {
		require.Equal(t, "shifted", w.state)
		require.NotEqual(t, inBerlin(t, noon), inBerlin(t, w.due), "today is taken")
	}
}
