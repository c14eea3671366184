package webhooks_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/feedback"
)

const (
	topic    = "arn:aws:sns:eu-central-1:123456789012:ses"
	certURL  = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"
	visitURL = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=tok"
)

var snsKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// sns is Amazon SNS with a certificate of its own.
type sns struct {
	*webhooks.Readers
	certificate []byte
	fetched     []string
	down        bool
}

func newSNS(t *testing.T, host string, until time.Time) *sns {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &snsKey().PublicKey, snsKey())
	require.NoError(t, err)
	s := &sns{certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	s.Readers = readers(t, webhooks.Options{SESTopicARN: topic, Fetch: func(_ context.Context, url string) ([]byte, error) {
		s.fetched = append(s.fetched, url)
		if s.down {
			return nil, errors.New("down")
		}
		return s.certificate, nil
	}})
	return s
}

// envelope is a notification that carries event, signed.
func envelope(t *testing.T, version, event string) map[string]string {
	t.Helper()
	m := map[string]string{
		"Type": "Notification", "MessageId": "n-1", "TopicArn": topic, "Subject": "Amazon SES", "Message": event,
		"Timestamp": "2026-03-02T09:00:00.000Z", "SignatureVersion": version, "SigningCertURL": certURL,
	}
	sign(t, m, "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
	return m
}

func sign(t *testing.T, m map[string]string, names ...string) {
	t.Helper()
	var text string
	for _, name := range names {
		text += name + "\n" + m[name] + "\n"
	}
	hash, digest := crypto.SHA1, sha1.Sum([]byte(text))
	sum := digest[:]
	if m["SignatureVersion"] == "2" {
		long := sha256.Sum256([]byte(text))
		hash, sum = crypto.SHA256, long[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, snsKey(), hash, sum)
	require.NoError(t, err)
	m["Signature"] = base64.StdEncoding.EncodeToString(signature)
}

func snsCall(t *testing.T, m map[string]string) webhooks.Call {
	t.Helper()
	body, err := json.Marshal(m)
	require.NoError(t, err)
	return webhooks.Call{Path: "/webhooks/ses", Header: http.Header{}, Body: body}
}

const delivered = `{"eventType":"Delivery","mail":{"messageId":"m-1"}}`

func TestSNSSignaturesAreChecked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version string
		change  func(map[string]string)
		good    bool
		fetched int
	}{
		"version 1":             {"1", func(map[string]string) {}, true, 1},
		"version 2":             {"2", func(map[string]string) {}, true, 1},
		"version of the other":  {"1", func(m map[string]string) { m["SignatureVersion"] = "2" }, false, 1},
		"unknown version":       {"1", func(m map[string]string) { m["SignatureVersion"] = "3" }, false, 0},
		"changed message":       {"2", func(m map[string]string) { m["Message"] += " " }, false, 1},
		"changed id":            {"2", func(m map[string]string) { m["MessageId"] = "n-2" }, false, 1},
		"subject taken off":     {"2", func(m map[string]string) { delete(m, "Subject") }, false, 1},
		"no signature":          {"2", func(m map[string]string) { delete(m, "Signature") }, false, 1},
		"not base64":            {"2", func(m map[string]string) { m["Signature"] = "%" }, false, 0},
		"another topic":         {"2", func(m map[string]string) { m["TopicArn"] += "2" }, false, 0},
		"certificate elsewhere": {"2", func(m map[string]string) { m["SigningCertURL"] = "https://sns.example.com/a.pem" }, false, 0},
		"certificate beside":    {"2", func(m map[string]string) { m["SigningCertURL"] = "https://sns.eu-1.amazonaws.com.example.com/a.pem" }, false, 0},
		"certificate in clear":  {"2", func(m map[string]string) { m["SigningCertURL"] = "http://sns.eu-central-1.amazonaws.com/a.pem" }, false, 0},
		"certificate with user": {"2", func(m map[string]string) { m["SigningCertURL"] = "https://a@sns.eu-central-1.amazonaws.com/a.pem" }, false, 0},
		"no certificate":        {"2", func(m map[string]string) { m["SigningCertURL"] = "https://sns.eu-central-1.amazonaws.com/a" }, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := newSNS(t, "sns.amazonaws.com", time.Now().Add(time.Hour)), envelope(t, test.version, delivered)
			test.change(m)
			got, err := s.SES(t.Context(), snsCall(t, m))
			require.Len(t, s.fetched, test.fetched)
			if !test.good {
				require.ErrorIs(t, err, webhooks.ErrSignature)
				require.Empty(t, got)
				return
			}
			require.NoError(t, err)
			require.Len(t, got, 1)
			_, err = s.SES(t.Context(), snsCall(t, m))
			require.NoError(t, err)
			require.Len(t, s.fetched, 1, "the certificate is kept")
		})
	}
}

func TestSNSCertificatesHaveToBeSNSs(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*sns{
		"of another host": newSNS(t, "elsewhere.example.com", time.Now().Add(time.Hour)),
		"expired":         newSNS(t, "sns.amazonaws.com", time.Now().Add(-time.Hour)),
	} {
		_, err := s.SES(t.Context(), snsCall(t, envelope(t, "2", delivered)))
		require.ErrorIs(t, err, webhooks.ErrSignature, name)
	}
	s := newSNS(t, "sns.amazonaws.com", time.Now().Add(time.Hour))
	s.down = true
	_, err := s.SES(t.Context(), snsCall(t, envelope(t, "2", delivered)))
	require.ErrorIs(t, err, webhooks.ErrUnreachable, "SNS calls again")
}

func TestSNSSubscriptionsAreConfirmedAtSNSOnly(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"SubscriptionConfirmation", "UnsubscribeConfirmation"} {
		for _, visit := range []string{visitURL, "https://169.254.169.254/latest"} {
			s, m := newSNS(t, "sns.amazonaws.com", time.Now().Add(time.Hour)), envelope(t, "1", "You have chosen to subscribe")
			m["Type"], m["SubscribeURL"], m["Token"] = typ, visit, "tok"
			sign(t, m, "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
			got, err := s.SES(t.Context(), snsCall(t, m))
			require.Empty(t, got)
			switch {
			case typ == "UnsubscribeConfirmation":
				require.NoError(t, err)
				require.Equal(t, []string{certURL}, s.fetched, "whoever was taken off does not subscribe again")
			case visit == visitURL:
				require.NoError(t, err)
				require.Equal(t, []string{certURL, visitURL}, s.fetched)
			default:
				require.ErrorIs(t, err, webhooks.ErrSignature)
				require.Equal(t, []string{certURL}, s.fetched)
			}
		}
	}
}

func TestSESEventsBecomeFeedback(t *testing.T) {
	t.Parallel()
	s := newSNS(t, "sns.eu-central-1.amazonaws.com", time.Now().Add(time.Hour))
	const agent = `"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"`
	sent, at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	for event, want := range map[string]*feedback.Report{
		`"eventType":"Send"`: {Kind: feedback.Sent, At: sent},
		`"eventType":"DeliveryDelay","deliveryDelay":{"timestamp":"2026-03-02T09:05:00Z"}`:                                                                               {Kind: feedback.Sent, Detail: "deferred", At: at},
		`"eventType":"Delivery","delivery":{"timestamp":"2026-03-02T09:05:00Z"}`:                                                                                         {Kind: feedback.Delivered, At: at},
		`"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"status":"5.1.1"}],"timestamp":"2026-03-02T09:05:00Z"}`: {Kind: feedback.Bounced, Detail: "5.1.1", At: at},
		`"notificationType":"Bounce","bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","timestamp":"2026-03-02T09:05:00Z"}`:                               {Kind: feedback.SoftBounced, Detail: "mailboxfull", At: at},
		`"eventType":"Bounce","bounce":{"bounceType":"Undetermined","timestamp":"2026-03-02T09:05:00Z"}`:                                                                 {Kind: feedback.SoftBounced, At: at},
		`"eventType":"Complaint","complaint":{"complaintFeedbackType":"abuse","timestamp":"2026-03-02T09:05:00Z"}`:                                                       {Kind: feedback.Complained, Detail: "abuse", At: at},
		`"eventType":"Complaint","complaint":{"complaintFeedbackType":"not-spam"}`:                                                                                       nil,
		`"eventType":"Reject","reject":{"reason":"Bad content"}`:                                                                                                         {Kind: feedback.Failed, Detail: "bad-content", At: sent},
		`"eventType":"Open","open":{"timestamp":"2026-03-02T09:05:00Z",` + agent + `}`:                                                                                   {Kind: feedback.Opened, At: at},
		`"eventType":"Click","click":{"timestamp":"2026-03-02T09:05:00Z","link":"https://x.test",` + agent + `}`:                                                         {Kind: feedback.Clicked, At: at},
		`"eventType":"Subscription","subscription":{"timestamp":"2026-03-02T09:05:00Z","newTopicPreferences":{"unsubscribeAll":true}}`:                                   {Kind: feedback.Unsubscribed, At: at},
		`"eventType":"Subscription","subscription":{"newTopicPreferences":{"unsubscribeAll":false}}`:                                                                     nil,
		`"eventType":"Elsewhere"`: nil,
	} {
		body := `{` + event + `,"mail":{"timestamp":"2026-03-02T09:00:00Z","messageId":"m-1","destination":["rep@example.com"],"tags":{"perdura_message":["` + message.String() + `"]}}}`
		got, err := s.SES(t.Context(), snsCall(t, envelope(t, "2", body)))
		require.NoError(t, err, event)
		if want == nil {
			require.Empty(t, got, event)
			continue
		}
		want.Provider, want.ExternalID, want.ProviderID, want.MessageID = "ses", "n-1", "m-1", message
		want.Channel, want.Address = "email", "rep@example.com"
		require.Equal(t, []feedback.Report{*want}, got, event)
	}
	_, err := s.SES(t.Context(), snsCall(t, envelope(t, "2", "words")))
	require.ErrorIs(t, err, webhooks.ErrGarbage)
}
