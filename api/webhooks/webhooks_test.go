package webhooks_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/feedback"
)

var message = uuid.MustParse("0190a000-0000-7000-8000-000000000001")

func readers(t *testing.T, o webhooks.Options) *webhooks.Readers {
	t.Helper()
	r, err := webhooks.New(o)
	require.NoError(t, err)
	return r
}

func TestWrongSettingsAreToldByName(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]webhooks.Options{
		"sendgrid.webhook_key":   {SendGridKey: "%%"},
		"sendgrid.webhook_key: ": {SendGridKey: "aGVsbG8="},
		"api.public_url":         {TwilioAuthToken: "token"},
		"webhook.inbound_secret": {InboundSecret: "whsec_%%"},
	} {
		_, err := webhooks.New(o)
		require.ErrorContains(t, err, name)
	}
}

func TestNobodyIsServedWithoutAKey(t *testing.T) {
	t.Parallel()
	r, c := readers(t, webhooks.Options{}), webhooks.Call{Header: http.Header{}, Body: []byte(`[]`)}
	_, err := r.SendGrid(c)
	require.ErrorIs(t, err, webhooks.ErrNotServed)
	_, err = r.SendGridInbound(c)
	require.ErrorIs(t, err, webhooks.ErrNotServed)
	_, err = r.SES(t.Context(), c)
	require.ErrorIs(t, err, webhooks.ErrNotServed)
	_, err = r.Twilio(c)
	require.ErrorIs(t, err, webhooks.ErrNotServed)
	require.ErrorIs(t, r.VerifyGateway(c), webhooks.ErrNotServed)
}

const inboundSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func gatewayCall(t *testing.T, at time.Time, body string) webhooks.Call {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(inboundSecret)
	require.NoError(t, err)
	signature, err := signer.Sign("msg_1", at, []byte(body))
	require.NoError(t, err)
	c := webhooks.Call{Path: "/webhooks/inbound", Header: http.Header{}, Body: []byte(body)}
	c.Header.Set("webhook-id", "msg_1")
	c.Header.Set("webhook-timestamp", itoa(at.Unix()))
	c.Header.Set("webhook-signature", signature)
	return c
}

func TestGatewaysProveWhoTheyAre(t *testing.T) {
	t.Parallel()
	r, body := readers(t, webhooks.Options{InboundSecret: inboundSecret}), `{"reports":[]}`
	for name, test := range map[string]struct {
		age    time.Duration
		change func(*webhooks.Call)
		good   bool
	}{
		"good":              {0, func(*webhooks.Call) {}, true},
		"four minutes old":  {4 * time.Minute, func(*webhooks.Call) {}, true},
		"too old":           {6 * time.Minute, func(*webhooks.Call) {}, false},
		"of the future":     {-6 * time.Minute, func(*webhooks.Call) {}, false},
		"changed byte":      {0, func(c *webhooks.Call) { c.Body[0] = '[' }, false},
		"changed id":        {0, func(c *webhooks.Call) { c.Header.Set("webhook-id", "msg_2") }, false},
		"changed time":      {0, func(c *webhooks.Call) { c.Header.Set("webhook-timestamp", itoa(time.Now().Unix()+9)) }, false},
		"missing signature": {0, func(c *webhooks.Call) { c.Header.Del("webhook-signature") }, false},
		"empty signature":   {0, func(c *webhooks.Call) { c.Header.Set("webhook-signature", "v1,") }, false},
		"missing time":      {0, func(c *webhooks.Call) { c.Header.Del("webhook-timestamp") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := gatewayCall(t, time.Now().Add(-test.age), body)
			test.change(&c)
			err := r.VerifyGateway(c)
			if test.good {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, webhooks.ErrSignature)
		})
	}
}

func TestGatewayReportsBecomeFeedback(t *testing.T) {
	t.Parallel()
	r := readers(t, webhooks.Options{At: func(at time.Time) time.Time { return at.Add(time.Hour) }})
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	got, err := r.Gateway(webhooks.Call{Body: []byte(`{"reports":[
		{"id":"1","kind":"bounced","message_id":"` + message.String() + `","code":"5.1.1","at":"2026-03-02T09:00:00Z"},
		{"id":"2","kind":"clicked","provider":"smtp","provider_id":"p-1","link":3,"code":"rep@example.com"},
		{"id":"3","kind":"replied","channel":"email","address":"rep@example.com","reply":{"subject":"Re: s","text":"hi","in_reply_to":"<` + message.String() + `@example.com>"}},
		{"id":"4","kind":"replied","channel":"sms","address":"+49301234","reply":{"text":"STOP"}}
	]}`)})
	require.NoError(t, err)
	require.Equal(t, []feedback.Report{
		{Provider: "inbound", ExternalID: "1", Kind: feedback.Bounced, MessageID: message, Detail: "5.1.1", At: at.Add(time.Hour)},
		{Provider: "inbound", ExternalID: "2", Kind: feedback.Clicked, Sender: "smtp", ProviderID: "p-1", Link: 3},
		{Provider: "inbound", ExternalID: "3", Kind: feedback.Replied, MessageID: message, Channel: "email", Address: "rep@example.com", Reply: &feedback.Reply{Subject: "Re: s", Text: "hi"}},
		{Provider: "inbound", ExternalID: "4", Kind: feedback.Replied, Channel: "sms", Address: "+49301234", Reply: &feedback.Reply{Text: "STOP"}},
	}, got)
	_, err = r.Gateway(webhooks.Call{Body: []byte(`[]`)})
	require.ErrorIs(t, err, webhooks.ErrGarbage)
}
