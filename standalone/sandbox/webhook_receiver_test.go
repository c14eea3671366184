package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotificationsAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	post := func() *http.Response {
		request, err := http.NewRequest(http.MethodPost, s.URL()+"/hooks/ops", strings.NewReader(`{"type":"deal.won","data":{}}`))
		require.NoError(t, err)
		request.Header.Set("webhook-id", "msg_1")
		request.Header.Set("webhook-timestamp", "1772357400")
		request.Header.Set("webhook-signature", "v1,c2lnbmF0dXJl")
		request.Header.Set("Authorization", "Bearer secret")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		response.Body.Close()
		return response
	}
	require.Equal(t, http.StatusAccepted, post().StatusCode)
	require.Equal(t, http.StatusAccepted, post().StatusCode)
	messages := listed(t, s, "?channel=webhook&to=ops")
	require.Len(t, messages, 2, "a repeated notification is shown twice")
	m := messages[0]
	require.Equal(t, "deal.won", m.Subject)
	require.Equal(t, `{"type":"deal.won","data":{}}`, m.Text)
	require.Equal(t, "msg_1", m.ProviderID)
	require.Equal(t, []string{"v1,c2lnbmF0dXJl"}, m.Headers["Webhook-Signature"])
	require.Equal(t, []string{"1772357400"}, m.Headers["Webhook-Timestamp"])
	require.Equal(t, []string{"(not recorded)"}, m.Headers["Authorization"])

	ask(t, s, http.MethodPost, "/outbox/faults", Fault{Channel: ChannelWebhook, Mode: FaultRateLimit, Count: 1})
	response := post()
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	require.Equal(t, "1", response.Header.Get("Retry-After"))
	status, _ := ask(t, s, http.MethodPost, "/hooks/ops", strings.Repeat("x", maxHook))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Len(t, listed(t, s, ""), 2)
}
