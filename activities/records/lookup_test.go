package records_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
)

// resident is the i-th contact of a big database: names repeat as they do in life, a few of them very often.
func resident(i int) records.Submission {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	often := func(n int) int { return int(float64(n) * r.Float64() * r.Float64() * r.Float64()) }
	s := records.Submission{
		FirstName: word(often(3000)), LastName: word(often(60000) + 5000), Company: word(often(80000)) + " Works",
		Phone: fmt.Sprintf("+4930%08d", i), Country: "DE",
	}
	s.Email = fmt.Sprintf("%s.%d@%s.example", s.LastName, i, word(i%40000))
	return s
}

// populate fills the tables of contacts as resolving n leads would.
func populate(t testing.TB, pool *pgxpool.Pool, n int) {
	t.Helper()
	ctx := context.Background()
	conn, err := pool.Acquire(ctx)
	require.NoError(t, err)
	defer conn.Release()
	const chunk = 20000
	for from := 0; from < n; from += chunk {
		var contacts, identities, keys [][]any
		for i := from; i < min(n, from+chunk); i++ {
			s, id := resident(i), uuid.Must(uuid.NewV7())
			contacts = append(contacts, []any{id, s.Email, s.Phone, s.FirstName, s.LastName, s.Company, s.Country, monday, monday})
			identities = append(identities, []any{"email", s.Email, id}, []any{"phone", s.Phone, id})
			for _, key := range match.Keys(match.Person{Email: s.Email, Phone: s.Phone, GivenName: s.FirstName, Surname: s.LastName, Company: s.Company, Country: s.Country}) {
				keys = append(keys, []any{key.Kind, key.Value, id})
			}
		}
		for _, table := range []struct {
			name    string
			columns string
			rows    [][]any
		}{
			{"contacts", "id email phone first_name last_name company country created_at updated_at", contacts},
			{"contact_identities", "kind value contact_id", identities}, {"contact_keys", "kind value contact_id", keys},
		} {
			_, err := conn.CopyFrom(ctx, pgx.Identifier{table.name}, strings.Fields(table.columns), pgx.CopyFromRows(table.rows))
			require.NoError(t, err)
		}
	}
	_, err = conn.Exec(ctx, `vacuum (analyze) contacts, contact_keys, contact_identities`)
	require.NoError(t, err)
}

// statements remembers what a pool runs.
type statements struct {
	mu   sync.Mutex
	list []statement
}

type statement struct {
	sql  string
	args []any
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, statement{data.SQL, slices.Clone(data.Args)})
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// Whatever a look-up asks of the tables of contacts, it asks by index, with plans made for its values and without.
func TestLookUpsUseIndexes(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	populate(t, o.pool, 50000)
	cfg := o.pool.Config()
	var seen statements
	cfg.ConnConfig.Tracer = &seen
	traced, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer traced.Close()
	known := resident(31415)
	known.Email, known.Phone = "other@example.org", ""
	lead := o.submit(known)
	_, err = records.New(traced, clock.Clock{}, nil).Resolve(as(lead, "resolve"), lead)
	require.NoError(t, err)

	checked := 0
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		require.NoError(t, pgx.BeginFunc(t.Context(), o.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `select set_config('plan_cache_mode', $1, true)`, mode)
			require.NoError(t, err)
			for _, s := range seen.list {
				if !strings.Contains(s.sql, "contact") || !strings.Contains(s.sql, "select") || strings.Contains(s.sql, "insert into") {
					continue
				}
				plan, err := tx.Query(t.Context(), "explain "+s.sql, s.args...)
				require.NoError(t, err, s.sql)
				lines, err := pgx.CollectRows(plan, pgx.RowTo[string])
				require.NoError(t, err, s.sql)
				text := strings.Join(lines, "\n")
				require.NotRegexp(t, `Seq Scan on (contacts|contact_keys|contact_identities)`, text, "%s\n%s", mode, s.sql)
				checked++
			}
			return nil
		}))
	}
	require.GreaterOrEqual(t, checked, 6, "identities, keys and contacts, by both kinds of plan")
}

// BenchmarkResolve tells how long one lead takes against PERDURA_BENCH_CONTACTS contacts (50,000): somebody new, or
// somebody known under another e-mail address and telephone number.
func BenchmarkResolve(b *testing.B) {
	n := sizeFrom("PERDURA_BENCH_CONTACTS", 50000)
	pool := dbtest.New(b)
	o := &office{t: &testing.T{}, pool: pool, records: records.New(pool, clock.Clock{}, nil)}
	require.NoError(b, records.Seed(b.Context(), pool, monday))
	populate(b, pool, n)
	var took []time.Duration
	i := 0
	for b.Loop() {
		b.StopTimer()
		s := resident(n + i)
		if i%2 == 1 {
			s = resident(rand.IntN(n))
			s.Email, s.Phone = fmt.Sprintf("again%d@example.org", i), ""
		}
		i++
		lead := o.submit(s)
		b.StartTimer()
		began := time.Now()
		_, err := o.records.Resolve(as(lead, "resolve"), lead)
		took = append(took, time.Since(began))
		require.NoError(b, err)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms/p95")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
}

// BenchmarkCapture tells how long the database steps of a lead take, one after the other.
func BenchmarkCapture(b *testing.B) {
	pool := dbtest.New(b)
	o := &office{t: &testing.T{}, pool: pool, records: records.New(pool, clock.Clock{}, nil)}
	require.NoError(b, records.Seed(b.Context(), pool, monday))
	require.NoError(b, records.SeedDemo(b.Context(), pool, monday, ""))
	_, err := pool.Exec(b.Context(), `update users set capacity = 1000000`)
	require.NoError(b, err)
	total := map[string]time.Duration{}
	n := 0
	for b.Loop() {
		b.StopTimer()
		lead := o.submit(resident(n))
		n++
		b.StartTimer()
		for _, step := range []struct {
			name string
			do   func() error
		}{
			{"check", func() error { _, err := o.records.Check(as(lead, "check"), lead); return err }},
			{"resolve", func() error { _, err := o.records.Resolve(as(lead, "resolve"), lead); return err }},
			{"score", func() error { _, err := o.records.Score(as(lead, "score"), lead); return err }},
			{"assign", func() error { _, err := o.records.Assign(as(lead, "assign"), lead); return err }},
			{"follow-up", func() error { _, err := o.records.FollowUp(as(lead, "follow-up"), lead); return err }},
		} {
			began := time.Now()
			require.NoError(b, step.do())
			total[step.name] += time.Since(began)
		}
	}
	for name, took := range total {
		b.ReportMetric(float64(took.Microseconds())/1000/float64(n), name+"-ms")
	}
}
