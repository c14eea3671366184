package sandbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Modes of a fault: what the next calls meet instead of being accepted.
const (
	FaultFail      = "fail"       // SMTP 451, HTTP 500
	FaultTimeout   = "timeout"    // no answer, then the connection closes
	FaultRateLimit = "rate_limit" // SMTP 421, HTTP 429 with Retry-After
	FaultReject    = "reject"     // SMTP 550, HTTP 400
	// FaultTimeoutAfterAccept keeps the message, but the answer never comes:
	// the sender cannot know that it was sent.
	FaultTimeoutAfterAccept = "timeout_after_accept"
)

const (
	defaultHang    = 30 * time.Second
	maxHang        = 10 * time.Minute
	maxFaultCount  = 1_000_000
	maxFaults      = 1_000
	maxRetryAfter  = 24 * 60 * 60
	defaultRetryIn = 1 // second
)

// Fault makes the next Count calls on a channel go wrong, or each of them with
// a probability. Faults are taken in the order they were set.
type Fault struct {
	Channel string `json:"channel,omitempty"` // empty: every channel
	Mode    string `json:"mode"`
	Count   int    `json:"count"` // calls still to come
	// RetryAfterSeconds is told with rate_limit; 1 when absent.
	RetryAfterSeconds int `json:"retry_after_seconds,omitempty"`
	// DelayMS is how long a call waits, in real milliseconds, before it fails;
	// the time-out modes hang 30 seconds when it is absent.
	DelayMS int `json:"delay_ms,omitempty"`
	// Probability is how likely each of the Count calls meets the fault, above 0
	// and up to 1; 1 when absent. A call that is spared may meet the next fault.
	Probability float64 `json:"probability,omitempty"`
	// Seed makes the choice repeatable: the same seed spares the same calls.
	Seed uint64 `json:"seed,omitempty"`

	dice *rand.Rand
}

// validate returns a message for each field that cannot be used.
func (f *Fault) validate() map[string]string {
	wrong := map[string]string{}
	if !slices.Contains([]string{"", ChannelEmail, ChannelSMS, ChannelWhatsApp, ChannelWebhook}, f.Channel) {
		wrong["channel"] = "use email, sms, whatsapp or webhook, or leave it out for every channel"
	}
	if !slices.Contains([]string{FaultFail, FaultTimeout, FaultRateLimit, FaultReject, FaultTimeoutAfterAccept}, f.Mode) {
		wrong["mode"] = "use fail, timeout, rate_limit, reject or timeout_after_accept"
	}
	if f.Count < 1 || f.Count > maxFaultCount {
		wrong["count"] = fmt.Sprintf("give the number of calls to fail, from 1 to %d", maxFaultCount)
	}
	if f.RetryAfterSeconds < 0 || f.RetryAfterSeconds > maxRetryAfter {
		wrong["retry_after_seconds"] = fmt.Sprintf("give seconds from 0 to %d", maxRetryAfter)
	}
	if f.DelayMS < 0 || int64(f.DelayMS) > maxHang.Milliseconds() {
		wrong["delay_ms"] = fmt.Sprintf("give milliseconds from 0 to %d", maxHang.Milliseconds())
	}
	if f.Probability < 0 || f.Probability > 1 {
		wrong["probability"] = "give a number above 0 and up to 1, or leave it out for every call"
	}
	return wrong
}

// hits throws the dice for one call.
func (f *Fault) hits() bool {
	return f.dice == nil || f.dice.Float64() < f.Probability
}

// retryAfter is the number of seconds told with a rate limit.
func (f *Fault) retryAfter() int {
	if f.RetryAfterSeconds == 0 {
		return defaultRetryIn
	}
	return f.RetryAfterSeconds
}

// wait holds a call for as long as the fault says, or until ctx ends.
func (f *Fault) wait(ctx context.Context) {
	hang := time.Duration(f.DelayMS) * time.Millisecond
	if hang == 0 && (f.Mode == FaultTimeout || f.Mode == FaultTimeoutAfterAccept) {
		hang = defaultHang
	}
	if hang == 0 {
		return
	}
	timer := time.NewTimer(hang)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// faults is the queue of faults that are still to happen.
type faults struct {
	mu     sync.Mutex
	queued []Fault
}

// add queues a valid fault; false when there are too many already.
func (q *faults) add(f Fault) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queued) >= maxFaults {
		return false
	}
	if f.Probability > 0 && f.Probability < 1 {
		f.dice = rand.New(rand.NewPCG(f.Seed, f.Seed))
	}
	q.queued = append(q.queued, f)
	return true
}

// take uses up one call of the first fault for the channel that hits; nil when
// the call may succeed.
func (q *faults) take(channel string) *Fault {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := 0; i < len(q.queued); {
		if c := q.queued[i].Channel; c != "" && c != channel {
			i++
			continue
		}
		taken := q.queued[i]
		hit := taken.hits()
		if q.queued[i].Count--; q.queued[i].Count == 0 {
			q.queued = slices.Delete(q.queued, i, i+1)
		} else {
			i++
		}
		if hit {
			return &taken
		}
	}
	return nil
}

func (q *faults) list() []Fault {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]Fault{}, q.queued...)
}

func (q *faults) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queued = nil
}
