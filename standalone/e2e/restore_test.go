package e2e_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/standalone/postgres"
)

// The databases of a house, in the order in which they are copied: Temporal's before Perdura's, which then knows of
// everything that Temporal's copy holds.
var (
	temporals = []string{"temporal", "temporal_visibility"}
	perduras  = []string{"perdura"}
)

// A house is copied with pg_dump while it works, goes on, is lost with its machine, and comes back on another from the
// copies, its secrets, and providers that remember what they were given. Everything that was accepted before Perdura's copy
// is there and goes on, also what Temporal's older copy does not know of; nobody is told anything twice. What was accepted
// after the copy is gone.
func TestAHouseIsRestoredFromItsCopies(t *testing.T) {
	h := newHouse(t)
	process := h.start(t, "")
	tools := dumpTools(t, h)
	dir := t.TempDir()

	waiting := settled(t, h, reachable().fills("form"))
	handoff := "/v1/processes/lead-handoff/runs/" + waiting.ID
	before := waits(t, h, handoff, "The representative acknowledges")
	incomplete := stuck(t, h)
	told := h.mailAbout(t, waiting.ID)

	since := time.Now()
	tools.dump(t, h, dir, temporals)
	// Captured, told and handed over while the copies were made: Temporal's knows nothing of it.
	between := settled(t, h, reachable().fills("form"))
	waits(t, h, "/v1/processes/lead-handoff/runs/"+between.ID, "The representative acknowledges")
	toldBetween := h.mailAbout(t, between.ID)
	post[task](t, h, http.StatusOK, "/v1/tasks/"+waiting.TaskID+"/acknowledge", nil)
	waits(t, h, handoff, "First contact with the person")
	tools.dump(t, h, dir, perduras)

	lost := settled(t, h, reachable().fills("form"))
	require.NoError(t, syscall.Kill(h.postmaster(t), syscall.SIGKILL))
	h.kill(process)
	h.at = nil // the machine is gone, and its audit log with it

	restored := newHouse(t)
	for _, kept := range []string{"secrets.json", filepath.Join("sandbox", "messages.jsonl")} {
		carry(t, h.dir, restored.dir, kept)
	}
	restored.at = restored.start(t, "postgres")
	require.NoError(t, postgres.EnsureDatabases(t.Context(), restored.at.DatabaseURL, temporals...))
	tools.restore(t, restored, dir, append(temporals, perduras...))
	said, err := restored.command("events", "redeliver", "--since", since.Format(time.RFC3339Nano))
	require.NoError(t, err)
	t.Log(said)
	restored.start(t, "temporal,sandbox,api,worker")

	after := waits(t, restored, handoff, "First contact with the person")
	require.Equal(t, before.Trail, after.Trail[:len(before.Trail)], "the run that waited has kept its way, and heard again what Temporal's copy had not")
	post[task](t, restored, http.StatusOK, "/v1/tasks/"+waiting.TaskID+"/complete", map[string]string{"outcome": "recycled"})
	require.Equal(t, "recycled", closes(t, restored, handoff).Outcome)

	mended := newPerson().email
	post[lead](t, restored, http.StatusAccepted, "/v1/leads/"+incomplete.ID+"/amend", submission{"email": mended})
	reaches(t, restored, incomplete.ID, "captured")

	require.Equal(t, between, get[lead](t, restored, "/v1/leads/"+between.ID))
	waits(t, restored, "/v1/processes/lead-handoff/runs/"+between.ID, "The representative acknowledges")
	require.Equal(t, "completed", closes(t, restored, "/v1/processes/lead-capture/runs/"+between.ID).State)
	require.Len(t, all[task](t, restored, "/v1/tasks?lead="+between.ID), 1, "it is followed up once")
	post[task](t, restored, http.StatusOK, "/v1/tasks/"+between.TaskID+"/acknowledge", nil)
	waits(t, restored, "/v1/processes/lead-handoff/runs/"+between.ID, "First contact with the person")

	refused(t, restored.call(t, http.MethodGet, "/v1/leads/"+lost.ID, nil), http.StatusNotFound)
	fresh := settled(t, restored, reachable().fills("form"))
	require.Len(t, restored.mailAbout(t, fresh.ID), 1)
	require.Equal(t, told, restored.mailAbout(t, waiting.ID), "what was told before is not told again")
	require.Equal(t, toldBetween, restored.mailAbout(t, between.ID), "nor what was told while the copies were made")
}

// carry copies a file from one house to another.
func carry(t *testing.T, from, to, name string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(from, name))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(to, name), content, 0o600))
}

// copier are the programs that copy databases.
type copier struct{ dumper, restorer string }

var majorVersion = regexp.MustCompile(`(\d+)[.\d]*`)

// dumpTools finds pg_dump and pg_restore that fit the house's server, or skips the test.
func dumpTools(t *testing.T, h *house) copier {
	t.Helper()
	dumper, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Skip("there is no pg_dump on this machine: install PostgreSQL's client programs to have restoring tested")
	}
	restorer, err := exec.LookPath("pg_restore")
	require.NoError(t, err, "pg_dump comes with pg_restore")
	served, err := postgres.ServerVersion(t.Context(), h.at.DatabaseURL)
	require.NoError(t, err)
	said, err := exec.CommandContext(t.Context(), dumper, "--version").Output()
	require.NoError(t, err)
	if major(t, string(said)) < major(t, served) {
		t.Skipf("%s is older than the server, which is %s: it refuses to copy it", said, served)
	}
	return copier{dumper, restorer}
}

func major(t *testing.T, version string) int {
	t.Helper()
	found := majorVersion.FindStringSubmatch(version)
	require.NotNil(t, found, version)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

func (c copier) dump(t *testing.T, h *house, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		runTool(t, c.dumper, "--format=custom", "--file", filepath.Join(dir, name+".dump"), location(t, h, name))
	}
}

func (c copier) restore(t *testing.T, h *house, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		runTool(t, c.restorer, "--no-owner", "--exit-on-error", "--dbname", location(t, h, name), filepath.Join(dir, name+".dump"))
	}
}

func location(t *testing.T, h *house, name string) string {
	t.Helper()
	at, err := postgres.Database(h.at.DatabaseURL, name)
	require.NoError(t, err)
	return at
}

func runTool(t *testing.T, program string, args ...string) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	require.NoErrorf(t, err, "%s: %s", filepath.Base(program), output)
}
