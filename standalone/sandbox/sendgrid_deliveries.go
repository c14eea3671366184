package sandbox

import (
	"encoding/json"
	"sync"
	"time"
)

const (
	maxBatch      = 500 // events in one call
	deliveryPause = 100 * time.Millisecond
	maxRetryPause = 5 * time.Second
)

// deliveries are the events that are still to be posted, oldest first.
type deliveries struct {
	mu     sync.Mutex
	events []map[string]any
	news   chan struct{}
}

// delivered queues what SendGrid tells of mails that arrive: processed, then
// delivered. A mail without unique arguments is nobody's.
func (s *Sandbox) delivered(messages ...*Message) {
	if !s.options.DeliveryEvents {
		return
	}
	s.deliveries.mu.Lock()
	for _, m := range messages {
		if len(smtpAPI(m).UniqueArgs) == 0 {
			continue
		}
		arrival := s.eventFields(m, "delivered")
		arrival["response"] = "250 OK"
		s.deliveries.events = append(s.deliveries.events, s.eventFields(m, "processed"), arrival)
	}
	s.deliveries.mu.Unlock()
	select {
	case s.deliveries.news <- struct{}{}:
	default: // somebody has said so already
	}
}

// postDeliveries posts the events in batches, as SendGrid does, until the
// sandbox closes. What the webhook does not take is posted again.
func (s *Sandbox) postDeliveries() {
	for {
		select {
		case <-s.deliveries.news:
		case <-s.running.Done():
			return
		}
		for wait := deliveryPause; s.pause(wait); {
			batch := s.deliveries.next()
			if len(batch) == 0 {
				break
			}
			if !s.postBatch(batch) {
				wait = min(2*wait, maxRetryPause)
				continue
			}
			s.deliveries.drop(len(batch))
			wait = deliveryPause
		}
		if s.running.Err() != nil {
			return
		}
	}
}

func (d *deliveries) next() []map[string]any {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.events[:min(len(d.events), maxBatch)]
}

func (d *deliveries) drop(count int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append([]map[string]any{}, d.events[count:]...)
}

// postBatch reports whether the webhook took the events. One that refuses them
// for good is not asked again.
func (s *Sandbox) postBatch(batch []map[string]any) bool {
	if *s.webhookBase.Load() == "" {
		return false
	}
	body, err := json.Marshal(batch)
	if err != nil {
		s.log.Error("delivery events could not be encoded", "error", err)
		return true
	}
	call, err := s.signSendGrid(&webhookCall{provider: "sendgrid", contentType: "application/json", body: append(body, '\r', '\n')})
	if err != nil {
		s.log.Error("delivery events could not be signed", "error", err)
		return true
	}
	result := s.call(s.running, call)
	if refused := result.Status/100 == 4 && result.Status != 429 && result.Status != 408; refused {
		s.log.Warn("the webhook refuses delivery events", "status", result.Status, "events", len(batch))
		return true
	}
	return result.Status/100 == 2
}
