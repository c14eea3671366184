package stripe_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/stripe"
	books "github.com/perdura/perdura/billing/stripe"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// archive answers as /v1/events of Stripe: the newest first, two a page.
func archive(t *testing.T, asked *[]string, events ...string) string {
	slices.Reverse(events)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		*asked = append(*asked, r.URL.Path+" since "+query.Get("created[gte]"))
		after := query.Get("starting_after")
		rest := events
		if at := slices.IndexFunc(events, func(e string) bool { return after != "" && strings.Contains(e, fmt.Sprintf("%q", after)) }); at >= 0 {
			rest = events[at+1:]
		}
		fmt.Fprintf(w, `{"object":"list","url":"/v1/events","has_more":%t,"data":[%s]}`, len(rest) > 2, strings.Join(rest[:min(2, len(rest))], ","))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func told(id, kind string, at int64, who uuid.UUID, status string, paid int) string {
	return fmt.Sprintf(`{"id":%q,"object":"event","created":%d,"type":%q,"data":{"object":{"id":"in_1","object":"invoice","amount_due":1000,"amount_paid":%d,"created":1770000000,
		"currency":"eur","customer":"cus_1","metadata":{"contact_id":%q},"status":%q}}}`, id, at, kind, paid, who, status)
}

func TestWhatStripeCouldNotDeliverIsFetchedOnce(t *testing.T) {
	t.Parallel()
	pool, who := dbtest.New(t), uuid.New()
	dbtest.Exec(t, pool, `insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', now(), now())`, who)
	var asked []string
	address := archive(t, &asked,
		told("evt_1", "invoice.finalized", 1_770_000_000, who, "open", 0),
		`{"id":"evt_2","object":"event","created":1770000001,"type":"refund.created","data":{"object":{"id":"re_1","object":"refund","amount":1,"charge":"ch_unknown","currency":"eur","status":"succeeded"}}}`,
		told("evt_3", "invoice.updated", 1_770_007_200, who, "open", 400),
		told("evt_4", "invoice.paid", 1_770_007_300, who, "paid", 1000))
	s := stripe.New(stripe.Options{Pool: pool, Clock: noon, APIKey: "sk_test_123", URL: address})
	count := func() [3]int {
		return [3]int{dbtest.One[int](t, pool, `select count(*) from events`), dbtest.One[int](t, pool, `select count(*) from payments`), dbtest.One[int](t, pool, `select sum(amount_minor)::int from payments`)}
	}
	first, err := s.Backfill(t.Context(), stripe.Gap{})
	require.NoError(t, err)
	require.Equal(t, stripe.Filled{State: stripe.More, Read: 2, Booked: 2, After: "evt_3", Newest: 1_770_007_300}, first)
	second, err := s.Backfill(t.Context(), stripe.Gap{After: first.After})
	require.NoError(t, err)
	require.WithinDuration(t, noon.Now().Add(time.Hour), second.Next, time.Minute)
	second.Next = time.Time{}
	require.Equal(t, stripe.ThatsAll, second.State)
	require.Equal(t, 2, second.Read)
	require.Equal(t, 1, second.Waiting, "the refund of what nobody knows")
	require.Equal(t, "paid", dbtest.One[string](t, pool, `select state from invoices where external_id = 'in_1'`))
	require.Equal(t, 1000, count()[2])

	before := count()
	for _, gap := range []stripe.Gap{{}, {After: "evt_3"}, {Since: 1_770_007_300}} {
		again, err := s.Backfill(t.Context(), gap)
		require.NoError(t, err)
		require.Zero(t, again.Booked, "%+v", gap)
	}
	require.Equal(t, before, count(), "an event counts once")
	require.Equal(t, "/v1/events since 1770003700", asked[len(asked)-1], "an hour is read again")
}

func TestNobodyIsAskedWithoutAnAccount(t *testing.T) {
	t.Parallel()
	var asked []string
	address := archive(t, &asked)
	filled, err := stripe.New(stripe.Options{Clock: noon, URL: address}).Backfill(t.Context(), stripe.Gap{})
	require.NoError(t, err)
	require.Equal(t, stripe.Filled{State: stripe.Off}, filled)
	require.Empty(t, asked)
}

func TestStripeDown(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(server.Close)
	_, err := stripe.New(stripe.Options{Clock: noon, APIKey: "sk_test_123", URL: server.URL}).Backfill(t.Context(), stripe.Gap{})
	require.True(t, process.IsType(err, process.TypeUnavailable), "%v", err)
}

// Stripe refuses to list by more.
func TestStripeListsByTwentyTypesAtMost(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, len(books.Types()), 20)
}
