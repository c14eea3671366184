package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/standalone/house"
)

// TestMain lets the tests start this very binary as the program.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_RUNS_THE_PROGRAM") == "1" {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// program is a started standalone.
type program struct {
	cmd   *exec.Cmd
	where house.Addresses
	out   *os.File
}

// begin starts the program on a data folder and waits until it is ready. Only its foundations are raised; they are what a
// kill can damage.
func begin(t *testing.T, dir string) *program {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "addresses.json")
	p := &program{out: out, cmd: exec.Command(os.Args[0], "--data", dir, "--free-ports", "--addresses", file,
		"--parts", "postgres,temporal,ui,sandbox")}
	p.cmd.Env = append(os.Environ(), "TEST_RUNS_THE_PROGRAM=1", "PERDURA_DATABASE_URL=")
	p.cmd.Stdout, p.cmd.Stderr = out, out
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			_ = p.cmd.Wait()
		}
	})
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(content, &p.where) == nil
	}, time.Minute, 20*time.Millisecond, "it does not become ready")
	return p
}

func (p *program) said(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(p.out.Name())
	require.NoError(t, err)
	return string(content)
}

func (p *program) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), p.where.DatabaseURL)
	require.NoError(t, err)
	return connection
}

func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o711))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711))
	return dir
}

func TestKillAndStartAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := begin(t, dir)
	connection := first.connect(t)
	_, err := connection.Exec(t.Context(), "create table kept as select 42 as answer")
	require.NoError(t, err)
	require.NoError(t, first.cmd.Process.Kill())
	require.Error(t, first.cmd.Wait())

	second := begin(t, dir) // at once: the first one's server may still be ending
	connection = second.connect(t)
	var answer int
	require.NoError(t, connection.QueryRow(t.Context(), "select answer from kept").Scan(&answer))
	require.Equal(t, 42, answer)
	for _, url := range []string{second.where.TemporalUI + "/api/v1/namespaces/default", second.where.Outbox + "/outbox/messages"} {
		response, err := http.Get(url)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", url, body)
	}
}

func TestSignalStopsEverythingInOrder(t *testing.T) {
	t.Parallel()
	p := begin(t, dataDir(t))
	began := time.Now()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, p.cmd.Wait(), "a wanted stop is no failure")
	require.Less(t, time.Since(began), 20*time.Second)
	said := p.said(t)
	require.Regexp(t, `(?s)sandbox.*Temporal UI.*Temporal.*PostgreSQL … stopped`, said[strings.Index(said, "Ctrl-C stops"):])
	_, err := pgx.Connect(t.Context(), p.where.DatabaseURL)
	require.Error(t, err)
}

func TestSecondProgramOnTheSameDataExplains(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := begin(t, dir)
	second := exec.Command(os.Args[0], "--data", dir, "--free-ports")
	second.Env = append(os.Environ(), "TEST_RUNS_THE_PROGRAM=1")
	said, err := second.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 1, exit.ExitCode())
	require.Contains(t, string(said), "already running")
	require.Contains(t, string(said), p.where.TemporalUI)
	require.Equal(t, 1, strings.Count(string(said), "\n"), "one clear line: %s", said)
}
