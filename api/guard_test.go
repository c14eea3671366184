package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/audit"
)

// TestEveryOperationAsksForItsScope walks the document: no key, a wrong key, a key without the scope and a key with
// every other scope are refused everywhere; the scope alone is enough to get past the door.
func TestEveryOperationAsksForItsScope(t *testing.T) {
	t.Parallel()
	h := setup(t)
	all, checked := h.key, 0
	scoped := map[string]string{}
	without := map[string]string{}
	for _, a := range access.Scopes() {
		if a == access.Everything {
			continue
		}
		scoped[string(a)] = h.newKey(string(a))
		var others []string
		for _, b := range access.Scopes() {
			if b != a && b != access.Everything {
				others = append(others, string(b))
			}
		}
		without[string(a)] = h.newKey(others...)
	}
	before := h.counts()
	for _, p := range h.doc.paths {
		path := strings.NewReplacer("{id}", someID, "{name}", "order-care", "{run}", "nobody").Replace(p.path)
		for method, op := range p.item {
			security := op.(map[string]any)["security"].([]any)
			if len(security) == 0 {
				continue
			}
			scope := security[0].(map[string]any)["bearer"].([]any)[0].(string)
			send := func(key string) reply {
				h.key = key
				return h.send(strings.ToUpper(method), path, "")
			}
			for _, bad := range []string{"", "perdura_" + strings.Repeat("0", 43), "x", all + "x"} {
				r := send(bad).want(http.StatusUnauthorized)
				require.Contains(t, r.Header().Get("WWW-Authenticate"), "Bearer")
			}
			require.Contains(t, send(without[scope]).want(http.StatusForbidden).json()["detail"], scope, path)
			require.NotContains(t, []int{401, 403}, send(scoped[scope]).Code, path)
			checked++
		}
	}
	require.Greater(t, checked, 25)
	require.Equal(t, before, h.counts())
	h.key = all
	h.send("GET", "/v1/leads", "", "Authorization", "Basic "+all).want(401)
	h.send("GET", "/v1/leads", "", "Authorization", "bearer "+all).want(200)
}

func TestRevokedAndExpiredKeys(t *testing.T) {
	t.Parallel()
	h := setup(t)
	actor := audit.Record{ActorKind: audit.System, ActorID: "test"}
	key, secret, err := h.keys.Create(context.Background(), actor, "short", []string{"leads:read"}, time.Now().Add(300*time.Millisecond))
	require.NoError(t, err)
	h.key = secret
	h.send("GET", "/v1/leads", "").want(200)
	require.Eventually(t, func() bool { return h.send("GET", "/v1/leads", "").Code == 401 }, 3*time.Second, 20*time.Millisecond)
	_, h.key, err = h.keys.Create(context.Background(), actor, "gone", []string{"leads:read"}, time.Time{})
	require.NoError(t, err)
	list, err := h.keys.List(context.Background())
	require.NoError(t, err)
	require.NotEqual(t, key.ID, list[len(list)-1].ID)
	h.send("GET", "/v1/leads", "").want(200)
	require.NoError(t, h.keys.Revoke(context.Background(), actor, list[len(list)-1].ID))
	h.send("GET", "/v1/leads", "").want(401)
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Limits.Rate, o.Limits.Burst = 0.5, 3 })
	for range 3 {
		h.send("GET", "/v1/leads", "").want(200)
	}
	r := h.send("GET", "/v1/leads", "").want(http.StatusTooManyRequests)
	require.Equal(t, "2", r.Header().Get("Retry-After"))
	h.key = h.newKey("leads:read") // another caller is not hurt
	h.send("GET", "/v1/leads", "").want(200)
	h.send("GET", "/healthz", "").want(200)
}

type panickingRuns struct{ *fakeRuns }

func (panickingRuns) Cancel(context.Context, string) error { panic("ada@example.com") }

func TestPanicIsAnsweredWithoutItsStack(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := setup(t, func(o *api.Options) {
		o.Runs = panickingRuns{&fakeRuns{}}
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	id := h.startedRun()
	r := h.send("POST", "/v1/processes/order-care/runs/"+id+"/cancel", "").want(http.StatusInternalServerError)
	require.NotContains(t, r.Body.String(), "goroutine")
	require.NotContains(t, r.Body.String(), "ada@")
	require.Contains(t, log.String(), "panickingRuns")
	require.NotContains(t, log.String(), "ada@")
	h.send("GET", "/v1/leads", "").want(200)
}

// TestDatabaseGone: no answer shows what PostgreSQL said, and callers are told to come back.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.send("GET", "/v1/leads", "").want(200) // the key is known now
	h.exec(`alter table leads rename to gone`)
	r := h.send("GET", "/v1/leads", "").want(http.StatusInternalServerError)
	require.NotContains(t, r.Body.String(), "gone")
	require.NotContains(t, r.Body.String(), "42P01")
	h.exec(`alter table gone rename to leads`)
	h.pool.Close()
	r = h.send("POST", "/v1/leads", aLead)
	require.GreaterOrEqual(t, r.Code, 500)
}

func TestSlowDatabaseTimesOut(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Limits.Timeout = 300 * time.Millisecond })
	h.send("GET", "/v1/tasks", "").want(200)
	tx, err := h.pool.Begin(context.Background())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(context.Background(), "lock table tasks in access exclusive mode")
	require.NoError(t, err)
	r := h.send("GET", "/v1/tasks", "").want(http.StatusServiceUnavailable)
	require.NotEmpty(t, r.Header().Get("Retry-After"))
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	up := func(context.Context) error { return nil }
	var temporal, postgres error
	h := setup(t, func(o *api.Options) {
		o.Ready = []api.Check{
			{Name: "postgresql", Needed: true, Ping: func(context.Context) error { return postgres }},
			{Name: "temporal", Ping: func(context.Context) error { return temporal }}, {Name: "worker", Ping: up},
		}
	})
	require.Equal(t, "ok", h.send("GET", "/healthz", "", "Authorization", "").want(200).json()["status"])
	require.Equal(t, "ready", h.send("GET", "/readyz", "").want(200).json()["status"])
	temporal = errors.New("dial 10.0.0.1: refused")
	r := h.send("GET", "/readyz", "").want(503)
	require.NotContains(t, r.Body.String(), "10.0.0.1")
	require.Equal(t, map[string]any{
		"status": "degraded", "accepting": true,
		"dependencies": map[string]any{"postgresql": map[string]any{"status": "up"}, "temporal": map[string]any{"status": "down"}, "worker": map[string]any{"status": "up"}},
	}, r.json())
	postgres = errors.New("down")
	require.Equal(t, false, h.send("GET", "/readyz", "").want(503).json()["accepting"])
}

func TestPagesForABrowser(t *testing.T) {
	t.Parallel()
	h := setup(t)
	page := h.send("GET", "/docs", "", "Authorization", "").want(200)
	policy := page.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "script-src 'self' 'sha256-")
	require.NotContains(t, strings.SplitN(policy, "style-src", 2)[0], "unsafe-inline")
	require.NotContains(t, page.Body.String(), "://cdn")
	require.Contains(t, page.Body.String(), "/openapi.json")
	for _, asset := range []string{"swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-standalone-preset.js"} {
		require.Contains(t, page.Body.String(), `"/docs/`+asset+`"`)
		r := h.send("GET", "/docs/"+asset, "", "Authorization", "").want(200)
		require.Greater(t, r.Body.Len(), 10_000, asset)
	}
	h.send("GET", "/docs/no-such-file", "").want(404)
	for _, target := range []string{"/v1/leads", "/nowhere", "/openapi.json"} {
		r := h.send("GET", target, "")
		require.Equal(t, "nosniff", r.Header().Get("X-Content-Type-Options"))
		require.Contains(t, r.Header().Get("Content-Security-Policy"), "default-src 'none'")
		require.Equal(t, "no-store", r.Header().Get("Cache-Control"))
	}
}

func TestCodecNeedsItsScope(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, "/decode", h.send("POST", "/codec/decode", "{}").want(200).Body.String())
	h.key = h.newKey("processes:read")
	h.send("POST", "/codec/decode", "{}").want(403)
	h.send("POST", "/codec/decode", "{}", "Authorization", "").want(401)
	h.send("OPTIONS", "/codec/decode", "", "Authorization", "").want(200)
}

// TestOverTheWire sends what only a real connection can: a body without an end, and one that is larger than it says.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	h := setup(t)
	server := httptest.NewServer(h.server.Handler())
	defer server.Close()
	body, write := io.Pipe()
	go func() {
		_, err := io.Copy(write, io.LimitReader(zeros{}, 2<<20))
		_ = write.CloseWithError(err)
	}()
	r, err := http.NewRequest(http.MethodPost, server.URL+"/v1/leads", body)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+h.key)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer got.Body.Close()
	require.Equal(t, http.StatusRequestEntityTooLarge, got.StatusCode)
	require.Equal(t, "application/problem+json", got.Header.Get("Content-Type"))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
