package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
)

// mute is a mail provider that nothing must reach.
type mute struct{}

func (mute) Name() string              { return "mute" }
func (mute) Channel() provider.Channel { return provider.Email }
func (mute) Send(context.Context, provider.Message) (string, error) {
	return "", errors.New("nothing was to be sent")
}

// The gate refuses a message to somebody who never agreed; the ledger shows why, by what, and under the request.
func TestTheLedgerSaysWhyAMessageWasRefused(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	request := h.send("POST", "/v1/messages", h.body(anIntroduction)).want(http.StatusAccepted).json()["id"].(string)
	core := delivery.New(delivery.Options{Pool: h.pool, Providers: []provider.Provider{mute{}}, Gate: gate.New()})
	receipt, err := core.Deliver(context.Background(), delivery.Order{
		Key: "message:" + request + "/e1/send-it.1/message", Class: gate.Marketing, Purpose: "email_marketing", Topic: "news", Department: "marketing",
		Template: "nurture-intro-1", ContactID: h.contact, Channels: []provider.Channel{provider.Email}, Urgency: delivery.Normal,
	})
	require.NoError(t, err)
	items := h.send("GET", "/v1/messages?request="+request, "").want(http.StatusOK).json()["items"].([]any)
	require.Len(t, items, 1)
	got := items[0].(map[string]any)
	for member, want := range map[string]any{
		"id": receipt.MessageID.String(), "process": "message", "run": "message:" + request, "state": "refused", "reason": "no-consent", "class": "marketing",
		"purpose": "email_marketing", "topic": "news", "department": "marketing", "policy_version": 0.0, "resends": 0.0, "test": false,
	} {
		require.Equal(t, want, got[member], member)
	}
	require.Equal(t, "/v1/processes/message/runs/"+request, got["links"].(map[string]any)["run"])
	require.Equal(t, got, h.send("GET", "/v1/messages/"+receipt.MessageID.String(), "").want(http.StatusOK).json())
	h.send("GET", "/v1/messages/"+request, "").want(http.StatusNotFound)
	require.Len(t, h.send("GET", "/v1/messages?reason=no-consent", "").want(http.StatusOK).json()["items"], 1)
	require.Empty(t, h.send("GET", "/v1/messages?reason=expired", "").want(http.StatusOK).json()["items"])
	require.Empty(t, h.send("GET", "/v1/messages?request="+uuid.NewString(), "").want(http.StatusOK).json()["items"])
}

// Whatever the ledger holds of a message is shown, but for its words.
func TestTheLedgerIsShownInEveryState(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	states := []string{"reserved", "shifted", "sent", "unknown", "failed", "refused", "withdrawn"}
	for _, state := range states {
		h.exec(`insert into messages (id, key, process, run, step, subject, contact_id, channel, template, template_version, recipient, state, reason, provider, class,
				purpose, topic, department, priority, policy_version, language, due_at, words, resends, segments, tracked, delivery, delivered_at, bounced_at, opened_at,
				clicked_at, replied_at, complained_at, unsubscribed_at, created_at)
			values ($1, $2, 'order-care', 'order-care:1', 'tell', '1', $3, 'sms', 'note', 4, '+4930901820', $2, 'why', 'twilio', 'transactional',
				'', 'news', 'sales', 30, 7, 'de', $4, 'the very words', 1, 2, true, 'delivered', $4, $4, $4, $4, $4, $4, $4, $4)`,
			uuid.New(), state, h.contact, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	}
	for _, state := range states {
		r := h.send("GET", "/v1/messages?state="+state, "").want(http.StatusOK)
		require.NotContains(t, r.Body.String(), "the very words")
		items := r.json()["items"].([]any)
		require.Len(t, items, 1, state)
		got := items[0].(map[string]any)
		require.Equal(t, state, got["state"])
		for member, want := range map[string]any{
			"reason": "why", "template_version": 4.0, "policy_version": 7.0, "priority": 30.0, "language": "de", "resends": 1.0, "segments": 2.0,
			"tracked": true, "delivery": "delivered",
		} {
			require.Equal(t, want, got[member], member)
		}
		for _, member := range []string{"due", "delivered", "bounced", "opened", "clicked", "replied", "complained", "unsubscribed"} {
			require.Equal(t, "2026-03-02T09:00:00Z", got[member+"_at"], member)
		}
	}
	require.Equal(t, []string{"state"}, h.send("GET", "/v1/messages?state=lost", "").want(http.StatusBadRequest).refusal())
	require.Len(t, h.send("GET", "/v1/messages", "").want(http.StatusOK).json()["items"], len(states))
}
