package email_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/provider/standin"
	"github.com/perdura/perdura/activities/provider/vendorspec"
)

const mailDescription = "sendgrid/tsg_mail_v3.json"

func sendGrid(t *testing.T, url string, lookup time.Duration) provider.Provider {
	t.Helper()
	p, err := email.NewSendGrid(email.SendGridOptions{
		APIKey: "SG.test", URL: url, From: "Perdura <no-reply@example.com>", Timeout: 2 * time.Second, Lookup: lookup,
	})
	require.NoError(t, err)
	return p
}

func TestSendGridIsAskedAsItDescribes(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(202, "", "X-Message-Id", "14c5d75ce93"))
	p := sendGrid(t, a.URL, 0)
	for _, m := range []provider.Message{campaign, letter, {ID: letterID, To: "a@example.com", Subject: "s", Text: "t"}} {
		id, err := p.Send(context.Background(), m)
		require.NoError(t, err)
		require.Equal(t, "14c5d75ce93", id)
	}
	r := a.Requests[0]
	require.Equal(t, "/v3/mail/send", r.URL.Path)
	require.Equal(t, "Bearer SG.test", r.Header.Get("Authorization"))
	require.JSONEq(t, `{
		"personalizations": [{
			"to": [{"email": "rep@example.com"}], "custom_args": {"perdura_message": "0190a000-0000-7000-8000-000000000001"}
		}],
		"from": {"email": "no-reply@example.com", "name": "Perdura"}, "subject": "News",
		"content": [{"type": "text/plain", "value": "text"}, {"type": "text/html", "value": "<p>html</p>"}],
		"headers": {
			"Message-ID": "<0190a000-0000-7000-8000-000000000001@example.com>", "List-Unsubscribe": "<`+campaign.Unsubscribe+`>",
			"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Precedence": "bulk", "Feedback-ID": "news:bulk:perdura"
		},
		"categories": ["news"],
		"tracking_settings": {"click_tracking": {"enable": false}, "open_tracking": {"enable": false}, "subscription_tracking": {"enable": false}}
	}`, string(a.Bodies[0]))

	d := vendorspec.Open(t, mailDescription)
	if d == nil {
		return
	}
	body := d.Body(t, d.Operation(t, "/v3/mail/send", "post"), "application/json")
	for _, sent := range a.Bodies {
		var value map[string]any
		require.NoError(t, json.Unmarshal(sent, &value))
		require.NoError(t, d.Fit(body, value))
		value["custom_arg"] = 1
		require.ErrorContains(t, d.Fit(body, value), "custom_arg is not described", "the check sees a misspelt name")
	}
}

func TestSendGridsAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	reset := strconv.FormatInt(time.Now().Add(40*time.Second).Unix(), 10)
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
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		check  func(*testing.T, error)
	}{
		"bad recipient": {standin.Says(400, `{"errors":[{"message":"Does not contain a valid address.","field":"personalizations.0.to.0.email","help":null}]}`), is(provider.Rejected{Code: "sendgrid-400", Address: true})},
		"bad subject":   {standin.Says(400, `{"errors":[{"message":"The subject is required.","field":"subject"}]}`), is(provider.Rejected{Code: "sendgrid-400"})},
		"not JSON":      {standin.Says(400, `<html>rep@example.com`), is(provider.Rejected{Code: "sendgrid-400"})},
		"bad key":       {standin.Says(401, `{"errors":[{"message":"authorization required"}]}`), later("check sendgrid.api_key")},
		"no permission": {standin.Says(403, `{"errors":[{"message":"access forbidden"}]}`), later("check sendgrid.api_key")},
		"other place":   {standin.Says(404, ``), later("sendgrid.url")},
		"redirect":      {standin.Says(301, ``, "Location", "https://example.com"), later("sendgrid.url")},
		"too large":     {standin.Says(413, ``), is(provider.Rejected{Code: "sendgrid-413"})},
		"too many":      {standin.Says(429, ``, "Retry-After", "7"), is(provider.RateLimited{After: 7 * time.Second})},
		"too many until": {standin.Says(429, ``, "X-RateLimit-Reset", reset), func(t *testing.T, err error) {
			var limited provider.RateLimited
			require.ErrorAs(t, err, &limited)
			require.InDelta(t, 40, limited.After.Seconds(), 3)
		}},
		"out of order":     {standin.Says(500, ``), later("status 500")},
		"down":             {standin.Says(503, ``), later("status 503")},
		"gateway gave up":  {standin.Says(504, ``), doubt},
		"no answer":        {standin.Drops, doubt},
		"bad gateway":      {standin.Says(502, ``), doubt},
		"accepted, no id":  {standin.Says(202, ``), func(t *testing.T, err error) { require.NoError(t, err) }},
		"torn off refusal": {standin.Says(400, `{"errors":[`, "Content-Length", "500"), is(provider.Rejected{Code: "sendgrid-400"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := standin.Serve(t, c.answer)
			_, err := sendGrid(t, a.URL, 0).Send(context.Background(), letter)
			c.check(t, err)
			if err != nil {
				require.NotContains(t, err.Error(), "rep@")
				require.NotContains(t, err.Error(), "SG.test")
			}
			require.Equal(t, 1, a.Asked(), "a doubtful message must not be sent again by the transport")
		})
	}
}

func TestTheErrorsThatSendGridDescribesAreUnderstood(t *testing.T) {
	t.Parallel()
	d := vendorspec.Open(t, mailDescription)
	if d == nil {
		return
	}
	operation := d.Operation(t, "/v3/mail/send", "post")
	require.Len(t, operation.Responses, 8, "a new answer of SendGrid's needs a decision")
	for status := range operation.Responses {
		for _, example := range d.Examples(operation, status) {
			code, err := strconv.Atoi(status)
			require.NoError(t, err)
			_, err = sendGrid(t, standin.Serve(t, standin.Says(code, string(example))).URL, 0).Send(context.Background(), letter)
			require.Error(t, err, status)
			require.Equal(t, code == 400 || code == 413, errorIsRejected(err), "%s: %v", status, err)
		}
	}
}

func errorIsRejected(err error) bool {
	_, rejected := err.(provider.Rejected)
	return rejected
}

func TestNobodyIsThereMeansNotSent(t *testing.T) {
	t.Parallel()
	_, err := sendGrid(t, "http://127.0.0.1:1", 0).Send(context.Background(), letter)
	require.ErrorContains(t, err, "reach SendGrid")
	require.False(t, provider.Doubtful(err))
}

func TestASlowSendGridLeavesTheMessageUnknown(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	a := standin.Serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server closes
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := sendGrid(t, a.URL, 0).Send(ctx, letter)
	require.True(t, provider.Doubtful(err), "%v", err)
}

func TestSendGridIsAFinderOnlyWithALookup(t *testing.T) {
	t.Parallel()
	_, finder := sendGrid(t, "http://127.0.0.1:1", 0).(provider.Finder)
	require.False(t, finder)
	with, finder := sendGrid(t, "http://127.0.0.1:1", time.Minute).(provider.Finder)
	require.True(t, finder)
	require.Equal(t, time.Minute, with.Settled())
}

func TestSendGridFindsAMail(t *testing.T) {
	t.Parallel()
	never := func(string) bool { return false }
	find := func(answer http.HandlerFunc) (*standin.API, string, bool, error) {
		a := standin.Serve(t, answer)
		id, found, err := sendGrid(t, a.URL, time.Minute).(provider.Finder).Find(context.Background(), letter, never)
		return a, id, found, err
	}
	// The shape is that of https://www.twilio.com/docs/sendgrid/api-reference/email-activity/filter-all-messages.
	a, id, found, err := find(standin.Says(200, `{"messages":[{"from_email":"no-reply@example.com","msg_id":"14c5d75ce93.recvd-5bd8-1.0","subject":"s","to_email":"rep@example.com","status":"delivered","opens_count":0,"clicks_count":0,"last_event_time":"2026-03-01T09:30:00Z"}]}`))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "14c5d75ce93", id)
	require.Equal(t, "/v3/messages", a.Requests[0].URL.Path)
	require.Equal(t, `(unique_args['perdura_message']="`+letterID.String()+`")`, a.Requests[0].URL.Query().Get("query"))
	require.Equal(t, "1", a.Requests[0].URL.Query().Get("limit"))

	_, _, found, err = find(standin.Says(200, `{"messages":[]}`))
	require.NoError(t, err)
	require.False(t, found)
	for name, answer := range map[string]http.HandlerFunc{
		"not bought": standin.Says(403, ``), "busy": standin.Says(429, ``), "down": standin.Says(500, ``), "cut": standin.Drops, "not JSON": standin.Says(200, `<html>`),
	} {
		_, _, found, err = find(answer)
		require.Error(t, err, name)
		require.False(t, found, name)
		require.False(t, provider.Doubtful(err), "%s: a look-up that failed is no hand-over", name)
	}
}
