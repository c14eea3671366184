package feedback_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/feedback"
)

var kinds = []feedback.Kind{
	feedback.Sent, feedback.Delivered, feedback.Opened, feedback.Clicked, feedback.SoftBounced, feedback.Bounced,
	feedback.Complained, feedback.Unsubscribed, feedback.Failed,
}

// Any reports of a message, in any order, in any batches and with repeats, leave the same row and tell the same.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	starts := []string{
		``, `state = 'unknown', provider_id = null, sent_at = null`, `state = 'reserved', provider_id = null, sent_at = null`,
		`state = 'failed', reason = 'http-400', sent_at = null`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		start := rapid.SampledFrom(starts).Draw(rt, "start")
		var reports []feedback.Report
		for i := range rapid.IntRange(1, 7).Draw(rt, "reports") {
			r := report(uuid.Nil, rapid.SampledFrom(kinds).Draw(rt, "kind"), time.Duration(rapid.IntRange(0, 300).Draw(rt, "second"))*time.Second)
			r.Detail, r.ProviderID = rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "detail"), "p-1"
			r.ExternalID = fmt.Sprint(i)
			if rapid.IntRange(0, 5).Draw(rt, "machine") == 0 {
				r.Filtered = feedback.Scanner
			}
			reports = append(reports, r)
		}
		one := h.sent(contact, "email", email, start)
		two := h.sent(contact, "email", email, start)
		for _, r := range reports {
			r.MessageID, r.ExternalID = one, one.String()+r.ExternalID
			h.take(r)
		}
		shuffled := rapid.Permutation(append(slices.Clone(reports), reports[:rapid.IntRange(0, len(reports)).Draw(rt, "repeats")]...)).Draw(rt, "order")
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(rt, "batch")
			var batch []feedback.Report
			for _, r := range shuffled[:n] {
				r.MessageID, r.ExternalID = two, two.String()+r.ExternalID
				batch = append(batch, r)
			}
			shuffled = shuffled[n:]
			h.take(batch...)
		}
		first, second := h.row(one), h.row(two)
		if start == "" || start == starts[3] { // the helper names each row by its own id
			delete(first, "provider_id")
			delete(second, "provider_id")
		}
		require.Equal(rt, first, second)
		a, b := h.told(one), h.told(two)
		slices.Sort(a)
		slices.Sort(b)
		require.Equal(rt, a, b)
	})
}

// Many deliver the same reports at once, in batches that overlap in other orders: nobody deadlocks, each report is new
// once, and each thing is told once.
func TestBatchesAtOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var all []feedback.Report
	var messages []uuid.UUID
	for range 12 {
		contact, email, _ := h.person()
		m := h.sent(contact, "email", email, "")
		messages = append(messages, m)
		for _, k := range []feedback.Kind{feedback.Delivered, feedback.Opened, feedback.Clicked, feedback.Complained, feedback.Bounced} {
			all = append(all, report(m, k, 0))
		}
	}
	var wg sync.WaitGroup
	taken := make([]int, 6)
	errs := make([]error, 6)
	for i := range taken {
		mine := slices.Clone(all)
		rand.New(rand.NewPCG(uint64(i), 7)).Shuffle(len(mine), func(a, b int) { mine[a], mine[b] = mine[b], mine[a] })
		wg.Go(func() {
			for batch := range slices.Chunk(mine, 7) {
				n, err := h.tryTake(batch...)
				if taken[i] += n; err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for i := range taken {
		require.NoError(t, errs[i])
		total += taken[i]
	}
	require.Equal(t, len(all), total)
	for _, m := range messages {
		told := h.told(m)
		slices.Sort(told)
		require.Equal(t, []string{"bounced", "clicked", "complained", "delivered", "opened"}, told)
		require.Equal(t, "bounced", h.row(m)["delivery"])
	}
}

// SendGrid posts up to a thousand events in one call.
func TestAThousandEventsInOneBatch(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var batch []feedback.Report
	for i := range 500 {
		contact := uuid.Must(uuid.NewV7())
		email := fmt.Sprintf("reader%d@example.com", i)
		h.exec(`insert into contacts (id, email, created_at, updated_at) values ($1, $2, $3, $3)`, contact, email, now)
		m := h.sent(contact, "email", email, "")
		batch = append(batch, report(m, feedback.Delivered, 0), report(m, feedback.Opened, 0))
	}
	began := time.Now()
	require.Equal(t, 1000, h.take(batch...))
	took := time.Since(began)
	require.Zero(t, h.take(batch...))
	t.Logf("1,000 reports about 500 messages: %s; all of them again: %s", took, time.Since(began)-took)
	require.Equal(t, 1000, one[int](h, `select count(*) from events`))

	// The worst batch: every address is dead, which is decided person by person.
	for i := range batch {
		batch[i].Kind, batch[i].ExternalID = feedback.Bounced, batch[i].ExternalID+"/bounced"
	}
	began = time.Now()
	require.Equal(t, 1000, h.take(batch...))
	t.Logf("1,000 hard bounces of 500 addresses: %s", time.Since(began))
	require.Equal(t, 500, one[int](h, `select count(*) from suppressions`))
}

func TestAFailureThatSaysNothingLeavesTheReasonOfAnother(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	for _, tc := range []struct {
		details []string
		reason  string
	}{{[]string{"b", ""}, "b"}, {[]string{"", "b"}, "b"}, {[]string{"b", "a", ""}, "a"}, {[]string{"", "a", "b"}, "a"}} {
		message := h.sent(contact, "email", email, "")
		for i, detail := range tc.details {
			r := report(message, feedback.Failed, time.Duration(i)*time.Second)
			r.Detail = detail
			h.take(r)
		}
		require.Equal(t, tc.reason, h.row(message)["reason"], tc.details)
	}
}
