package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The machine loses its power and comes back: PostgreSQL, Temporal and Perdura die in the same instant.
func TestEverythingIsKilled(t *testing.T) {
	h := newHouse(t)
	process := h.start(t, "")
	person := reachable()
	l := settled(t, h, person.fills("form"))
	handoff := "/v1/processes/lead-handoff/runs/" + l.ID
	before := waits(t, h, handoff, "The representative acknowledges")
	mail := h.mailAbout(t, l.ID)
	l = get[lead](t, h, "/v1/leads/"+l.ID)
	accepted := post[lead](t, h, http.StatusAccepted, "/v1/leads", newPerson().fills("form"))

	postmaster := h.postmaster(t)
	require.NoError(t, syscall.Kill(postmaster, syscall.SIGKILL))
	h.kill(process)

	began := time.Now()
	h.start(t, "")
	t.Logf("everything was back after %s", time.Since(began).Round(100*time.Millisecond))
	require.Equal(t, l, get[lead](t, h, "/v1/leads/"+l.ID), "yesterday's lead")
	require.Equal(t, person.email, get[contact](t, h, "/v1/contacts/"+l.ContactID).Email)
	require.Equal(t, mail, h.mailAbout(t, l.ID), "yesterday's mail, and no other")
	reaches(t, h, accepted.ID, "captured")

	after := waits(t, h, handoff, "The representative acknowledges")
	require.Equal(t, before.Since, after.Since)
	require.Equal(t, before.Until, after.Until)
	require.Equal(t, before.Trail, after.Trail)
	require.Equal(t, "completed", get[run](t, h, "/v1/processes/lead-capture/runs/"+l.ID).State)
	post[task](t, h, http.StatusOK, "/v1/tasks/"+l.TaskID+"/acknowledge", nil)
	waits(t, h, handoff, "First contact with the person")
	post[task](t, h, http.StatusOK, "/v1/tasks/"+l.TaskID+"/complete", map[string]string{"outcome": "recycled"})
	require.Equal(t, "recycled", closes(t, h, handoff).Outcome)
	require.Len(t, h.outboxAbout(t, "email", accepted.ID), 1)
}

// postmaster is the process id of the house's PostgreSQL server.
func (h *house) postmaster(t *testing.T) int {
	t.Helper()
	var found string
	require.NoError(t, filepath.WalkDir(h.dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Name() == "postmaster.pid" {
			found = path
			return filepath.SkipAll
		}
		return nil
	}))
	require.NotEmpty(t, found, "there is no postmaster.pid below %s", h.dir)
	content, err := os.ReadFile(found)
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	require.NoError(t, err)
	return pid
}
