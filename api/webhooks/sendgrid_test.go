package webhooks_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/feedback"
)

const (
	sendGridSignature = "X-Twilio-Email-Event-Webhook-Signature"
	sendGridTimestamp = "X-Twilio-Email-Event-Webhook-Timestamp"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// sendGridKey is a private key, and the public one as SendGrid shows it.
func sendGridKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return key, base64.StdEncoding.EncodeToString(der)
}

func sendGridCall(t *testing.T, key *ecdsa.PrivateKey, at time.Time, body string) webhooks.Call {
	t.Helper()
	digest := sha256.Sum256([]byte(itoa(at.Unix()) + body))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	require.NoError(t, err)
	c := webhooks.Call{Path: "/webhooks/sendgrid", Header: http.Header{}, Body: []byte(body)}
	c.Header.Set(sendGridSignature, base64.StdEncoding.EncodeToString(signature))
	c.Header.Set(sendGridTimestamp, itoa(at.Unix()))
	return c
}

func TestSendGridsSignatureCoversTimeAndBody(t *testing.T) {
	t.Parallel()
	key, public := sendGridKey(t)
	_, other := sendGridKey(t)
	// A body that JSON would write otherwise: the raw bytes are signed.
	const body = "[ {\"event\":\"delivered\",\"sg_event_id\":\"e1\"} ]\r\n"
	for name, test := range map[string]struct {
		keys   string
		age    time.Duration
		change func(*webhooks.Call)
		good   bool
	}{
		"good":          {public, 0, func(*webhooks.Call) {}, true},
		"second of two": {other + ", " + public, 0, func(*webhooks.Call) {}, true},
		// SendGrid repeats failed calls and says nothing of their time stamp, so age alone refuses nothing.
		"a day old":         {public, 24 * time.Hour, func(*webhooks.Call) {}, true},
		"another's key":     {other, 0, func(*webhooks.Call) {}, false},
		"changed byte":      {public, 0, func(c *webhooks.Call) { c.Body[len(c.Body)-1] = ' ' }, false},
		"changed time":      {public, time.Hour, func(c *webhooks.Call) { c.Header.Set(sendGridTimestamp, itoa(time.Now().Unix())) }, false},
		"missing time":      {public, 0, func(c *webhooks.Call) { c.Header.Del(sendGridTimestamp) }, false},
		"missing signature": {public, 0, func(c *webhooks.Call) { c.Header.Del(sendGridSignature) }, false},
		"not base64":        {public, 0, func(c *webhooks.Call) { c.Header.Set(sendGridSignature, "%") }, false},
		"no signature":      {public, 0, func(c *webhooks.Call) { c.Header.Set(sendGridSignature, "AAAA") }, false},
		// Bytes may not move between what is signed: the time stamp's last digit to the body.
		"moved border": {public, 0, func(c *webhooks.Call) {
			at := c.Header.Get(sendGridTimestamp)
			c.Header.Set(sendGridTimestamp, at[:len(at)-1])
			c.Body = []byte(" " + string(c.Body))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sendGridCall(t, key, time.Now().Add(-test.age), body)
			test.change(&c)
			got, err := readers(t, webhooks.Options{SendGridKey: test.keys}).SendGrid(c)
			if !test.good {
				require.ErrorIs(t, err, webhooks.ErrSignature)
				require.Empty(t, got)
				return
			}
			require.NoError(t, err)
			require.Len(t, got, 1)
		})
	}
}

func TestSendGridsEventsBecomeFeedback(t *testing.T) {
	t.Parallel()
	key, public := sendGridKey(t)
	r := readers(t, webhooks.Options{SendGridKey: public})
	base := feedback.Report{
		Provider: "sendgrid", ExternalID: "e1", MessageID: message, ProviderID: "14c5d75ce93", Channel: "email", Address: "rep@example.com",
		At: time.Unix(1772442000, 0).UTC(),
	}
	is := func(kind feedback.Kind, detail string) []feedback.Report {
		report := base
		report.Kind, report.Detail = kind, detail
		return []feedback.Report{report}
	}
	before := func(kind feedback.Kind) []feedback.Report {
		report := base
		report.Kind, report.Detail, report.ExternalID = kind, "dropped", "e1/before"
		return append(is(feedback.Failed, "dropped"), report)
	}
	click, machine := is(feedback.Clicked, ""), is(feedback.Opened, "")
	click[0].Link, machine[0].Filtered = 3, feedback.MachineOpen
	for fields, want := range map[string][]feedback.Report{
		`"event":"processed"`: is(feedback.Sent, ""),
		`"event":"deferred"`:  is(feedback.Sent, "deferred"),
		`"event":"delivered"`: is(feedback.Delivered, ""),
		`"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 rep@example.com unknown"`:                                                 is(feedback.Bounced, "5.1.1"),
		`"event":"bounce","type":"bounce","bounce_classification":"Invalid Address"`:                                                               is(feedback.Bounced, "invalid-address"),
		`"event":"bounce","type":"blocked","status":"4.2.2"`:                                                                                       is(feedback.SoftBounced, "4.2.2"),
		`"event":"open","useragent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"`: is(feedback.Opened, ""),
		`"event":"open","sg_machine_open":true`:                                                                                                    machine,
		`"event":"click","url":"https://x.test","useragent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36","url_offset":{"index":2,"type":"html"}`: click,
		`"event":"spamreport"`:                                           is(feedback.Complained, ""),
		`"event":"unsubscribe"`:                                          is(feedback.Unsubscribed, ""),
		`"event":"group_unsubscribe"`:                                    is(feedback.Unsubscribed, ""),
		`"event":"group_resubscribe"`:                                    nil,
		`"event":"account_status_change"`:                                nil,
		`"event":"dropped","reason":"Bounced Address"`:                   before(feedback.Bounced),
		`"event":"dropped","reason":"Spam Reporting Address"`:            before(feedback.Complained),
		`"event":"dropped","reason":"Unsubscribed Address"`:              before(feedback.Unsubscribed),
		`"event":"dropped","reason":"Recipient List over Package Quota"`: is(feedback.Failed, "dropped"),
	} {
		body := `[{"email":"rep@example.com","timestamp":1772442000,"sg_event_id":"e1","sg_message_id":"14c5d75ce93.recvd-1.0","perdura_message":"` + message.String() + `",` + fields + `}]`
		got, err := r.SendGrid(sendGridCall(t, key, time.Now(), body))
		require.NoError(t, err, fields)
		require.Equal(t, want, got, fields)
	}
	for _, body := range []string{`{}`, `[1]`, `[null]`, `[`, `["event"]`} {
		_, err := r.SendGrid(sendGridCall(t, key, time.Now(), body))
		require.ErrorIs(t, err, webhooks.ErrGarbage, body)
	}
}

func TestSendGridsEventsNameTheMessageSomehow(t *testing.T) {
	t.Parallel()
	key, public := sendGridKey(t)
	r := readers(t, webhooks.Options{SendGridKey: public})
	for fields, want := range map[string]uuid.UUID{
		`"smtp-id":"<` + message.String() + `@example.com>"`:                               message,
		`"smtp-id":"<` + message.String() + `@example.com>","perdura_message":7`:           message,
		`"smtp-id":"<` + message.String() + `@example.com>","perdura_message":"elsewhere"`: message,
		`"smtp-id":"<abc@example.com>"`:                                                    uuid.Nil,
	} {
		got, err := r.SendGrid(sendGridCall(t, key, time.Now(), `[{"event":"delivered",`+fields+`}]`))
		require.NoError(t, err, fields)
		require.Equal(t, want, got[0].MessageID, fields)
		require.True(t, strings.HasPrefix(got[0].ExternalID, "sha256-"), "an event without an id is known by its content")
		require.Zero(t, got[0].At)
	}
}

func TestMailThatSendGridTakesInIsAReply(t *testing.T) {
	t.Parallel()
	key, public := sendGridKey(t)
	r := readers(t, webhooks.Options{SendGridKey: public})
	call := func(fields map[string]string) webhooks.Call {
		var body strings.Builder
		for name, value := range fields {
			body.WriteString("--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n")
		}
		c := sendGridCall(t, key, time.Now(), body.String()+"--b--\r\n")
		c.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		return c
	}
	got, err := r.SendGridInbound(call(map[string]string{
		"from": "Rep <rep@example.com>", "subject": "Re: News", "html": "<style>p{}</style><p>Caf&eacute;</p>",
		"headers": "Message-ID: <m1@example.com>\nIn-Reply-To: <" + message.String() + "@example.com>\n",
	}))
	require.NoError(t, err)
	require.Equal(t, []feedback.Report{{
		Provider: "sendgrid", ExternalID: "mail/<m1@example.com>", Kind: feedback.Replied, MessageID: message, Channel: "email",
		Address: "rep@example.com", Reply: &feedback.Reply{Subject: "Re: News", Text: "Café"},
	}}, got)
	got, err = r.SendGridInbound(call(map[string]string{
		"from": "rep@example.com", "text": "away", "headers": "Auto-Submitted: auto-replied\n",
	}))
	require.NoError(t, err)
	require.True(t, got[0].Reply.Automatic)
	_, err = r.SendGridInbound(call(map[string]string{"text": "nobody"}))
	require.ErrorIs(t, err, webhooks.ErrGarbage)
	unsigned := call(map[string]string{"from": "rep@example.com", "text": "hi"})
	unsigned.Header.Del(sendGridSignature)
	_, err = r.SendGridInbound(unsigned)
	require.ErrorIs(t, err, webhooks.ErrSignature)
}
