package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testService = "MG00000000000000000000000000000002"

// twilio makes a request with the account's credentials and decodes the answer.
func twilio(t *testing.T, s *Sandbox, method, path string, form url.Values) (status int, answer map[string]any) {
	t.Helper()
	status, _, body := twilioRaw(t, s, method, path, form)
	require.NoError(t, json.Unmarshal(body, &answer), string(body))
	return status, answer
}

func twilioRaw(t *testing.T, s *Sandbox, method, path string, form url.Values) (int, http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequest(method, s.URL()+"/2010-04-01/Accounts/"+testAccount+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.SetBasicAuth(testAccount, testToken)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var body json.RawMessage
	require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
	return response.StatusCode, response.Header, body
}

func smsForm(pairs ...string) url.Values {
	form := url.Values{"To": {"+15550100001"}, "From": {"+15550100002"}, "Body": {"Hello"}}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			form.Del(pairs[i])
		} else {
			form.Set(pairs[i], pairs[i+1])
		}
	}
	return form
}

// The example that Twilio's own libraries test their validators with.
func TestTwilioSignatureMatchesTheVendorsVector(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	const address = "https://mycompany.com/myapp.php?foo=1&bar=2"
	require.Equal(t, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", twilioSignature("12345", address, form))
	require.NotEqual(t, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", twilioSignature("12346", address, form))
}

func TestTextMessageLifeCycle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form      url.Values
		first     string
		callbacks []string // Twilio makes none for the first status
	}{
		"from a number":            {smsForm(), "queued", []string{"sent", "delivered"}},
		"from a messaging service": {smsForm("From", "", "MessagingServiceSid", testService), "accepted", []string{"queued", "sent", "delivered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			product := newProduct(t)
			s := start(t, nil)
			callback := product.URL + "/v1/webhooks/twilio?run=1"
			c.form.Set("StatusCallback", callback)
			status, created := twilio(t, s, http.MethodPost, "/Messages.json", c.form)
			require.Equal(t, http.StatusCreated, status)
			require.Equal(t, c.first, created["status"])
			require.Equal(t, "Sun, 01 Mar 2026 09:30:00 +0000", created["date_created"])
			sid := created["sid"].(string)

			require.Eventually(t, func() bool {
				_, now := twilio(t, s, http.MethodGet, "/Messages/"+sid+".json", nil)
				return now["status"] == "delivered" && now["date_sent"] != nil && now["from"] != nil
			}, 5*time.Second, 5*time.Millisecond)
			var told []string
			for _, call := range product.received() {
				form := call.form(t)
				require.Equal(t, twilioSignature(testToken, callback, form), call.header.Get("X-Twilio-Signature"))
				require.Equal(t, sid, form.Get("MessageSid"))
				require.Equal(t, form.Get("MessageStatus"), form.Get("SmsStatus"))
				told = append(told, form.Get("MessageStatus"))
			}
			require.Equal(t, c.callbacks, told)

			m := listed(t, s, "?channel=sms&to=%2B15550100001")
			require.Len(t, m, 1)
			require.Equal(t, sid, m[0].ProviderID)
			require.Equal(t, "Hello", m[0].Text)
			require.NotContains(t, fmt.Sprint(m[0].Headers), "Basic", "the secret is not recorded")
			require.Equal(t, http.StatusOK, m[0].Events[len(m[0].Events)-1].WebhookStatus)
		})
	}
}

func TestBounceOvertakesDelivery(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	m := &Message{ID: newID(testNow), Channel: ChannelSMS, Status: "queued"}
	product := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		// The bounce comes while the product is still told of "sent".
		done, err := s.outbox.note(m.ID, Event{Name: "bounce", Status: "undelivered"}, nil)
		assert.True(t, done)
		assert.NoError(t, err)
	}))
	t.Cleanup(product.Close)
	require.NoError(t, s.outbox.add(nil, &sms{StatusCallback: product.URL}, m))
	require.False(t, s.advance(m.ID), "there is nothing more to do")
	require.Equal(t, "undelivered", listed(t, s, "")[0].Status)
}

func TestDeliveryGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	product := newProduct(t)
	dir := t.TempDir()
	s := start(t, func(o *Options) { o.DataDir, o.StatusDelay = dir, time.Hour })
	status, _ := twilio(t, s, http.MethodPost, "/Messages.json", smsForm("StatusCallback", product.URL))
	require.Equal(t, http.StatusCreated, status)
	require.NoError(t, s.Close())
	require.Empty(t, product.received())

	again := start(t, func(o *Options) { o.DataDir = dir })
	require.Eventually(t, func() bool { return listed(t, again, "")[0].Status == "delivered" }, 5*time.Second, 5*time.Millisecond)
	require.Len(t, product.received(), 2)
}

func TestTwilioErrors(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for name, c := range map[string]struct {
		form         url.Values
		status, code int
	}{
		"no recipient":        {smsForm("To", ""), 400, 21604},
		"invalid recipient":   {smsForm("To", "555-0100"), 400, 21211},
		"magic invalid":       {smsForm("To", "+15005550001"), 400, 21211},
		"magic unsubscribed":  {smsForm("To", "+15005550004"), 400, 21610},
		"no sender":           {smsForm("From", ""), 400, 21603},
		"invalid sender":      {smsForm("From", "<script>"), 400, 21212},
		"unknown service":     {smsForm("MessagingServiceSid", "MG1"), 400, 21701},
		"no words":            {smsForm("Body", ""), 400, 21602},
		"too many words":      {smsForm("Body", strings.Repeat("ü", 1601)), 400, 21617},
		"callback is no URL":  {smsForm("StatusCallback", "javascript:alert(1)"), 400, 21609},
		"longest body":        {smsForm("Body", strings.Repeat("ü", 1600)), 201, 0},
		"picture alone":       {smsForm("Body", "", "MediaUrl", "https://example.com/a.png"), 201, 0},
		"content template":    {smsForm("Body", "", "ContentSid", "HX00000000000000000000000000000003"), 201, 0},
		"alphanumeric sender": {smsForm("From", "Example"), 201, 0},
		"whatsapp":            {smsForm("To", "whatsapp:+15550100001", "From", "whatsapp:+15550100002"), 201, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := twilio(t, s, http.MethodPost, "/Messages.json", c.form)
			require.Equal(t, c.status, status, answer)
			if c.code != 0 {
				require.EqualValues(t, c.code, answer["code"])
				require.EqualValues(t, c.status, answer["status"])
				require.Equal(t, fmt.Sprintf("https://www.twilio.com/docs/errors/%d", c.code), answer["more_info"])
				require.NotEmpty(t, answer["message"])
			}
		})
	}
	for _, path := range []string{"/Messages/SM00000000000000000000000000000009.json", "/Messages/nothing.json"} {
		status, answer := twilio(t, s, http.MethodGet, path, nil)
		require.Equal(t, http.StatusNotFound, status)
		require.EqualValues(t, 20404, answer["code"])
	}
}

func TestTwilioAuthentication(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for name, c := range map[string]struct {
		user, password, account string
		want                    int
	}{
		"nobody":          {"", "", testAccount, http.StatusUnauthorized},
		"wrong token":     {testAccount, "1234", testAccount, http.StatusUnauthorized},
		"wrong user":      {"AC1", testToken, testAccount, http.StatusUnauthorized},
		"another account": {testAccount, testToken, "AC00000000000000000000000000000009", http.StatusNotFound},
		"itself":          {testAccount, testToken, testAccount, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequest(http.MethodGet, s.URL()+"/2010-04-01/Accounts/"+c.account+"/Messages.json", nil)
			require.NoError(t, err)
			request.SetBasicAuth(c.user, c.password)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			response.Body.Close()
			require.Equal(t, c.want, response.StatusCode)
		})
	}
}

func TestTwilioList(t *testing.T) {
	t.Parallel()
	now := testNow
	s := start(t, func(o *Options) { o.Now, o.StatusDelay = func() time.Time { return now }, time.Hour })
	for i := range 4 {
		now = testNow.AddDate(0, 0, i)
		twilio(t, s, http.MethodPost, "/Messages.json", smsForm("To", fmt.Sprintf("+1555010000%d", 1+i%2), "Body", fmt.Sprint(i)))
	}
	sendPlain(t, s, "mail@example.org", "not a text message")
	for query, want := range map[string]string{
		"":                                  "3210",
		"?To=%2B15550100001":                "20",
		"?From=%2B15550100009":              "",
		"?DateSent=2026-03-02":              "1",
		"?DateSent%3E=2026-03-02":           "321",
		"?DateSent%3C=2026-03-02":           "10",
		"?PageSize=3":                       "321",
		"?PageSize=3&Page=1":                "0",
		"?DateSent%3E=2026-03-02T09:30:01Z": "32",
	} {
		_, answer := twilio(t, s, http.MethodGet, "/Messages.json"+query, nil)
		got := ""
		for _, m := range answer["messages"].([]any) {
			got += m.(map[string]any)["body"].(string)
		}
		require.Equal(t, want, got, query)
		require.Equal(t, query == "?PageSize=3", answer["next_page_uri"] != nil, query)
	}
	status, answer := twilio(t, s, http.MethodGet, "/Messages.json?DateSent=soon", nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.EqualValues(t, 20001, answer["code"])
}

func TestTextMessageFaults(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, c := range []struct {
		mode         string
		status, code int
	}{{FaultFail, 500, 20500}, {FaultRateLimit, 429, 20429}, {FaultReject, 400, 21614}} {
		ask(t, s, http.MethodPost, "/outbox/faults", Fault{Channel: ChannelSMS, Mode: c.mode, Count: 1, RetryAfterSeconds: 7})
		status, header, body := twilioRaw(t, s, http.MethodPost, "/Messages.json", smsForm())
		require.Equal(t, c.status, status)
		require.Contains(t, string(body), fmt.Sprintf(`"code":%d`, c.code))
		require.Equal(t, c.mode == FaultRateLimit, header.Get("Retry-After") == "7")
	}
	require.Empty(t, listed(t, s, ""))
	for mode, kept := range map[string]int{FaultTimeout: 0, FaultTimeoutAfterAccept: 1} {
		ask(t, s, http.MethodPost, "/outbox/faults", Fault{Mode: mode, Count: 1, DelayMS: 1})
		request, err := http.NewRequest(http.MethodPost, s.URL()+"/2010-04-01/Accounts/"+testAccount+"/Messages.json", strings.NewReader(smsForm("Body", mode).Encode()))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth(testAccount, testToken)
		_, err = http.DefaultClient.Do(request)
		require.Error(t, err, "no answer comes")
		found := 0
		for _, m := range listed(t, s, "") {
			if m.Text == mode {
				found++
			}
		}
		require.Equal(t, kept, found, mode)
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		"": 1, strings.Repeat("a", 160): 1, strings.Repeat("a", 161): 2, strings.Repeat("a", 307): 3,
		strings.Repeat("€", 80): 1, strings.Repeat("€", 81): 2, strings.Repeat("ж", 70): 1,
		strings.Repeat("ж", 71): 2, strings.Repeat("😀", 36): 2, strings.Repeat("é", 160): 1,
	} {
		require.Equal(t, want, segments(body), body)
	}
}

// Twilio's own OpenAPI description is not part of the project. Where it lies
// next to it, or PERDURA_SPECS names its folder, the shapes are checked.
func TestMessageResourceFitsTwiliosDescription(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, created := twilio(t, s, http.MethodPost, "/Messages.json", smsForm("From", "", "MessagingServiceSid", testService))
	_, page := twilio(t, s, http.MethodGet, "/Messages.json", nil)
	require.Len(t, page["messages"], 1)
	require.Equal(t, created["sid"], page["messages"].([]any)[0].(map[string]any)["sid"])

	path := filepath.Join(specs(), "twilio", "twilio_api_v2010.json")
	description, err := readDescription(path)
	if err != nil {
		t.Logf("the shapes were not checked against Twilio's description: %v", err)
		return
	}
	t.Run("message", func(t *testing.T) {
		description.requireFit(t, description.Components.Schemas["api.v2010.account.message"], created)
	})
	t.Run("list", func(t *testing.T) {
		description.requireFit(t, description.answer(t, "/2010-04-01/Accounts/{AccountSid}/Messages.json", "get", "200"), page)
	})
}
