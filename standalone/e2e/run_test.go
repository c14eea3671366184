package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stuck is a lead whose capture waits to be told an address.
func stuck(t *testing.T, h *house) lead {
	t.Helper()
	l := settled(t, h, newPerson().fills("form").with("email", "nobody at example"))
	waits(t, h, l.Links["process"], "The submission is put right")
	return l
}

func TestSignalsAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	h := shared(t)
	l := stuck(t, h)
	at := l.Links["process"] + "/signals/"

	p := h.refusedUnlisted(t, at+"no-such-signal", map[string]any{}, http.StatusNotFound)
	require.Contains(t, p.Detail, "amended", "it says which there are")
	refused(t, h.call(t, http.MethodPost, "/v1/processes/lead-capture/runs/"+uuid.NewString()+"/signals/amended", nil), http.StatusNotFound)
	p = refused(t, h.call(t, http.MethodPost, at+"merge-decided", map[string]any{"decision": 7, "verdict": "merge"}), http.StatusUnprocessableEntity)
	require.ElementsMatch(t, []string{"decision", "verdict"}, p.fields())

	post[map[string]any](t, h, http.StatusAccepted, at+"amended", nil)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Contains(c, get[run](c, h, l.Links["process"]).results(), "The submission is put right: amended")
	}, 10*time.Second, 50*time.Millisecond)
	waits(t, h, l.Links["process"], "The submission is put right") // nothing was amended: it asks again
}

func TestACancelledRunLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := shared(t)
	l := stuck(t, h)
	at := l.Links["process"]
	asked := h.call(t, http.MethodPost, at+"/cancel", nil)
	require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked.Body)
	r := closes(t, h, at)
	require.Equal(t, "cancelled", r.State)
	require.Contains(t, r.steps(), "Withdraw the lead", "compensation is part of the way")
	l = get[lead](t, h, "/v1/leads/"+l.ID)
	require.Equal(t, "rejected", l.Status)
	require.Empty(t, l.Requests)

	refused(t, h.call(t, http.MethodPost, at+"/cancel", nil), http.StatusConflict)
	refused(t, h.call(t, http.MethodPost, at+"/signals/amended", nil), http.StatusConflict)
	refused(t, h.call(t, http.MethodPost, "/v1/leads/"+l.ID+"/amend", submission{"email": newPerson().email}), http.StatusConflict)
}

// started is the answer to a start.
type started struct {
	ID    string            `json:"id"`
	Entry string            `json:"entry"`
	Links map[string]string `json:"links"`
}

func TestASecondStartJoinsTheRunThatGoesOn(t *testing.T) {
	t.Parallel()
	h := shared(t)
	l := stuck(t, h)
	const starts = "/v1/processes/lead-capture/runs"
	require.Equal(t, "one at a time", get[definition](t, h, "/v1/processes/lead-capture").Reentry)
	running := get[run](t, h, l.Links["process"])
	joined := post[started](t, h, http.StatusOK, starts, map[string]string{"lead_id": l.ID})
	require.Equal(t, running.Links["self"], joined.Links["self"])
	require.Equal(t, running.Trail, get[run](t, h, joined.Links["self"]).Trail, "the run is the same")

	// A lead that is settled is left alone by a new run.
	done := settled(t, h, newPerson().fills("form"))
	closes(t, h, done.Links["process"])
	fresh := post[started](t, h, http.StatusCreated, starts, map[string]string{"lead_id": done.ID})
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		r := get[run](c, h, starts+"/"+fresh.Entry)
		require.Equal(c, "completed", r.State)
		require.Equal(c, "settled", r.Outcome)
	}, 10*time.Second, 50*time.Millisecond)
	require.Len(t, all[run](t, h, starts+"?subject="+done.ID), 2)
	require.Len(t, h.mailAbout(t, done.ID), 1)

	p := refused(t, h.call(t, http.MethodPost, starts, map[string]string{"lead_id": "seven"}), http.StatusUnprocessableEntity)
	require.Equal(t, []string{"lead_id"}, p.fields())
	h.refusedUnlisted(t, "/v1/processes/no-such-process/runs", map[string]any{}, http.StatusNotFound)
}

func TestRunsAreListed(t *testing.T) {
	t.Parallel()
	h := shared(t)
	l := stuck(t, h)
	const runs = "/v1/processes/lead-capture/runs"
	contains := func(c require.TestingT, query string) {
		found := map[string]bool{}
		for _, r := range get[page[run]](c, h, runs+"?subject="+l.ID+query).Items {
			found[r.Subject] = true
		}
		require.Equal(c, map[string]bool{l.ID: true}, found, query)
	}
	contains(t, "")
	contains(t, "&state=running")
	contains(t, "&state=waiting")
	require.Empty(t, get[page[run]](t, h, runs+"?state=completed&subject="+l.ID).Items)
	// Visibility lags by a moment.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		contains(c, "&step=The%20submission%20is%20put%20right")
	}, 20*time.Second, 200*time.Millisecond)
}
