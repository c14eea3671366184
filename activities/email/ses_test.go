package email_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/provider/standin"
)

func ses(t *testing.T, url string) *email.SES {
	t.Helper()
	p, err := email.NewSES(email.SESOptions{
		Region: "eu-central-1", AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret", URL: url,
		From: "Zoë <no-reply@example.com>", ConfigurationSet: "perdura", Timeout: 2 * time.Second,
	})
	require.NoError(t, err)
	return p
}

// The shape is that of https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html.
func TestSESIsAskedAsItDescribes(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(200, `{"MessageId":"010701"}`))
	id, err := ses(t, a.URL).Send(context.Background(), campaign)
	require.NoError(t, err)
	require.Equal(t, "010701", id)
	r := a.Requests[0]
	require.Equal(t, http.MethodPost, r.Method)
	require.Equal(t, "/v2/email/outbound-emails", r.URL.Path)
	require.Contains(t, r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
	require.Contains(t, r.Header.Get("Authorization"), "/eu-central-1/ses/aws4_request")
	require.JSONEq(t, `{
		"FromEmailAddress": "=?utf-8?q?Zo=C3=AB?= <no-reply@example.com>",
		"Destination": {"ToAddresses": ["rep@example.com"]},
		"Content": {"Simple": {
			"Subject": {"Data": "News", "Charset": "UTF-8"},
			"Body": {"Text": {"Data": "text", "Charset": "UTF-8"}, "Html": {"Data": "<p>html</p>", "Charset": "UTF-8"}},
			"Headers": [
				{"Name": "List-Unsubscribe", "Value": "<`+campaign.Unsubscribe+`>"},
				{"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
				{"Name": "Precedence", "Value": "bulk"}, {"Name": "Feedback-ID", "Value": "news:bulk:perdura"}
			]
		}},
		"EmailTags": [{"Name": "perdura_message", "Value": "0190a000-0000-7000-8000-000000000001"}, {"Name": "category", "Value": "news"}],
		"ConfigurationSetName": "perdura"
	}`, string(a.Bodies[0]))
	var p provider.Provider = ses(t, a.URL)
	_, finder := p.(provider.Finder)
	_, repeater := p.(provider.Repeater)
	require.False(t, finder || repeater, "SES can be neither asked nor told twice")
}

func TestSESAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	refusal := func(status int, name string) http.HandlerFunc {
		return standin.Says(status, `{"message":"about rep@example.com"}`, "X-Amzn-ErrorType", name, "Content-Type", "application/json")
	}
	later := func(words string) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			require.ErrorContains(t, err, words)
			require.False(t, errorIsRejected(err) || provider.Doubtful(err))
			require.NotErrorAs(t, err, new(provider.RateLimited))
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
		"rejected":     {refusal(400, "MessageRejected"), is(provider.Rejected{Code: "ses-MessageRejected"})},
		"bad request":  {refusal(400, "BadRequestException"), is(provider.Rejected{Code: "ses-BadRequestException"})},
		"suspended":    {refusal(400, "AccountSuspendedException"), later("AccountSuspendedException")},
		"paused":       {refusal(400, "SendingPausedException"), later("SendingPausedException")},
		"mail from":    {refusal(400, "MailFromDomainNotVerifiedException"), later("look at the account")},
		"no set":       {refusal(404, "NotFoundException"), later("NotFoundException")},
		"too many":     {refusal(429, "TooManyRequestsException"), is(provider.RateLimited{After: time.Second})},
		"throttled":    {refusal(400, "ThrottlingException"), is(provider.RateLimited{After: time.Second})},
		"daily quota":  {refusal(400, "LimitExceededException"), is(provider.RateLimited{After: 10 * time.Minute})},
		"wrong key":    {refusal(403, "UnrecognizedClientException"), later("ses:SendEmail")},
		"out of order": {refusal(500, "InternalServiceErrorException"), later("status 500")},
		"down":         {standin.Says(503, ``), later("status 503")},
		"gateway":      {standin.Says(504, ``), doubt},
		"no answer":    {standin.Drops, doubt},
		"torn answer":  {standin.Says(200, `{"Mess`, "Content-Length", "100"), doubt},
		"no JSON":      {standin.Says(200, `<html>`), doubt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := standin.Serve(t, c.answer)
			_, err := ses(t, a.URL).Send(context.Background(), letter)
			require.Error(t, err)
			c.check(t, err)
			require.NotContains(t, err.Error(), "rep@")
			require.Equal(t, 1, a.Asked(), "whether to repeat is not the transport's to say")
		})
	}
	_, err := ses(t, "http://127.0.0.1:1").Send(context.Background(), letter)
	require.ErrorContains(t, err, "reach Amazon SES")
	require.False(t, provider.Doubtful(err))
}

func TestSESTakesAWSsOwnVariables(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	options := email.SESOptions{Region: "eu-central-1", From: "no-reply@example.com", Timeout: time.Second}
	_, err := email.NewSES(options)
	require.ErrorContains(t, err, "ses.access_key_id")

	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDFROMENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	a := standin.Serve(t, standin.Says(200, `{"MessageId":"010701"}`))
	options.URL = a.URL
	p, err := email.NewSES(options)
	require.NoError(t, err)
	_, err = p.Send(context.Background(), letter)
	require.NoError(t, err)
	require.Contains(t, a.Requests[0].Header.Get("Authorization"), "Credential=AKIDFROMENV/")
	require.Equal(t, "token", a.Requests[0].Header.Get("X-Amz-Security-Token"))
}
