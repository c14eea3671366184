package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// BenchmarkPostEvent measures accepting: authenticated, validated, committed.
func BenchmarkPostEvent(b *testing.B) {
	pool := dbtest.New(b)
	keys := access.NewKeys(pool, clock.Clock{})
	server, err := api.New(api.Options{
		Pool: pool, Log: slog.New(slog.DiscardHandler), Definitions: []process.Definition{care, welcome}, Access: keys,
		Runs: &fakeRuns{}, Events: []api.EventContract{orderPlaced}, Limits: api.Limits{Rate: 1e6, Burst: 1e6},
	})
	require.NoError(b, err)
	_, key, err := keys.Create(context.Background(), audit.Record{ActorKind: audit.System, ActorID: "bench"}, "bench", []string{"events:write"}, time.Time{})
	require.NoError(b, err)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := uuid.NewString()
			r := httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(cloudEvent(id, "order.placed", id, `{"order_id":"`+id+`"}`)))
			r.Header.Set("Content-Type", "application/cloudevents+json")
			r.Header.Set("Authorization", "Bearer "+key)
			rec := httptest.NewRecorder()
			server.Handler().ServeHTTP(rec, r)
			if rec.Code != http.StatusAccepted {
				b.Errorf("answered %d: %s", rec.Code, rec.Body)
			}
		}
	})
}
