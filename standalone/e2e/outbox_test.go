package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sentMessage is something that arrived at the sandbox providers.
type sentMessage struct {
	ID      string              `json:"id"`
	Channel string              `json:"channel"`
	To      string              `json:"to"`
	Subject string              `json:"subject"`
	Text    string              `json:"text"`
	Headers map[string][]string `json:"headers"`
	// ProviderID is what tells a repeat from another message: of a mail its Message-ID, of a webhook its webhook-id.
	ProviderID string    `json:"provider_id"`
	SentAt     time.Time `json:"sent_at"` // real time
}

// outbox is everything that arrived by a channel.
func (h *house) outbox(t require.TestingT, channel string) []sentMessage {
	helper(t)
	const most = 5000
	answer, err := h.at.Call(context.Background(), http.MethodGet, fmt.Sprintf("%s/outbox/messages?limit=%d&channel=%s", h.at.Outbox, most, channel), nil)
	require.NoError(t, err)
	require.Equalf(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var messages []sentMessage
	require.NoError(t, answer.Decode(&messages))
	require.Less(t, len(messages), most, "the outbox holds more than is answered at once")
	return messages
}

// anyID is a UUID.
var anyID = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// about selects the messages that speak of a lead.
func about(messages []sentMessage, id string) []sentMessage {
	var found []sentMessage
	for _, m := range messages {
		if strings.Contains(m.Text, id) {
			found = append(found, m)
		}
	}
	return found
}

// outboxAbout is what arrived about a lead so far.
func (h *house) outboxAbout(t require.TestingT, channel, id string) []sentMessage {
	helper(t)
	return about(h.outbox(t, channel), id)
}

// mailAbout waits for the mail that speaks of a lead.
func (h *house) mailAbout(t *testing.T, id string) []sentMessage {
	t.Helper()
	return h.arrived(t, "email", id)
}

// hooksAbout waits for the webhooks that speak of a lead.
func (h *house) hooksAbout(t *testing.T, id string) []sentMessage {
	t.Helper()
	return h.arrived(t, "webhook", id)
}

func (h *house) arrived(t *testing.T, channel, id string) []sentMessage {
	t.Helper()
	var found []sentMessage
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found = about(h.outbox(c, channel), id)
		require.NotEmptyf(c, found, "no %s about lead %s", channel, id)
	}, 10*time.Second, 50*time.Millisecond)
	return found
}

// fault makes the sandbox providers misbehave for their next calls.
func (h *house) fault(t *testing.T, channel, mode string, count int) {
	t.Helper()
	answer, err := h.at.Call(context.Background(), http.MethodPost, h.at.Outbox+"/outbox/faults",
		map[string]any{"channel": channel, "mode": mode, "count": count})
	require.NoError(t, err)
	require.Equalf(t, http.StatusCreated, answer.Status, "%s", answer.Body)
}
