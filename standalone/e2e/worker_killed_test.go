package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The worker dies in the middle of everything, twice, as a machine does. What was accepted is done once all the same.
func TestTheWorkerIsKilled(t *testing.T) {
	h := newHouse(t)
	h.start(t, "postgres,temporal,sandbox,api")
	worker := h.start(t, "worker")

	t.Run("in the middle of 500 leads", func(t *testing.T) {
		const leads = 500
		answers := make(chan []exchange)
		go func() { answers <- submit(h, leads, 16) }()
		require.Eventually(t, func() bool { return countLeads(t, h, "captured", leads/10) == leads/10 }, 30*time.Second, 10*time.Millisecond,
			"the leads are not being captured")
		h.kill(worker)
		ids, took := accepted(t, h, <-answers)
		require.Less(t, len(all[lead](t, h, "/v1/leads?status=captured")), leads, "the worker was done before it was killed")
		worker = h.start(t, "worker")
		began := time.Now()
		balances(t, h, ids, time.Minute, senderDied)
		t.Logf("%d leads accepted, median %s each; all captured and told %s after the worker was back", leads,
			median(took).Round(100*time.Microsecond), time.Since(began).Round(100*time.Millisecond))
	})

	t.Run("in the middle of an import", func(t *testing.T) {
		f := newFile(t, 2000)
		i := imports(t, h, f)
		self := i.Links["self"]
		require.Eventually(t, func() bool {
			return get[imported](t, h, self).Processed > f.bad
		}, 30*time.Second, 10*time.Millisecond, "the import does not begin")
		h.kill(worker)
		i = get[imported](t, h, self)
		require.Less(t, i.Processed, f.rows, "the import was done before the worker was killed")
		worker = h.start(t, "worker")
		began := time.Now()
		completes(t, h, f, self)
		t.Logf("killed at row %d of %d; done %s after the worker was back", i.Processed, f.rows, time.Since(began).Round(100*time.Millisecond))
		keeps(t, h, f, i.ID)
		rejects(t, h, f, i.ID)
		require.Equal(t, "completed with rejects", closes(t, h, "/v1/processes/lead-import/runs/"+i.ID).Outcome)
	})
}
