package house

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// dataDir is a folder that an unprivileged server may enter, also when the tests run as root.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711))
	return dir
}

// text is output that several goroutines write.
type text struct {
	mu sync.Mutex
	bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Buffer.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Buffer.String()
}

// setUp returns options on free ports for the given parts.
func setUp(t *testing.T, dir, parts string, more ...string) (Options, *text) {
	t.Helper()
	out := &text{}
	args := append([]string{"--data", dir, "--free-ports", "--parts", parts}, more...)
	options, err := ParseFlags(args, out, func(string) string { return "" })
	require.NoError(t, err)
	return options, out
}

func open(t *testing.T, options Options) *House {
	t.Helper()
	h, err := Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

func echo(ctx workflow.Context, id string) (string, error) {
	return id, workflow.Sleep(ctx, time.Millisecond)
}

func dial(t *testing.T, h *House) client.Client {
	t.Helper()
	connection, err := client.Dial(client.Options{HostPort: h.Addresses().Temporal, Namespace: h.Addresses().Namespace})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection
}

func TestWorkflowsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	options, out := setUp(t, dir, "postgres,temporal,ui")
	options.Wiring.Codec = func(Setting) (http.Handler, error) { return http.NotFoundHandler(), nil }
	first := open(t, options)
	temporalClient := dial(t, first)
	w := worker.New(temporalClient, "test", worker.Options{})
	w.RegisterWorkflowWithOptions(echo, workflow.RegisterOptions{Name: "echo"})
	require.NoError(t, w.Start())
	// With one client in one process the first task comes back with the start.
	run, err := temporalClient.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "kept", TaskQueue: "test", EnableEagerStart: true,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("PerduraProcess").ValueSet("echo"),
			temporal.NewSearchAttributeKeyKeyword("PerduraSubject").ValueSet("subject"),
			temporal.NewSearchAttributeKeyKeyword("PerduraStep").ValueSet("wait"),
		),
	}, "echo", "identifier")
	require.NoError(t, err)
	var result string
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, "identifier", result)
	w.Stop()
	temporalClient.Close()

	settings, err := http.Get(first.Addresses().TemporalUI + "/api/v1/settings")
	require.NoError(t, err)
	defer settings.Body.Close()
	var shown struct {
		Codec struct {
			Endpoint           string
			IncludeCredentials bool
		}
	}
	require.NoError(t, json.NewDecoder(settings.Body).Decode(&shown))
	require.Equal(t, "/codec", shown.Codec.Endpoint)
	require.True(t, shown.Codec.IncludeCredentials)
	require.NoError(t, first.Close())
	require.Regexp(t, `(?s)stopping Temporal UI.*stopping Temporal .*stopping PostgreSQL`, out.String())

	options, _ = setUp(t, dir, "postgres,temporal")
	second := open(t, options)
	reader := dial(t, second)
	again := reader.GetWorkflow(t.Context(), "kept", run.GetRunID())
	require.NoError(t, again.Get(t.Context(), &result))
	require.Equal(t, "identifier", result)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found, err := reader.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "default", Query: `PerduraSubject = "subject" AND PerduraStep = "wait"`,
		})
		require.NoError(c, err)
		require.Len(c, found.Executions, 1)
	}, 10*time.Second, 50*time.Millisecond)
	require.Equal(t, first.Addresses().Secrets, second.Addresses().Secrets)
}

func TestAddressesFileIsCompleteAndPrivate(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	file := filepath.Join(dir, "where.json")
	require.NoError(t, os.WriteFile(file, []byte("an earlier run's"), 0o644))
	options, _ := setUp(t, dir, "postgres,api", "--addresses", file)
	options.Wiring.Perdura = func(ctx context.Context, setting Setting, ready func()) error {
		require.NoFileExists(t, file, "nobody may take an earlier run's addresses for this one's")
		ready()
		<-ctx.Done()
		return nil
	}
	h := open(t, options)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var written Addresses
	require.NoError(t, json.Unmarshal(content, &written))
	require.Equal(t, h.Addresses(), written)
	require.Equal(t, os.Getpid(), written.PID)
	require.Len(t, written.EncryptionKeys, 1)
	require.NotEmpty(t, written.APIKey)
	require.Contains(t, written.DatabaseURL, "/perdura?")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	key, err := written.SendGridPrivateKey()
	require.NoError(t, err)
	require.Equal(t, "P-256", key.Curve.Params().Name)
}

func TestPartsInSeveralProcessesFindEachOther(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	options, _ := setUp(t, dir, "postgres")
	database := open(t, options)
	options, _ = setUp(t, dir, "temporal")
	engine := open(t, options)

	settings := make(chan Setting, 1)
	options, _ = setUp(t, dir, "api,worker")
	options.Wiring.Perdura = func(ctx context.Context, setting Setting, ready func()) error {
		settings <- setting
		ready()
		<-ctx.Done()
		return ctx.Err()
	}
	program := open(t, options)
	setting := <-settings
	require.Equal(t, database.Addresses().DatabaseURL, setting.DatabaseURL)
	require.Equal(t, engine.Addresses().Temporal, setting.Temporal)
	require.Equal(t, database.Addresses().Secrets, setting.Secrets)
	require.True(t, setting.Runs(API) && setting.Runs(Worker) && !setting.Runs(Temporal))

	// Temporal goes and comes back while the rest stays.
	require.NoError(t, engine.Close())
	options, _ = setUp(t, dir, "temporal", "--temporal", setting.Temporal)
	engine = open(t, options)
	require.Equal(t, setting.Temporal, engine.Addresses().Temporal)
	require.NoError(t, program.Close())
}

func TestSecondStartIsToldWhoRuns(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	options, _ := setUp(t, dir, "postgres,ui")
	h := open(t, options)
	_, err := Open(t.Context(), options)
	require.ErrorContains(t, err, "already running on "+dir)
	require.ErrorContains(t, err, h.Addresses().TemporalUI)
	require.FileExists(t, filepath.Join(dir, "addresses.json"), "the running one's addresses stay")
	require.NoError(t, h.Close())
	open(t, options)
}

func TestFailureOfOnePartStopsTheOthers(t *testing.T) {
	t.Parallel()
	broken := errors.New("connect to the provider: refused")
	options, out := setUp(t, dataDir(t), "postgres,api")
	options.Wiring.Perdura = func(context.Context, Setting, func()) error { return broken }
	_, err := Open(t.Context(), options)
	require.ErrorIs(t, err, broken)
	require.Equal(t, 1, strings.Count(err.Error(), broken.Error()), "said once: %v", err)
	require.Contains(t, out.String(), "stopping PostgreSQL … stopped")
	require.Contains(t, out.String(), "Perdura … failed")
}

func TestPartThatEndsByItselfIsReported(t *testing.T) {
	t.Parallel()
	broken := errors.New("the worker lost its namespace")
	end := make(chan struct{})
	options, _ := setUp(t, dataDir(t), "postgres,worker")
	options.Wiring.Perdura = func(ctx context.Context, _ Setting, ready func()) error {
		ready()
		<-end
		return broken
	}
	h := open(t, options)
	close(end)
	require.ErrorIs(t, h.Wait(t.Context()), broken)
}

// recorder notes what the house does with a service.
type recorder struct{ note func(string) }

func (r recorder) Start(context.Context) error { r.note("sandbox starts"); return nil }
func (r recorder) Close() error                { r.note("sandbox stops"); return nil }

func TestOrderOfStartAndStop(t *testing.T) {
	t.Parallel()
	var notes []string
	var mu sync.Mutex
	note := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		notes = append(notes, line)
	}
	options, _ := setUp(t, dataDir(t), "postgres,sandbox,api,worker", "--clock-speed", "3600")
	options.Wiring.Sandbox = func(Setting) (Service, error) { return recorder{note}, nil }
	options.Wiring.Perdura = func(ctx context.Context, setting Setting, ready func()) error {
		require.InDelta(t, 3600, setting.ClockSpeed, 0)
		note("Perdura starts")
		ready()
		<-ctx.Done()
		note("Perdura stops")
		return nil
	}
	h := open(t, options)
	require.NoError(t, h.Close())
	require.Equal(t, []string{"sandbox starts", "Perdura starts", "Perdura stops", "sandbox stops"}, notes)
}

func TestRunPrintsWhatWorksAsPasted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	options, out := setUp(t, dataDir(t), "postgres,api")
	options.Wiring.Perdura = func(ctx context.Context, setting Setting, ready func()) error {
		listener, err := net.Listen("tcp", setting.APIListen())
		if err != nil {
			return err
		}
		defer listener.Close()
		ready()
		<-ctx.Done()
		return nil
	}
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, options) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "Ctrl-C stops") }, 30*time.Second, 10*time.Millisecond)
	shown := out.String()
	cancel()
	require.NoError(t, <-ended)

	var written Addresses
	content, err := os.ReadFile(filepath.Join(options.DataDir, "addresses.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &written))
	require.Contains(t, shown, "curl -s "+written.API+"/v1/leads -H 'Authorization: Bearer "+written.APIKey+"'")
	require.Contains(t, shown, written.Docs)
	require.NotContains(t, shown, written.DatabaseURL, "the password is not printed")
	require.Contains(t, shown, hidePassword(written.DatabaseURL))
}
