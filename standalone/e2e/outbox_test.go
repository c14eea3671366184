package e2e_test

import (
	"context"
	"net/http"
	"net/url"
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
}

// outbox is everything that arrived, or what came after the message of that id.
func (h *house) outbox(t require.TestingT, channel string) []sentMessage {
	helper(t)
	var found []sentMessage
	for after := ""; ; {
		query := url.Values{"channel": {channel}, "limit": {"5000"}}
		if after != "" {
			query.Set("after", after)
		}
		answer, err := h.at.Call(context.Background(), http.MethodGet, h.at.Outbox+"/outbox/messages?"+query.Encode(), nil)
		require.NoError(t, err)
		require.Equalf(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var messages []sentMessage
		require.NoError(t, answer.Decode(&messages))
		if after == "" && len(messages) == 5000 {
			require.Fail(t, "the outbox holds more than is read at once")
		}
		found = append(found, messages...)
		if len(messages) < 5000 {
			return found
		}
		after = messages[len(messages)-1].ID
	}
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
