package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/webhook"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func post(t *testing.T, handler http.HandlerFunc) error {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	s, err := webhook.NewSender(secret, time.Second)
	require.NoError(t, err)
	return s.Post(context.Background(), srv.URL, "msg-1", time.Now(), []byte(`{"type":"lead.assigned"}`))
}

func TestTheReceiverCanVerify(t *testing.T) {
	t.Parallel()
	verifier, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	require.NoError(t, post(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil || r.Header.Get("webhook-id") != "msg-1" {
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
	var rejected webhook.Rejected
	require.ErrorAs(t, post(t, status(410)), &rejected)
	require.Equal(t, 410, rejected.Status)
	require.ErrorAs(t, post(t, status(307)), &rejected, "a redirect is not followed")

	var limited webhook.RateLimited
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
	err = s.Post(context.Background(), "http://127.0.0.1:1/hook?token=hush", "msg-1", time.Now(), nil)
	require.ErrorContains(t, err, "no answer")
	require.NotContains(t, err.Error(), "hush")
}

func TestABadSecretIsNamed(t *testing.T) {
	t.Parallel()
	_, err := webhook.NewSender("whsec_§", time.Second)
	require.ErrorContains(t, err, "webhook.secret")
}
