package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/webhook"
)

var message = uuid.MustParse("0198c8a0-0000-7000-8000-000000000001")

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func post(t *testing.T, handler http.HandlerFunc) error {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	s, err := webhook.NewSender(secret, time.Second)
	require.NoError(t, err)
	id, err := s.Send(context.Background(), provider.Message{ID: message, To: srv.URL, Body: []byte(`{"type":"lead.assigned"}`)})
	require.Equal(t, "msg_"+message.String(), id)
	return err
}

func TestTheReceiverCanVerify(t *testing.T) {
	t.Parallel()
	verifier, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	require.NoError(t, post(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil || r.Header.Get("webhook-id") != "msg_"+message.String() {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
}

func TestAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set("Retry-After", header[0])
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		}
	}
	var rejected provider.Rejected
	require.ErrorAs(t, post(t, status(410)), &rejected)
	require.Equal(t, provider.Rejected{Code: "http-410", Address: true}, rejected, "gone: the address is dead")
	require.ErrorAs(t, post(t, status(404)), &rejected)
	require.Equal(t, provider.Rejected{Code: "http-404"}, rejected)
	require.ErrorAs(t, post(t, status(307)), &rejected, "a redirect is not followed")

	var limited provider.RateLimited
	require.ErrorAs(t, post(t, status(429, "7")), &limited)
	require.Equal(t, 7*time.Second, limited.After)
	require.ErrorAs(t, post(t, status(429, "soon")), &limited)
	require.Equal(t, time.Minute, limited.After)
	require.ErrorAs(t, post(t, status(429, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))), &limited)
	require.InDelta(t, time.Hour, limited.After, float64(5*time.Second))

	err := post(t, status(503))
	require.ErrorContains(t, err, "answered 503")
	require.NotErrorAs(t, err, &rejected)
}

func TestNoAnswerDoesNotShowTheURL(t *testing.T) {
	t.Parallel()
	s, err := webhook.NewSender(secret, time.Second)
	require.NoError(t, err)
	_, err = s.Send(context.Background(), provider.Message{ID: message, To: "http://127.0.0.1:1/hook?token=hush"})
	require.ErrorContains(t, err, "no answer")
	require.NotContains(t, err.Error(), "hush")
}

func TestABadSecretIsNamed(t *testing.T) {
	t.Parallel()
	_, err := webhook.NewSender("whsec_§", time.Second)
	require.ErrorContains(t, err, "webhook.secret")
}
