package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contact is what is known of a person.
type contact struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Company   string `json:"company"`
	Country   string `json:"country"`
	Owner     string `json:"owner"`
}

// entry is one thing that happened between a contact and us.
type entry struct {
	Kind string    `json:"kind"`
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

// message is one line of the send ledger.
type message struct {
	ID         string `json:"id"`
	Lead       string `json:"lead"`
	User       string `json:"user"`
	Channel    string `json:"channel"`
	State      string `json:"state"`
	Reason     string `json:"reason"`
	ProviderID string `json:"provider_id"`
	Template   string `json:"template"`
	Attempts   int    `json:"attempts"`
}

// task is somebody's work.
type task struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	State    string `json:"state"`
	Assignee string `json:"assignee"`
	Lead     string `json:"lead"`
	Outcome  string `json:"outcome"`
}

// run is one run of a process.
type run struct {
	ID         string     `json:"id"`
	Subject    string     `json:"subject"`
	State      string     `json:"state"`
	Step       string     `json:"step"`
	WaitingFor string     `json:"waiting_for"`
	Since      *time.Time `json:"since"`
	Until      *time.Time `json:"until"`
	Outcome    string     `json:"outcome"`
	Trail      []struct {
		Step   string    `json:"step"`
		At     time.Time `json:"at"`
		Result string    `json:"result"`
	} `json:"trail"`
	Links map[string]string `json:"links"`
}

// steps are the points that the run has left.
func (r run) steps() []string {
	var steps []string
	for _, visit := range r.Trail {
		steps = append(steps, visit.Step)
	}
	return steps
}

// results are the points that the run has left, each with how: "step: result".
func (r run) results() []string {
	var results []string
	for _, visit := range r.Trail {
		results = append(results, visit.Step+": "+visit.Result)
	}
	return results
}

// waits until the run stands at the wait.
func waits(t *testing.T, h *house, path, step string) run {
	t.Helper()
	return becomes(t, h, path, func(c *assert.CollectT, r run) {
		require.Equal(c, "waiting", r.State)
		require.Equal(c, step, r.Step)
	})
}

// closes waits until the run has ended.
func closes(t *testing.T, h *house, path string) run {
	t.Helper()
	return becomes(t, h, path, func(c *assert.CollectT, r run) {
		require.NotContains(c, []string{"running", "waiting"}, r.State)
	})
}

func becomes(t *testing.T, h *house, path string, check func(*assert.CollectT, run)) run {
	t.Helper()
	var r run
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		e := h.call(c, http.MethodGet, path, nil)
		r = decode[run](c, e, http.StatusOK)
		check(c, r)
	}, 20*time.Second, 50*time.Millisecond, "%s is as it is: %+v", path, &r)
	return r
}
