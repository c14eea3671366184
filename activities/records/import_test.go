package records_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// receive keeps a file as the API does.
func (o *office) receive(rows []map[string]string) records.Import {
	o.t.Helper()
	id := uuid.Must(uuid.NewV7())
	o.exec(`insert into lead_imports (id, state, source, total, created_at) values ($1, 'running', 'fair', $2, $3)`, id, len(rows), monday)
	_, err := o.pool.CopyFrom(context.Background(), pgx.Identifier{"lead_import_rows"}, []string{"import_id", "row_no", "raw", "state"},
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			raw, err := json.Marshal(rows[i])
			return []any{id, i + 1, raw, "waiting"}, err
		}))
	require.NoError(o.t, err)
	return records.Import{ImportID: id}
}

// importAll captures all rows; interrupted leaves each batch's transaction at random places, as a crash does.
func (o *office) importAll(file records.Import, interrupted bool) {
	o.t.Helper()
	rows := records.Rows{ImportID: file.ImportID}
	for crashes := 0; ; {
		ctx, cancel := context.WithCancel(process.WithKey(context.Background(), "lead-import:"+file.ImportID.String()+"/entry/"+strconv.Itoa(rows.After)))
		if interrupted && crashes < 40 {
			timer := time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, cancel)
			defer timer.Stop()
		}
		p, err := o.records.CaptureRows(ctx, rows)
		cancel()
		if err != nil {
			require.True(o.t, interrupted, "%v", err)
			crashes++
			continue // the same stretch once more, as a retry does
		}
		if rows.After = p.Next; !p.More {
			return
		}
	}
}

// fair is a file with everything in it: good rows, repetitions, bad rows, and somebody similar.
func fair(n int) (rows []map[string]string, created, merged, rejected int) {
	for i := range n {
		row := map[string]string{"email": word(i) + "@example.org", "first_name": word(i * 3), "last_name": word(i), "company": "Works " + word(i*7), "country": "de"}
		switch {
		case i%50 == 49:
			row["email"] = "visitor at home"
			rejected++
		case i%50 == 48:
			row = map[string]string{"last_name": "Nobody"}
			rejected++
		case i%10 == 7:
			row["email"] = strings.ToUpper(word(i-1)) + "@example.org" // the one before, again
			row["first_name"], row["last_name"], row["company"] = word((i-1)*3), word(i-1), ""
			merged++
		default:
			created++
		}
		rows = append(rows, row)
	}
	return rows, created, merged, rejected
}

// word makes a name of its own for each number.
func word(i int) string {
	syllables := []string{"ba", "ke", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu", "cha"}
	out := ""
	for n := i*2654435761%1048576 + 1048576; n > 0; n /= 16 {
		out += syllables[n%16]
	}
	return out
}

func TestImportSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for name, interrupted := range map[string]bool{"undisturbed": false, "crashing": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 100, 150)
			rows, created, merged, rejected := fair(900)
			file := o.receive(rows)
			o.importAll(file, interrupted)
			digest := twice(o, process.WithKey(t.Context(), "lead-import:x/entry/finish"), o.records.FinishImport, file)
			require.Equal(t, 900, digest.Rows)
			require.Equal(t, rejected, digest.Rejected)
			require.ElementsMatch(t, append(o.reps, o.manager), digest.Readers)
			require.Equal(t, fmt.Sprintf("completed 900 %d %d %d", created, merged, rejected),
				value[string](o, `select concat_ws(' ', state, processed, created, merged, rejected) from lead_imports`))
			require.Equal(t, created, value[int](o, `select count(*)::int from contacts`))
			require.Equal(t, created, value[int](o, `select count(*)::int from leads where status = 'captured' and score is not null`))
			require.Equal(t, created, value[int](o, `select count(*)::int from tasks`))
			require.Equal(t, merged, value[int](o, `select count(*)::int from leads where status = 'merged'`))
			require.Equal(t, 250, value[int](o, `select sum(open_leads)::int from representative_loads`))
			require.Equal(t, "email", value[string](o, `select errors -> 0 ->> 'field' from lead_import_rows where state = 'rejected' and raw ? 'email' limit 1`))
			require.Equal(t, 0, value[int](o, `select count(*)::int from events where type = 'lead.assigned'`), "cold leads of an import have no clock")
		})
	}
}

func TestCapturingTheSameRowsTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 100)
	rows, _, _, _ := fair(250)
	file := o.receive(rows)
	ctx := process.WithKey(t.Context(), "lead-import:x/entry/capture.1")
	p := twice(o, ctx, o.records.CaptureRows, records.Rows{ImportID: file.ImportID})
	require.Equal(t, records.Progress{Next: 200, More: true}, p)
	p = twice(o, ctx, o.records.CaptureRows, records.Rows{ImportID: file.ImportID, After: 200})
	require.False(t, p.More)
	twice(o, ctx, o.records.FinishImport, file)
	twice(o, ctx, o.records.FailImport, file)
	require.Equal(t, "completed", value[string](o, `select state from lead_imports`), "what is finished does not fail")
}

func TestImportMeetsKnownContacts(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 100)
	o.exec(`insert into settings values ('lead.policy', '{"hand_over_imported": ["hot", "warm", "cold"]}')`)
	o.take(o.submit(ada))
	file := o.receive([]map[string]string{
		{"email": "ada@example.com", "first_name": "Ada", "postcode": "10115"},
		{"phone": "+4930901820", "first_name": "Grace", "last_name": "Sample"}, // the number of another
		{"email": "new@example.org", "last_name": "New", "phone": "12"},
	})
	o.importAll(file, false)
	require.Equal(t, "2 1 0", value[string](o, `select concat_ws(' ', created, merged, rejected) from lead_imports`))
	require.Equal(t, "10115", value[string](o, `select postcode from contacts where email = 'ada@example.com'`))
	require.Equal(t, 1, value[int](o, `select count(*)::int from events where type = 'lead.submitted'`), "a similar one goes through lead capture by itself")
	require.Equal(t, 2, value[int](o, `select count(*)::int from events where type = 'lead.assigned'`))
	require.Equal(t, "phone", value[string](o, `select fields -> 0 ->> 'field' from data_requests where kind = 'correction'`))
	similar := records.Lead{LeadID: value[uuid.UUID](o, `select id from leads where status = 'received'`)}
	found, _, _, _ := o.take(similar)
	require.Equal(t, records.InReview, found.Verdict)
	require.True(t, found.Bulk)
}

// BenchmarkImport tells rows per second; PERDURA_BENCH_ROWS sets how many rows the file has (5,000).
func BenchmarkImport(b *testing.B) {
	n := sizeFrom("PERDURA_BENCH_ROWS", 5000)
	for b.Loop() {
		b.StopTimer()
		pool := dbtest.New(b)
		require.NoError(b, records.Seed(b.Context(), pool, monday))
		require.NoError(b, records.SeedDemo(b.Context(), pool, monday, ""))
		o := &office{t: &testing.T{}, pool: pool, records: records.New(pool, clock.Clock{}, nil)}
		rows, _, _, _ := fair(n)
		file := o.receive(rows)
		b.StartTimer()
		began := time.Now()
		o.importAll(file, false)
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "rows/s")
	}
}

func sizeFrom(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil && n > 0 {
		return n
	}
	return otherwise
}
