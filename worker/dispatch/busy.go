package dispatch

import "time"

// maxBusy bounds the subjects that a claim passes over by name; those beyond are passed over by the claim itself.
const maxBusy = 1000

// busy holds the subjects that are not free: the zero time while a lane has them, else when their first event is due.
type busy map[string]time.Time

func (b busy) hold(subject string) { b[subject] = time.Time{} }

// release notes how a lane left its subject: free, or to be tried again after a wait.
func (b busy) release(subject string, retryIn time.Duration, now time.Time) {
	if retryIn <= 0 || len(b) > maxBusy {
		delete(b, subject)
		return
	}
	b[subject] = now.Add(retryIn)
}

// subjects lists those that are not free now.
func (b busy) subjects(now time.Time) []string {
	out := make([]string, 0, len(b))
	for subject, due := range b {
		if !due.IsZero() && !due.After(now) {
			delete(b, subject)
			continue
		}
		out = append(out, subject)
	}
	return out
}
