package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/app"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/worker"
)

// logBook is a log that may be read while it is written.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// closedPort is an address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func settings(t *testing.T, log io.Writer, change map[string]string) config.Config {
	t.Helper()
	_, url := dbtest.NewWithURL(t)
	values := map[string]string{
		"environment": config.Development, "encryption.off": "true", "database.url": url, "temporal.address": closedPort(t),
		"api.listen": "127.0.0.1:0", "smtp.host": "127.0.0.1", "smtp.from": "sales@example.com", "log.format": "text",
		"links.keys": base64.StdEncoding.EncodeToString(make([]byte, 32)), "evidence.keys": "a:" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
	}
	for key, value := range change {
		values[key] = value
	}
	loaded, err := config.Load(config.Sources{Defaults: values}, config.NeedDatabase|config.NeedEngine|config.NeedWorker)
	require.NoError(t, err)
	loaded.Log.Out = log
	return loaded.Config
}

var everything = app.Parts{API: true, Worker: true, Dispatcher: true}

// The API answers although Temporal is down, and everything stops in order when it is asked to.
func TestTheHouseStandsWithoutTemporalAndStopsInOrder(t *testing.T) {
	t.Parallel()
	log := &logBook{}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan app.Addresses, 1), make(chan error, 1)
	cfg := settings(t, log, nil)
	go func() {
		ended <- app.Run(ctx, cfg, worker.Standard(), everything, func(a app.Addresses) { ready <- a })
	}()
	var at app.Addresses
	select {
	case at = <-ready:
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		require.Fail(t, "not ready", log.String())
	}
	status, _ := get(t, at.API+"/healthz")
	require.Equal(t, http.StatusOK, status)
	status, body := get(t, at.API+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "temporal")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "waiting for Temporal") }, 10*time.Second, 10*time.Millisecond)

	stop()
	select {
	case err := <-ended:
		require.NoError(t, err, "being asked to stop is no failure")
	case <-time.After(20 * time.Second):
		require.Fail(t, "does not stop", log.String())
	}
	_, err := http.Get(at.API + "/healthz")
	require.Error(t, err, "nobody listens any more")
	api, engine := strings.Index(log.String(), "part=API"), strings.Index(log.String(), "part=worker")
	require.True(t, 0 < api && api < engine, log.String())
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func TestWhatKeepsTheHouseFromStarting(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	for name, tc := range map[string]struct {
		change map[string]string
		table  worker.Table
		says   string
	}{
		"port in use":     {map[string]string{"api.listen": taken.Addr().String()}, worker.Standard(), "set PERDURA_API_LISTEN"},
		"no database":     {map[string]string{"database.url": "postgres://127.0.0.1:1/x"}, worker.Standard(), "connect to PostgreSQL at 127.0.0.1:1"},
		"a process twice": {nil, worker.Standard().With(worker.Standard().Processes...), `process "lead-capture" is registered twice`},
		"unknown profile": {map[string]string{"temporal.profile": "nowhere"}, worker.Standard(), "read Temporal's own configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := app.Run(ctx, settings(t, io.Discard, tc.change), tc.table, everything, func(app.Addresses) { t.Error("ready") })
			require.ErrorContains(t, err, tc.says)
		})
	}
}
