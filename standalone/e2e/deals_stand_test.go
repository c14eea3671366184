package e2e_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/evidence"
)

// standingContract is a contract as the API shows it.
type standingContract struct {
	ID    string            `json:"id"`
	State string            `json:"state"`
	Links map[string]string `json:"links"`
}

var (
	contractLink = regexp.MustCompile(`https?://[^"\s<>)]+/k/[A-Za-z0-9_-]+`)
	codeSubject  = regexp.MustCompile(`^Your code to sign: (\d{6})$`)
)

// A deal goes from a lead to a contract in force, and the worker dies whenever something was just asked of it.
func TestADealIsSignedWhileTheWorkerIsKilled(t *testing.T) {
	h := newHouse(t)
	h.start(t, "postgres,temporal,sandbox,api")
	worker := h.start(t, "worker")
	dies := func() {
		h.kill(worker)
		worker = h.start(t, "worker")
	}
	p := newPerson()
	l := settled(t, h, p.fills("form"))
	post[task](t, h, http.StatusOK, "/v1/tasks/"+l.TaskID+"/complete", map[string]any{"outcome": "accepted"})
	dies()
	var d racedDeal
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found := all[racedDeal](c, h, "/v1/deals?lead="+l.ID)
		require.Len(c, found, 1)
		d = found[0]
	}, 30*time.Second, 100*time.Millisecond)
	waits(t, h, d.Links["process"], "Somebody works on the deal")

	at := "/v1/deals/" + d.ID
	post[map[string]any](t, h, http.StatusOK, at+"/amend", map[string]any{"attributes": map[string]any{"need": "fleet", "budget_confirmed": true, "decision_maker": "known"}})
	for range 2 {
		post[map[string]any](t, h, http.StatusOK, at+"/log", map[string]any{"kind": "call"})
	}
	for _, stage := range []string{"needs-analysis", "proposal", "negotiation", "closing"} {
		for _, w := range all[task](t, h, "/v1/tasks?state=open&deal="+d.ID) {
			post[task](t, h, http.StatusOK, "/v1/tasks/"+w.ID+"/complete", map[string]any{"outcome": "done"})
		}
		post[map[string]any](t, h, http.StatusOK, at+"/move", map[string]any{"to": stage})
	}
	dies()
	link := h.awaitMail(t, p.email, func(m sentMessage) string { return contractLink.FindString(m.Text) })
	h.onPage(t, link, url.Values{"do": {"code"}}, "A code is on its way")
	code := h.awaitMail(t, p.email, func(m sentMessage) string {
		if found := codeSubject.FindStringSubmatch(m.Subject); found != nil {
			return found[1]
		}
		return ""
	})
	h.onPage(t, link, url.Values{"do": {"sign"}, "code": {code}, "name": {p.first + " " + p.last}, "agree": {"yes"}}, "You have signed the contract")
	dies()
	found := all[standingContract](t, h, "/v1/contracts?deal="+d.ID)
	require.Len(t, found, 1)
	post[standingContract](t, h, http.StatusOK, found[0].Links["countersign"], nil)
	dies()

	require.Equal(t, "won", closes(t, h, d.Links["process"]).Outcome)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		runs := all[run](c, h, "/v1/processes/deal-closure/runs")
		require.Len(c, runs, 1)
		require.Equal(c, "won", runs[0].Outcome)
	}, 20*time.Second, 100*time.Millisecond)
	found = all[standingContract](t, h, "/v1/contracts?deal="+d.ID)
	require.Len(t, found, 1)
	require.Equal(t, "in-force", found[0].State)
	require.Len(t, all[map[string]any](t, h, "/v1/commissions?deal="+d.ID), 2, "owner and manager earn once")
	h.verifies(t, found[0])
	var subjects []string
	for _, m := range h.outbox(t, "email") {
		if strings.EqualFold(m.To, p.email) {
			subjects = append(subjects, m.Subject)
		}
	}
	slices.Sort(subjects)
	require.Equal(t, subjects, slices.Compact(slices.Clone(subjects)), "nothing was written twice to the customer")
}

// awaitMail waits until a mail to the address has what find looks for.
func (h *house) awaitMail(t *testing.T, to string, find func(sentMessage) string) (found string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, m := range h.outbox(t, "email") {
			if strings.EqualFold(m.To, to) && found == "" {
				found = find(m)
			}
		}
		return found != ""
	}, 30*time.Second, 100*time.Millisecond)
	return found
}

// onPage posts a form as a browser does, and requires what the page then says.
func (h *house) onPage(t *testing.T, link string, form url.Values, says string) {
	t.Helper()
	answer, err := h.at.Call(context.Background(), http.MethodPost, link, []byte(form.Encode()),
		"Authorization", "", "Content-Type", "application/x-www-form-urlencoded")
	require.NoError(t, err)
	require.Contains(t, string(answer.Body), says)
}

// verifies holds the evidence of a contract against its document with the public keys alone.
func (h *house) verifies(t *testing.T, c standingContract) {
	t.Helper()
	keys := get[struct{ Keys []evidence.PublicKey }](t, h, "/v1/evidence/keys").Keys
	raw := h.call(t, http.MethodGet, c.Links["evidence"], nil).Body
	bundle, err := evidence.Verify(raw, keys)
	require.NoError(t, err)
	require.Equal(t, h.call(t, http.MethodGet, c.Links["pdf"], nil).Body, bundle.Document.Bytes)
	changed := bytes.Clone(raw)
	changed[len(raw)/2] ^= 1
	_, err = evidence.Verify(changed, keys)
	require.Error(t, err)
}
