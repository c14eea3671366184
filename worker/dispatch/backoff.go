package dispatch

import "time"

const (
	firstBackoff = 250 * time.Millisecond
	// maxBackoff is the longest wait between two attempts to deliver one event.
	maxBackoff = 30 * time.Second
	// maxProbe is the longest wait between two attempts to reach a Temporal that is down.
	maxProbe = 5 * time.Second
	// maxDatabasePause is the longest wait between two attempts to reach a PostgreSQL that is down.
	maxDatabasePause = 5 * time.Second
)

// backoff is the wait after the n-th failure in a row.
func backoff(n int) time.Duration {
	wait := firstBackoff
	for ; n > 1 && wait < maxBackoff; n-- {
		wait *= 2
	}
	return min(wait, maxBackoff)
}

// outage paces the attempts to reach a Temporal that does not answer, so that the backlog does not wear itself out
// against it. The zero value means that Temporal answers.
type outage struct {
	failures int
	probeAt  time.Time
}

func (o outage) down() bool { return o.failures > 0 }

// note counts one failure. Those of deliveries that were under way together count once.
func (o *outage) note(now time.Time) {
	if now.Before(o.probeAt) {
		return
	}
	o.failures++
	o.probeAt = now.Add(min(backoff(o.failures), maxProbe))
}
