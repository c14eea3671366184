package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// verifySendGrid checks a signature as SendGrid's own libraries do.
func verifySendGrid(t *testing.T, key, signature, timestamp string, payload []byte) bool {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(key)
	require.NoError(t, err)
	public, err := x509.ParsePKIXPublicKey(der)
	require.NoError(t, err)
	decoded, err := base64.StdEncoding.DecodeString(signature)
	require.NoError(t, err)
	digest := sha256.Sum256(append([]byte(timestamp), payload...))
	return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], decoded)
}

func (r *received) sendGridSigned(t *testing.T, s *Sandbox) bool {
	key, err := s.SendGridPublicKey()
	require.NoError(t, err)
	return verifySendGrid(t, key, r.header.Get("X-Twilio-Email-Event-Webhook-Signature"),
		r.header.Get("X-Twilio-Email-Event-Webhook-Timestamp"), r.body)
}

// withProduct runs a sandbox that knows a product.
func withProduct(t *testing.T) (*Sandbox, *product) {
	p := newProduct(t)
	return start(t, func(o *Options) { o.WebhookBase = p.URL + "/" }), p
}

func act(t *testing.T, s *Sandbox, id, action string, input any) (int, outcome) {
	t.Helper()
	status, answer := ask(t, s, http.MethodPost, "/outbox/messages/"+id+"/"+action, input)
	var told outcome
	require.NoError(t, json.Unmarshal(answer, &told), string(answer))
	return status, told
}

func TestCustomerActsOnMail(t *testing.T) {
	t.Parallel()
	for action, c := range map[string]struct {
		input  any
		event  string
		status string
		fields map[string]any
	}{
		"open":        {nil, "open", "delivered", map[string]any{"sg_machine_open": false}},
		"click":       {map[string]string{"url": "https://example.com/b"}, "click", "delivered", map[string]any{"url": "https://example.com/b"}},
		"bounce":      {nil, "bounce", "bounced", map[string]any{"type": "bounce", "status": "5.1.1"}},
		"complain":    {nil, "spamreport", "complained", nil},
		"unsubscribe": {nil, "unsubscribe", "unsubscribed", nil},
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s, product := withProduct(t)
			require.NoError(t, sendMail(s, "shop@example.com", []string{"c@example.org"}, "Message-ID: <7@example.com>",
				`X-SMTPAPI: {"unique_args": {"message": "m-1"}, "category": "welcome"}`, "", "Hello"))
			m := listed(t, s, "")[0]
			status, told := act(t, s, m.ID, action, c.input)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, outcome{Action: action, Provider: "sendgrid", URL: product.URL + "/v1/webhooks/sendgrid", Status: 200, Body: "heard"}, told)

			require.Len(t, product.received(), 1)
			call := product.received()[0]
			require.Equal(t, "/v1/webhooks/sendgrid", call.path)
			require.True(t, call.sendGridSigned(t, s))
			call.body[3] ^= 1
			require.False(t, call.sendGridSigned(t, s), "a changed body does not verify")
			call.body[3] ^= 1

			var events []map[string]any
			require.NoError(t, json.Unmarshal(call.body, &events))
			require.Len(t, events, 1)
			for name, want := range map[string]any{
				"event": c.event, "email": "c@example.org", "smtp-id": "<7@example.com>",
				"timestamp": float64(testNow.Unix()), "message": "m-1", "category": []any{"welcome"},
			} {
				require.Equal(t, want, events[0][name], name)
			}
			for name, want := range c.fields {
				require.Equal(t, want, events[0][name], name)
			}
			require.NotEmpty(t, events[0]["sg_event_id"])
			after := listed(t, s, "")[0]
			require.Equal(t, c.status, after.Status)
			require.Equal(t, []Event{{At: testNow, Name: action, Provider: "sendgrid", WebhookStatus: 200, Status: strings.TrimSuffix(c.status, "delivered")}}, after.Events)
		})
	}
}

func TestCustomerRepliesToMail(t *testing.T) {
	t.Parallel()
	s, product := withProduct(t)
	require.NoError(t, sendMail(s, "bounce@example.com", []string{"c@example.org"}, "From: shop@example.com",
		"Reply-To: Help <reply+7@example.com>", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Message-ID: <7@example.com>", "", "Hello"))
	status, told := act(t, s, listed(t, s, "")[0].ID, "reply", map[string]string{"text": "Danke schön"})
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "sendgrid-inbound", told.Provider)
	call := product.received()[0]
	require.Equal(t, "/v1/webhooks/sendgrid-inbound", call.path)
	require.True(t, call.sendGridSigned(t, s))

	_, params, err := mime.ParseMediaType(call.header.Get("Content-Type"))
	require.NoError(t, err)
	form, err := multipart.NewReader(bytes.NewReader(call.body), params["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	for field, want := range map[string]string{
		"to": "reply+7@example.com", "from": "c@example.org", "subject": "Re: Grüße", "text": "Danke schön",
		"envelope": `{"from":"c@example.org","to":["reply+7@example.com"]}`, "attachments": "0",
	} {
		require.Equal(t, []string{want}, form.Value[field], field)
	}
	require.Contains(t, form.Value["headers"][0], "\nIn-Reply-To: <7@example.com>\n")
}

func TestReplyCannotForgeHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	headers := s.replyHeaders(&Message{To: "c@example.org", ProviderID: "<1>\r\nX-Forged: yes"}, "a@example.com", "Re: a\nX-Forged: yes")
	require.NotContains(t, headers, "\nX-Forged")
}

func TestCustomerActsOnTextMessages(t *testing.T) {
	t.Parallel()
	s, product := withProduct(t)
	hook := product.URL + "/v1/webhooks/twilio"
	_, created := twilio(t, s, http.MethodPost, "/Messages.json", smsForm())
	id, _ := idOfSID(created["sid"].(string))
	last := func() url.Values {
		calls := product.received()
		call := calls[len(calls)-1]
		require.Equal(t, "/v1/webhooks/twilio", call.path)
		require.Equal(t, twilioSignature(testToken, hook, call.form(t)), call.header.Get("X-Twilio-Signature"))
		return call.form(t)
	}

	status, _ := act(t, s, id, "reply", map[string]string{"text": "Yes, please & thanks"})
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "Yes, please & thanks", last().Get("Body"))
	require.Equal(t, "+15550100001", last().Get("From"))
	require.Equal(t, "+15550100002", last().Get("To"))
	require.NotEqual(t, created["sid"], last().Get("MessageSid"))

	act(t, s, id, "bounce", nil)
	require.Equal(t, "undelivered", last().Get("MessageStatus"))
	require.Equal(t, "30005", last().Get("ErrorCode"))
	require.Equal(t, created["sid"], last().Get("MessageSid"))
	_, now := twilio(t, s, http.MethodGet, "/Messages/"+created["sid"].(string)+".json", nil)
	require.Equal(t, "undelivered", now["status"])
	require.EqualValues(t, 30005, now["error_code"])

	act(t, s, id, "unsubscribe", nil)
	require.Equal(t, "STOP", last().Get("Body"))
	status, answer := twilio(t, s, http.MethodPost, "/Messages.json", smsForm())
	require.Equal(t, http.StatusBadRequest, status)
	require.EqualValues(t, 21610, answer["code"])
	status, _ = twilio(t, s, http.MethodPost, "/Messages.json", smsForm("From", "+15550100003"))
	require.Equal(t, http.StatusCreated, status, "another sender was not refused")
	act(t, s, id, "reply", map[string]string{"text": " start "})
	status, _ = twilio(t, s, http.MethodPost, "/Messages.json", smsForm())
	require.Equal(t, http.StatusCreated, status, "the customer came back")
}

func TestWhatsAppMessageIsRead(t *testing.T) {
	t.Parallel()
	s, product := withProduct(t)
	_, created := twilio(t, s, http.MethodPost, "/Messages.json", smsForm("To", "whatsapp:+15550100001", "From", "whatsapp:+15550100002"))
	id, _ := idOfSID(created["sid"].(string))
	status, _ := act(t, s, id, "open", nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "read", product.received()[0].form(t).Get("MessageStatus"))
	require.Len(t, listed(t, s, "?channel=whatsapp"), 1)
	require.Equal(t, "read", listed(t, s, "")[0].Status)
}

func TestRefusalSurvivesARestart(t *testing.T) {
	t.Parallel()
	product := newProduct(t)
	dir := t.TempDir()
	options := func(o *Options) { o.DataDir, o.WebhookBase = dir, product.URL }
	s := start(t, options)
	_, created := twilio(t, s, http.MethodPost, "/Messages.json", smsForm("From", "", "MessagingServiceSid", testService))
	id, _ := idOfSID(created["sid"].(string))
	act(t, s, id, "unsubscribe", nil)
	require.Equal(t, "STOP", product.received()[0].form(t).Get("OptOutType"))
	require.NoError(t, s.Close())
	_, answer := twilio(t, start(t, options), http.MethodPost, "/Messages.json", smsForm("From", "", "MessagingServiceSid", testService))
	require.EqualValues(t, 21610, answer["code"])
}

func TestActionsThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	s, product := withProduct(t)
	mail := sendPlain(t, s, "c@example.org", "Hello")
	require.NoError(t, sendMail(s, "a@example.com", []string{"c@example.org"}, "Subject: no link", "", "Hello"))
	plain := listed(t, s, "")[1]
	_, created := twilio(t, s, http.MethodPost, "/Messages.json", smsForm())
	text, _ := idOfSID(created["sid"].(string))
	_, hook := ask(t, s, http.MethodPost, "/hooks/ops", map[string]string{"type": "x"})
	var notification struct{ ID string }
	require.NoError(t, json.Unmarshal(hook, &notification))
	for name, c := range map[string]struct {
		id, action string
		input      any
		want       int
	}{
		"text message opened":    {text, "open", nil, http.StatusConflict},
		"text message clicked":   {text, "click", nil, http.StatusConflict},
		"text message complaint": {text, "complain", nil, http.StatusConflict},
		"notification opened":    {notification.ID, "open", nil, http.StatusConflict},
		"unknown action":         {mail.ID, "forward", nil, http.StatusNotFound},
		"unknown message":        {"unknown", "open", nil, http.StatusNotFound},
		"click without any link": {plain.ID, "click", nil, http.StatusUnprocessableEntity},
		"click on a script":      {mail.ID, "click", map[string]string{"url": "javascript:alert(1)"}, http.StatusUnprocessableEntity},
		"reply without words":    {mail.ID, "reply", map[string]string{"text": " "}, http.StatusUnprocessableEntity},
		"body of the wrong kind": {mail.ID, "reply", []int{1}, http.StatusBadRequest},
	} {
		status, answer := ask(t, s, http.MethodPost, "/outbox/messages/"+c.id+"/"+c.action, c.input)
		require.Equal(t, c.want, status, "%s: %s", name, answer)
		require.Contains(t, string(answer), `"detail"`)
	}
	require.Empty(t, product.received())

	status, _ := act(t, s, mail.ID, "click", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(product.received()[0].body), `"url":"https://example.com/a"`, "the first link is clicked")
}

func TestWebhookThatRefusesOrIsAway(t *testing.T) {
	t.Parallel()
	s, product := withProduct(t)
	m := sendPlain(t, s, "c@example.org", "Hello")
	product.answers(http.StatusUnauthorized)
	status, told := act(t, s, m.ID, "open", nil)
	require.Equal(t, http.StatusBadGateway, status)
	require.Equal(t, http.StatusUnauthorized, told.Status)
	product.Close()
	status, told = act(t, s, m.ID, "open", nil)
	require.Equal(t, http.StatusBadGateway, status)
	require.Zero(t, told.Status)
	require.NotEmpty(t, told.Error)
	require.NoError(t, s.SetWebhookBase(""))
	status, _ = ask(t, s, http.MethodPost, "/outbox/messages/"+m.ID+"/open", nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Len(t, listed(t, s, "")[0].Events, 2)
}

// SendGrid's own libraries test their verifiers with this signature.
func TestSendGridSchemeMatchesTheVendorsVector(t *testing.T) {
	t.Parallel()
	const (
		key       = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
		signature = "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0="
		timestamp = "1588788367"
		payload   = `{"category":"example_payload","event":"test_event","message_id":"message_id"}`
	)
	require.True(t, verifySendGrid(t, key, signature, timestamp, []byte(payload)))
	require.False(t, verifySendGrid(t, key, signature, "1588788368", []byte(payload)))
}
