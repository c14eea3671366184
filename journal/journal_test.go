package journal

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

var clockZero clock.Clock

func described(rule process.Reentry) process.Description {
	return process.Description{Name: "onboarding", Reentry: rule}
}

func admit(t *testing.T, pool *pgxpool.Pool, rule process.Reentry, entry string) Verdict {
	t.Helper()
	v, err := Admit(context.Background(), pool, now, described(rule), "s", process.EntryID(entry), uuid.Nil)
	require.NoError(t, err)
	return v
}

func end(t *testing.T, pool *pgxpool.Pool, entry, run string) {
	t.Helper()
	require.NoError(t, closeRun(context.Background(), pool, process.Closed{
		Entry: process.EntryID(entry), Process: "onboarding", Run: run, State: process.Completed, Outcome: "done", At: now.Add(time.Hour),
	}))
}

func TestAdmitFollowsTheRule(t *testing.T) {
	t.Parallel()
	const fresh, joined, refused = "fresh", "joined", "refused"
	for rule, want := range map[process.Reentry]struct{ whileRunning, afterEnd string }{
		process.OneAtATime: {joined, fresh},
		process.AfterExit:  {refused, fresh},
		process.OnceEver:   {refused, refused},
		process.Many:       {fresh, fresh},
	} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			first := admit(t, pool, rule, "a")
			require.True(t, first.Fresh)
			require.Equal(t, process.EntryID("a"), first.Entry)
			require.True(t, admit(t, pool, rule, "a").Fresh, "a repeat may start the run that is not known to have ended")
			check := func(entry, want string) {
				v := admit(t, pool, rule, entry)
				require.Equal(t, want == fresh, v.Fresh)
				require.Equal(t, want == refused, v.Refused)
				if want == fresh {
					require.Empty(t, v.Reason)
					return
				}
				require.Equal(t, first.Run, v.Run)
				require.Equal(t, first.Entry, v.Entry)
				require.NotEmpty(t, v.Reason)
				require.True(t, v.Since.Equal(now))
			}
			check("b", want.whileRunning)
			end(t, pool, "a", first.Run)
			again := admit(t, pool, rule, "a")
			require.False(t, again.Fresh, "a repeat never starts a run that has ended")
			require.False(t, again.Refused)
			check("c", want.afterEnd)
		})
	}
}

func TestAdmitAtOnceGivesOneFreshRun(t *testing.T) {
	t.Parallel()
	for _, rule := range []process.Reentry{process.OneAtATime, process.AfterExit, process.OnceEver} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			ctx, pool := context.Background(), dbtest.New(t)
			for round := range 20 {
				subject := fmt.Sprint(round)
				var wg sync.WaitGroup
				verdicts := make([]Verdict, 6)
				for i := range verdicts {
					wg.Go(func() {
						err := db.InTx(ctx, pool, func(tx pgx.Tx) (err error) {
							verdicts[i], err = Admit(ctx, tx, now, described(rule), subject, uuid.NewString(), uuid.Nil)
							return err
						})
						if err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				fresh, entries := 0, map[string]bool{}
				for _, v := range verdicts {
					entries[v.Entry] = true
					if v.Fresh {
						fresh++
					}
				}
				require.Equal(t, 1, fresh)
				require.Len(t, entries, 1, "the others are told of the fresh one")
			}
		})
	}
}

func TestAdmitTheSameEntryAtOnce(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	for range 20 {
		entry := uuid.NewString()
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				v, err := Admit(ctx, pool, now, described(process.Many), "s", entry, uuid.Nil)
				if err != nil || !v.Fresh {
					t.Error(v, err)
				}
			})
		}
		wg.Wait()
	}
	_, err := Admit(ctx, pool, now, described(process.Many), "s", "no uuid", uuid.Nil)
	require.ErrorContains(t, err, "process.EntryID")
}

func TestOpenAndCloseAreIdempotent(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	entry := process.EntryID("child")
	opened := process.Opened{Entry: entry, Process: "onboarding", Subject: "s", Run: "onboarding:s", Parent: "sale:1"}
	for range 2 {
		require.NoError(t, openRun(ctx, pool, now, opened))
	}
	run, err := Get(ctx, pool, "onboarding", "onboarding:s")
	require.NoError(t, err)
	require.Equal(t, Run{
		Entry: uuid.MustParse(entry), Process: "onboarding", Subject: "s", Run: "onboarding:s", Parent: "sale:1",
		State: process.Running, Trail: []process.Visit{}, StartedAt: now,
	}, run)
	closed := process.Closed{
		Entry: entry, Process: "onboarding", Run: "onboarding:s", State: process.Completed, Outcome: "done", At: now.Add(time.Hour),
		Trail: []process.Visit{{Step: "Greet", At: now, Result: "sent"}}, Unread: map[string]int{"called": 2},
	}
	for range 2 {
		require.NoError(t, closeRun(ctx, pool, closed))
	}
	require.NoError(t, openRun(ctx, pool, now, opened), "a late repeat of open changes nothing")
	run, err = Get(ctx, pool, "onboarding", "onboarding:s")
	require.NoError(t, err)
	require.Equal(t, process.Completed, run.State)
	require.Equal(t, "done", run.Outcome)
	require.Equal(t, closed.Trail, run.Trail)
	require.Equal(t, closed.Unread, run.Unread)
	require.Equal(t, now.Add(time.Hour), *run.ClosedAt)
	require.Equal(t, "sale:1", run.Parent)
}

func TestCloseKeepsRunsThatTheJournalDidNotKnow(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	closed := process.Closed{Process: "onboarding", Run: "onboarding:s", State: process.Failed, At: now.Add(time.Hour),
		Trail: []process.Visit{{Step: "Greet", At: now, Result: "sent"}}}
	require.NoError(t, closeRun(ctx, pool, closed))
	require.NoError(t, closeRun(ctx, pool, closed))
	runs, err := List(ctx, pool, Filter{Process: "onboarding", Limit: 10})
	require.NoError(t, err)
	require.Len(t, runs, 1)
	require.Equal(t, "s", runs[0].Subject)
	require.Equal(t, now, runs[0].StartedAt)
}

func TestReads(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	d := described(process.Many)
	for i := range 7 {
		at := now.Add(time.Duration(i/2) * time.Minute) // pairs share their instant
		_, err := Admit(ctx, pool, at, d, fmt.Sprint("s", i%2), process.EntryID(fmt.Sprint(i)), uuid.Nil)
		require.NoError(t, err)
	}
	end(t, pool, "6", "onboarding:s0:"+process.EntryID("6"))
	var seen []uuid.UUID
	f := Filter{Process: "onboarding", Limit: 2}
	for {
		page, err := List(ctx, pool, f)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			seen = append(seen, r.Entry)
		}
		f.After = page[len(page)-1].Position()
	}
	require.Len(t, seen, 7)
	require.Equal(t, process.EntryID("6"), seen[0].String(), "the newest first")
	unique := map[uuid.UUID]bool{}
	for _, e := range seen {
		unique[e] = true
	}
	require.Len(t, unique, 7, "pages neither repeat nor skip")
	for want, f := range map[int]Filter{
		6: {State: process.Running}, 1: {State: process.Completed}, 4: {Subject: "s0"}, 3: {Subject: "s0", State: process.Running}, 0: {Subject: "none"},
	} {
		f.Process, f.Limit = "onboarding", 100
		page, err := List(ctx, pool, f)
		require.NoError(t, err)
		require.Len(t, page, want)
	}
	counts, err := Counts(ctx, pool)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"onboarding": 6}, counts)
	_, err = Get(ctx, pool, "onboarding", "onboarding:none")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = ByEntry(ctx, pool, uuid.New())
	require.ErrorIs(t, err, ErrNotFound)
}

// fakeEngine answers by workflow ID; what it does not hold, it does not know.
type fakeEngine map[string]Sighting

func (f fakeEngine) Look(_ context.Context, run string) (Sighting, error) { return f[run], nil }

func TestReconcileClosesWhatTemporalHasEnded(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	engine := fakeEngine{}
	want := map[string]process.State{}
	add := func(subject string, age time.Duration, seen Sighting, state process.State) {
		entry := process.EntryID(subject)
		v, err := Admit(ctx, pool, now.Add(-age), described(process.OneAtATime), subject, entry, uuid.Nil)
		require.NoError(t, err)
		if seen.Entry == "own" {
			seen.Entry = entry
		}
		if seen.Status != enums.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED {
			engine[v.Run] = seen
		}
		want[subject] = state
	}
	const day, minute = 24 * time.Hour, time.Minute
	add("goes-on", day, Sighting{enums.WORKFLOW_EXECUTION_STATUS_RUNNING, "own"}, process.Running)
	add("terminated", 2*minute, Sighting{enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, "own"}, process.Terminated)
	add("timed-out", day, Sighting{enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, "own"}, process.Failed)
	add("cancelled", day, Sighting{enums.WORKFLOW_EXECUTION_STATUS_CANCELED, "own"}, process.Cancelled)
	add("failed", day, Sighting{enums.WORKFLOW_EXECUTION_STATUS_FAILED, "own"}, process.Failed)
	add("forgotten", day, Sighting{}, process.Terminated)
	add("about-to-start", 2*minute, Sighting{}, process.Running)
	add("child", day, Sighting{enums.WORKFLOW_EXECUTION_STATUS_RUNNING, ""}, process.Running)
	add("old-run-of-same-id", 2*minute, Sighting{enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, process.EntryID("other")}, process.Running)
	add("replaced", day, Sighting{enums.WORKFLOW_EXECUTION_STATUS_RUNNING, process.EntryID("other")}, process.Terminated)
	add("just-begun", 0, Sighting{enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, "own"}, process.Running)

	times := Times{Now: now, UncheckedSince: now.Add(-minute), LostSince: now.Add(-10 * minute)}
	closed := 0
	for range 4 { // small batches get round to every row, and to each once
		n, err := Reconcile(ctx, pool, engine, times, 3)
		require.NoError(t, err)
		closed += n
	}
	require.Equal(t, 6, closed)
	for subject, state := range want {
		run, err := ByEntry(ctx, pool, uuid.MustParse(process.EntryID(subject)))
		require.NoError(t, err)
		require.Equal(t, state, run.State, subject)
		require.Equal(t, state != process.Running, run.ClosedAt != nil, subject)
	}
	n, err := Reconcile(ctx, pool, engine, times, 100)
	require.NoError(t, err)
	require.Zero(t, n, "checked rows rest")
	v, err := Admit(ctx, pool, now, described(process.OneAtATime), "terminated", process.EntryID("again"), uuid.Nil)
	require.NoError(t, err)
	require.True(t, v.Fresh, "a new run may begin where one was terminated")
}

func TestReconcileLeavesStartsThatWaitInTheInbox(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	entry := process.EntryID("waits")
	start := inbox.NewStart("onboarding", "s", entry, nil)
	_, err := inbox.Accept(ctx, pool, now, start)
	require.NoError(t, err)
	_, err = Admit(ctx, pool, now.Add(-24*time.Hour), described(process.OneAtATime), "s", entry, start.ID)
	require.NoError(t, err)
	times := Times{Now: now, UncheckedSince: now, LostSince: now}
	n, err := Reconcile(ctx, pool, fakeEngine{}, times, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	open, err := Check(ctx, pool, fakeEngine{}, times, uuid.MustParse(entry))
	require.NoError(t, err)
	require.True(t, open)
	_, err = pool.Exec(ctx, `update events set state = 'delivered'`)
	require.NoError(t, err)
	open, err = Check(ctx, pool, fakeEngine{}, times, uuid.MustParse(entry))
	require.NoError(t, err)
	require.False(t, open)
}

func TestActivitiesImplementBothContracts(t *testing.T) {
	t.Parallel()
	require.Len(t, Activities(dbtest.New(t), clockZero), 2)
}
