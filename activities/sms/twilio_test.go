package sms_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/provider/standin"
	"github.com/perdura/perdura/activities/provider/vendorspec"
	"github.com/perdura/perdura/activities/sms"
)

const (
	description = "twilio/twilio_api_v2010.json"
	route       = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
	account     = "AC00000000000000000000000000000001"
	service     = "MG00000000000000000000000000000001"
	path        = "/2010-04-01/Accounts/" + account + "/Messages.json"
)

var (
	firstTried = time.Date(2026, 3, 2, 0, 2, 0, 0, time.UTC)
	text       = provider.Message{ID: uuid.MustParse("0190a000-0000-7000-8000-000000000001"), To: "+4915112345678", Text: "Hello Ada"}
)

// forms are the bodies that Twilio was sent.
func forms(t *testing.T, a *standin.API) (all []url.Values) {
	t.Helper()
	for _, body := range a.Bodies {
		form, err := url.ParseQuery(string(body))
		require.NoError(t, err)
		all = append(all, form)
	}
	return all
}

func twilio(t *testing.T, o sms.Options) *sms.Twilio {
	t.Helper()
	o.AccountSID, o.AuthToken, o.Timeout = account, "secret-token", 2*time.Second
	if o.MessagingService == "" {
		o.From = "+15005550006"
	}
	p, err := sms.NewTwilio(o)
	require.NoError(t, err)
	return p
}

func TestTwilioNeedsAnAccountAndOneSender(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sms.Options{
		"no account": {AuthToken: "t", From: "+1"}, "no token": {AccountSID: account, From: "+1"},
		"no sender": {AccountSID: account, AuthToken: "t"}, "two senders": {AccountSID: account, AuthToken: "t", From: "+1", MessagingService: service},
	} {
		_, err := sms.NewTwilio(o)
		require.ErrorContains(t, err, "twilio.", name)
	}
	require.Equal(t, 5*time.Second, twilio(t, sms.Options{}).Settled())
	require.Equal(t, time.Minute, twilio(t, sms.Options{Settled: time.Minute}).Settled())
}

func TestTwilioIsAskedAsItDescribes(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(201, `{"sid":"SM1","status":"queued"}`))
	for _, o := range []sms.Options{
		{URL: a.URL, Callback: "https://perdura.example.com/webhooks/twilio"},
		{URL: a.URL, MessagingService: service},
	} {
		id, err := twilio(t, o).Send(context.Background(), text)
		require.NoError(t, err)
		require.Equal(t, "SM1", id)
	}
	sent := forms(t, a)
	r := a.Requests[0]
	require.Equal(t, http.MethodPost, r.Method)
	require.Equal(t, path, r.URL.Path)
	require.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
	user, password, _ := r.BasicAuth()
	require.Equal(t, []string{account, "secret-token"}, []string{user, password})
	require.Equal(t, url.Values{
		"To": {text.To}, "Body": {text.Text}, "From": {"+15005550006"},
		"StatusCallback": {"https://perdura.example.com/webhooks/twilio?message=" + text.ID.String()},
	}, sent[0])
	require.Equal(t, url.Values{"To": {text.To}, "Body": {text.Text}, "MessagingServiceSid": {service}}, sent[1])

	d := vendorspec.Open(t, description)
	if d == nil {
		return
	}
	body := d.Body(t, d.Operation(t, route, "post"), "application/x-www-form-urlencoded")
	for _, form := range sent {
		value := map[string]any{}
		for name := range form {
			value[name] = form.Get(name)
		}
		require.NoError(t, d.Fit(body, value))
		value["StatusCallbackUrl"] = "x"
		require.ErrorContains(t, d.Fit(body, value), "StatusCallbackUrl is not described", "the check sees a misspelt name")
	}
}

func TestTwiliosAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	later := func(words string) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			require.ErrorContains(t, err, words)
			require.NotErrorAs(t, err, new(provider.Rejected))
			require.NotErrorAs(t, err, new(provider.RateLimited))
			require.False(t, provider.Doubtful(err))
		}
	}
	is := func(want error) func(*testing.T, error) {
		return func(t *testing.T, err error) { require.Equal(t, want, err) }
	}
	doubt := func(t *testing.T, err error) { require.True(t, provider.Doubtful(err), "%v", err) }
	fails := func(status, code int, headers ...string) http.HandlerFunc {
		return standin.Says(status, fmt.Sprintf(`{"code":%d,"message":"about +4915112345678","more_info":"https://www.twilio.com/docs/errors/%[1]d","status":%d}`, code, status), headers...)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		check  func(*testing.T, error)
	}{
		"accepted":           {standin.Says(201, `{"sid":"SM1"}`), func(t *testing.T, err error) { require.NoError(t, err) }},
		"opted out":          {fails(400, 21610), is(provider.Rejected{Code: "twilio-21610", OptedOut: true})},
		"invalid number":     {fails(400, 21211), is(provider.Rejected{Code: "twilio-21211", Address: true})},
		"not a mobile":       {fails(400, 21614), is(provider.Rejected{Code: "twilio-21614", Address: true})},
		"too long":           {fails(400, 21617), is(provider.Rejected{Code: "twilio-21617"})},
		"not JSON":           {standin.Says(400, `<html>+4915112345678`), is(provider.Rejected{Code: "http-400"})},
		"torn off refusal":   {standin.Says(400, `{"code":`, "Content-Length", "500"), is(provider.Rejected{Code: "http-400"})},
		"bad token":          {fails(401, 20003), later("check the twilio settings")},
		"not our number":     {fails(400, 21606), later("check the twilio settings")},
		"region closed":      {fails(400, 21408), later("check the twilio settings")},
		"other place":        {standin.Says(404, ``), later("check the twilio settings")},
		"too many":           {fails(429, 20429, "Retry-After", "7"), is(provider.RateLimited{After: 7 * time.Second})},
		"too many, no word":  {standin.Says(429, ``), is(provider.RateLimited{After: 2 * time.Second})},
		"queue full":         {fails(400, 21611), is(provider.RateLimited{After: 2 * time.Second})},
		"redirect":           {standin.Says(301, ``, "Location", "https://example.com"), later("status 301")},
		"out of order":       {fails(500, 20500), later("status 500")},
		"down":               {standin.Says(503, ``), later("status 503")},
		"bad gateway":        {standin.Says(502, ``), doubt},
		"gateway gave up":    {standin.Says(504, ``), doubt},
		"no answer":          {standin.Drops, doubt},
		"accepted, no id":    {standin.Says(201, `{}`), doubt},
		"accepted, not JSON": {standin.Says(201, `<html>`), doubt},
		"accepted, torn off": {standin.Says(201, `{"sid":"SM1"}`, "Content-Length", "500"), doubt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := standin.Serve(t, c.answer)
			id, err := twilio(t, sms.Options{URL: a.URL}).Send(context.Background(), text)
			c.check(t, err)
			require.Equal(t, err == nil, id == "SM1")
			if err != nil {
				require.NotContains(t, err.Error(), "+49")
				require.NotContains(t, err.Error(), account)
				require.NotContains(t, err.Error(), "secret-token")
			}
			require.Equal(t, 1, a.Asked(), "a doubtful message must not be sent again by the transport")
		})
	}
}

func TestNobodyIsThereMeansNotSent(t *testing.T) {
	t.Parallel()
	_, err := twilio(t, sms.Options{URL: "http://127.0.0.1:1"}).Send(context.Background(), text)
	require.ErrorContains(t, err, "reach Twilio")
	require.NotContains(t, err.Error(), account)
	require.False(t, provider.Doubtful(err))
}

func TestASlowTwilioLeavesTheMessageUnknown(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	a := standin.Serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server closes
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := twilio(t, sms.Options{URL: a.URL}).Send(ctx, text)
	require.True(t, provider.Doubtful(err), "%v", err)
}

// row is a Message resource in Twilio's list.
func row(sid, body, direction, created, service string) string {
	return fmt.Sprintf(`{"sid":%q,"body":%q,"from":"+15005550006","direction":%q,"date_created":%q,"messaging_service_sid":%q}`, sid, body, direction, created, service)
}

func none(string) bool { return false }

func TestTwiliosListIsAskedAsItDescribes(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(200, `{"messages":[],"next_page_uri":null}`))
	m := text
	m.FirstTried = firstTried
	_, found, err := twilio(t, sms.Options{URL: a.URL}).Find(context.Background(), m, none)
	require.NoError(t, err)
	require.False(t, found)
	r := a.Requests[0]
	require.Equal(t, http.MethodGet, r.Method)
	require.Equal(t, path, r.URL.Path)
	// Five minutes for the clocks before two past midnight are the day before.
	require.Equal(t, url.Values{"To": {text.To}, "From": {"+15005550006"}, "PageSize": {"200"}, "DateSent>": {"2026-03-01"}}, r.URL.Query())
	user, _, _ := r.BasicAuth()
	require.Equal(t, account, user)
	d := vendorspec.Open(t, description)
	if d == nil {
		return
	}
	list := d.Operation(t, route, "get")
	for name := range r.URL.Query() {
		require.True(t, list.Takes(name), name)
	}
}

func TestTwilioFindsAMessage(t *testing.T) {
	t.Parallel()
	const at, before = "Mon, 02 Mar 2026 00:02:01 +0000", "Sun, 01 Mar 2026 23:50:00 +0000"
	m := text
	m.FirstTried = firstTried
	ours := row("SM1", text.Text, "outbound-api", at, "")
	for name, c := range map[string]struct {
		rows    string
		service string
		claimed string
		want    string
	}{
		"there":               {ours, "", "", "SM1"},
		"none":                {"", "", "", ""},
		"other words":         {row("SM1", "Hello Bob", "outbound-api", at, ""), "", "", ""},
		"space at the end":    {row("SM1", text.Text+" ", "outbound-api", at, ""), "", "", "SM1"},
		"theirs":              {row("SM1", text.Text, "inbound", at, ""), "", "", ""},
		"before we tried":     {row("SM1", text.Text, "outbound-api", before, ""), "", "", ""},
		"no date":             {row("SM1", text.Text, "outbound-api", "", ""), "", "", "SM1"},
		"of our service":      {row("SM1", text.Text, "outbound-api", at, service), service, "", "SM1"},
		"of another service":  {row("SM1", text.Text, "outbound-api", at, "MG2"), service, "", ""},
		"another message's":   {ours, "", "SM1", ""},
		"the second of two":   {ours + "," + row("SM2", text.Text, "outbound-api", at, ""), "", "SM1", "SM2"},
		"not the first of it": {row("SM0", text.Text, "outbound-api", before, "") + "," + ours, "", "", "SM1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := standin.Serve(t, standin.Says(200, `{"messages":[`+c.rows+`],"next_page_uri":null}`))
			id, found, err := twilio(t, sms.Options{URL: a.URL, MessagingService: c.service}).
				Find(context.Background(), m, func(id string) bool { return id == c.claimed })
			require.NoError(t, err)
			require.Equal(t, c.want, id)
			require.Equal(t, c.want != "", found)
		})
	}
}

func TestTwoMessagesOfTheSameWordsAreNeverOne(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(200, `{"messages":[`+row("SM1", text.Text, "outbound-api", "", "")+`,`+row("SM2", text.Text, "outbound-api", "", "")+`]}`))
	claimed := map[string]bool{}
	for _, want := range []string{"SM1", "SM2", ""} {
		id, found, err := twilio(t, sms.Options{URL: a.URL}).Find(context.Background(), text, func(id string) bool { return claimed[id] })
		require.NoError(t, err)
		require.Equal(t, want, id)
		require.Equal(t, want != "", found)
		claimed[id] = true
	}
}

func TestTwiliosListIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("Page") == "" {
			standin.Says(200, `{"messages":[],"next_page_uri":"`+path+`?Page=1"}`)(w, r)
			return
		}
		standin.Says(200, `{"messages":[`+row("SM9", text.Text, "outbound-api", "", "")+`]}`)(w, r)
	})
	id, found, err := twilio(t, sms.Options{URL: a.URL}).Find(context.Background(), text, none)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "SM9", id)

	endless := standin.Serve(t, standin.Says(200, `{"messages":[],"next_page_uri":"`+path+`?Page=1"}`))
	_, found, err = twilio(t, sms.Options{URL: endless.URL}).Find(context.Background(), text, none)
	require.ErrorContains(t, err, "more than 10 pages", "not found would send it again")
	require.False(t, found)
	require.Equal(t, 10, endless.Asked())
}

func TestALookUpThatFailsFindsNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"busy": standin.Says(429, ``, "Retry-After", "7"), "down": standin.Says(500, ``), "cut": standin.Drops, "not JSON": standin.Says(200, `<html>`), "no right": standin.Says(401, ``),
		"elsewhere": standin.Says(200, `{"messages":[],"next_page_uri":"https://example.com/"}`),
	} {
		a := standin.Serve(t, answer)
		_, found, err := twilio(t, sms.Options{URL: a.URL}).Find(context.Background(), text, none)
		require.Error(t, err, name)
		require.False(t, found, name)
		require.False(t, provider.Doubtful(err), "%s: a look-up that failed is no hand-over", name)
		require.NotContains(t, err.Error(), account, name)
		require.NotContains(t, err.Error(), "+49", name)
		if name == "busy" {
			require.Equal(t, provider.RateLimited{After: 7 * time.Second}, err)
		}
	}
}
