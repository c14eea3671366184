package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/feedback"
)

const (
	twilioToken     = "12345"
	twilioSignature = "X-Twilio-Signature"
)

// twilioCall is a call as Twilio signs it, made to address.
func twilioCall(t *testing.T, address string, form url.Values) webhooks.Call {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(address))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			mac.Write([]byte(name + value))
		}
	}
	c := webhooks.Call{Path: u.EscapedPath(), Query: u.RawQuery, Header: http.Header{}, Body: []byte(form.Encode())}
	c.Header.Set(twilioSignature, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return c
}

func TestTwiliosSignatureIsThatOfItsDocuments(t *testing.T) {
	t.Parallel()
	// The example of https://www.twilio.com/docs/usage/webhooks/webhooks-security: only the signature can be judged, since
	// it is a voice call.
	c := webhooks.Call{
		Path: "/myapp.php", Query: "foo=1&bar=2", Header: http.Header{},
		Body: []byte("CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"),
	}
	c.Header.Set(twilioSignature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
	r := readers(t, webhooks.Options{TwilioAuthToken: twilioToken, PublicURL: "https://mycompany.com"})
	_, err := r.Twilio(c)
	require.ErrorIs(t, err, webhooks.ErrGarbage)
	c.Header.Set(twilioSignature, "RSOYDt4T1cUTdK1PDd93/VVr8B9=")
	_, err = r.Twilio(c)
	require.ErrorIs(t, err, webhooks.ErrSignature)
}

func TestTwiliosSignatureCoversAddressAndParameters(t *testing.T) {
	t.Parallel()
	const base = "https://perdura.example.com"
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}, "To": {"+49301234"}}
	query := "/webhooks/twilio?message=" + message.String()
	for name, test := range map[string]struct {
		signed string
		change func(*webhooks.Call)
		good   bool
	}{
		"good":              {base + query, func(*webhooks.Call) {}, true},
		"with the port":     {base + ":443" + query, func(*webhooks.Call) {}, true},
		"another port":      {base + ":8443" + query, func(*webhooks.Call) {}, false},
		"another host":      {"https://elsewhere.example.com" + query, func(*webhooks.Call) {}, false},
		"another scheme":    {"http://perdura.example.com" + query, func(*webhooks.Call) {}, false},
		"changed parameter": {base + query, func(c *webhooks.Call) { c.Body = []byte("MessageSid=SM1&MessageStatus=failed&To=%2B49301234") }, false},
		"added parameter":   {base + query, func(c *webhooks.Call) { c.Body = append(c.Body, "&ErrorCode=30005"...) }, false},
		"changed query":     {base + query, func(c *webhooks.Call) { c.Query = "message=0190a000-0000-7000-8000-000000000002" }, false},
		"missing":           {base + query, func(c *webhooks.Call) { c.Header.Del(twilioSignature) }, false},
		"wrong":             {base + query, func(c *webhooks.Call) { c.Header.Set(twilioSignature, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=") }, false},
		"no form":           {base + query, func(c *webhooks.Call) { c.Body = []byte("%zz") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := twilioCall(t, test.signed, form)
			test.change(&c)
			got, err := readers(t, webhooks.Options{TwilioAuthToken: twilioToken, PublicURL: base}).Twilio(c)
			if !test.good {
				require.ErrorIs(t, err, webhooks.ErrSignature)
				require.Empty(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []feedback.Report{{
				Provider: "twilio", ExternalID: "SM1/delivered", ProviderID: "SM1", MessageID: message, Channel: "sms", Address: "+49301234",
				Kind: feedback.Delivered,
			}}, got)
		})
	}
}

func TestTwiliosCallsBecomeFeedback(t *testing.T) {
	t.Parallel()
	const base = "https://perdura.example.com"
	r := readers(t, webhooks.Options{TwilioAuthToken: twilioToken, PublicURL: base})
	read := func(form url.Values) ([]feedback.Report, error) {
		form.Set("MessageSid", "SM1")
		return r.Twilio(twilioCall(t, base+"/webhooks/twilio", form))
	}
	for _, test := range []struct {
		status, code string
		kind         feedback.Kind
		detail       string
	}{
		{"queued", "", feedback.Sent, ""},
		{"sent", "", feedback.Sent, ""},
		{"delivered", "", feedback.Delivered, ""},
		{"read", "", feedback.Opened, ""},
		{"undelivered", "30003", feedback.SoftBounced, "twilio-30003"},
		{"undelivered", "30005", feedback.Bounced, "twilio-30005"},
		{"undelivered", "30006", feedback.Bounced, "twilio-30006"},
		{"failed", "21610", feedback.Unsubscribed, "twilio-21610"},
		{"failed", "21211", feedback.Bounced, "twilio-21211"},
		{"failed", "30001", feedback.Failed, "twilio-30001"},
		{"canceled", "", feedback.Failed, "canceled"},
	} {
		form := url.Values{"MessageStatus": {test.status}, "To": {"+49301234"}}
		if test.code != "" {
			form.Set("ErrorCode", test.code)
		}
		got, err := read(form)
		require.NoError(t, err, test)
		require.Equal(t, []feedback.Report{{
			Provider: "twilio", ExternalID: "SM1/" + test.status, ProviderID: "SM1", Channel: "sms", Address: "+49301234", Kind: test.kind, Detail: test.detail,
		}}, got, test)
	}
	for typ, keyword := range map[string]string{"STOP": feedback.Stop, "START": feedback.Start, "HELP": feedback.Help, "": ""} {
		form := url.Values{"SmsStatus": {"received"}, "From": {"+49301234"}, "To": {"+15005550006"}, "Body": {"Stop"}}
		if typ != "" {
			form.Set("OptOutType", typ)
		}
		got, err := read(form)
		require.NoError(t, err, typ)
		require.Equal(t, []feedback.Report{{
			Provider: "twilio", ExternalID: "inbound/SM1", Kind: feedback.Replied, Channel: "sms", Address: "+49301234",
			Reply: &feedback.Reply{Text: "Stop", Keyword: keyword},
		}}, got, typ)
	}
	_, err := read(url.Values{"MessageStatus": {"vanished"}})
	require.ErrorIs(t, err, webhooks.ErrGarbage)
}
