package email

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/perdura/perdura/activities/provider"
)

// SESOptions configure an Amazon SES provider.
type SESOptions struct {
	Region string
	// AccessKeyID and SecretAccessKey are empty to take AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
	AccessKeyID, SecretAccessKey string
	// URL replaces the regional endpoint; empty for AWS's own.
	URL string
	// From is the sender's address, with or without a display name.
	From string
	// ConfigurationSet publishes the events; empty for the identity's own.
	ConfigurationSet string
	// Timeout bounds one call.
	Timeout time.Duration
}

// SES sends mail through Amazon SES's API version 2. It is safe for concurrent use. SES has no key against repeats and
// cannot be asked what it took, so it is neither provider.Finder nor provider.Repeater.
type SES struct {
	opts   SESOptions
	from   sender
	client *sesv2.Client
}

var _ provider.Provider = (*SES)(nil)

// NewSES checks the options; it does not connect.
func NewSES(o SESOptions) (*SES, error) {
	from, err := parseSender(o.From)
	if err != nil {
		return nil, err
	}
	keys := aws.Credentials{AccessKeyID: o.AccessKeyID, SecretAccessKey: o.SecretAccessKey, Source: "settings"}
	if o.AccessKeyID == "" {
		keys = aws.Credentials{
			AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken: os.Getenv("AWS_SESSION_TOKEN"), Source: "environment",
		}
	}
	if !keys.HasKeys() {
		return nil, errors.New("ses.access_key_id: there are no AWS credentials; set ses.access_key_id and ses.secret_access_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	options := sesv2.Options{
		Region: o.Region, HTTPClient: provider.Client(o.Timeout),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }),
		// A repeat after a lost answer would be a second mail; whether to repeat is the ledger's to say.
		Retryer: aws.NopRetryer{},
	}
	if o.URL != "" {
		options.BaseEndpoint = aws.String(o.URL)
	}
	return &SES{opts: o, from: from, client: sesv2.New(options)}, nil
}

// Name is "ses".
func (*SES) Name() string { return "ses" }

// Channel is Email.
func (*SES) Channel() provider.Channel { return provider.Email }

// Send hands the mail over (SendEmail) and returns SES's message id.
func (s *SES) Send(ctx context.Context, m provider.Message) (string, error) {
	to, err := recipient(m.To)
	if err != nil {
		return "", err
	}
	ctx, handover := provider.Watch(ctx)
	out, err := s.client.SendEmail(ctx, s.input(m, to))
	if err != nil {
		return "", sesRefusal(handover, err)
	}
	return aws.ToString(out.MessageId), nil
}

func (s *SES) input(m provider.Message, to string) *sesv2.SendEmailInput {
	utf8 := func(text string) *types.Content { return &types.Content{Data: &text, Charset: aws.String("UTF-8")} }
	content := &types.Message{Subject: utf8(oneLine(m.Subject)), Body: &types.Body{Text: utf8(m.Text)}, Attachments: sesFiles(m)}
	if m.HTML != "" {
		content.Body.Html = utf8(m.HTML)
	}
	for _, h := range fields(m) {
		content.Headers = append(content.Headers, types.MessageHeader{Name: aws.String(h.name), Value: aws.String(h.value)})
	}
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(s.from.mailbox()),
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content:          &types.EmailContent{Simple: content},
		EmailTags:        []types.MessageTag{{Name: aws.String(MessageArgument), Value: aws.String(m.ID.String())}},
	}
	if m.Category != "" {
		in.EmailTags = append(in.EmailTags, types.MessageTag{Name: aws.String("category"), Value: aws.String(tag(m.Category))})
	}
	if s.opts.ConfigurationSet != "" {
		in.ConfigurationSetName = aws.String(s.opts.ConfigurationSet)
	}
	return in
}

const (
	secondPause = time.Second      // the sending rate is counted by the second
	quotaPause  = 10 * time.Minute // the quota by the day
)

// sesRefusal maps an error of SendEmail. Its words may quote the address and stay out of ours.
func sesRefusal(handover *provider.Handover, err error) error {
	var answer *awshttp.ResponseError
	var named smithy.APIError
	// The SDK also wraps a call without an answer so, with status 0.
	if !errors.As(err, &answer) || answer.HTTPStatusCode() == 0 {
		return handover.NoAnswer("Amazon SES", err)
	}
	status, code := answer.HTTPStatusCode(), ""
	if errors.As(err, &named) {
		code = named.ErrorCode()
	}
	switch code {
	case "TooManyRequestsException", "ThrottlingException", "Throttling":
		return provider.RateLimited{After: provider.Wait(answer.Response.Header, time.Now(), secondPause)}
	case "LimitExceededException":
		return provider.RateLimited{After: quotaPause}
	case "MessageRejected", "BadRequestException":
		return provider.Rejected{Code: "ses-" + code}
	case "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException":
		return fmt.Errorf("amazon SES does not let this account send (%s): look at the account and the identity of smtp.from", code)
	}
	switch {
	case status < http.StatusMultipleChoices: // taken, and the answer was torn
		return provider.Unknown{Cause: err}
	case status == http.StatusTooManyRequests:
		return provider.RateLimited{After: provider.Wait(answer.Response.Header, time.Now(), secondPause)}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return provider.Unknown{Cause: err}
	case status >= http.StatusInternalServerError:
		return fmt.Errorf("amazon SES cannot take the mail now (status %d)", status)
	default: // signature, permission, endpoint: a matter of settings
		return fmt.Errorf("amazon SES does not let this account send (status %d): check the ses settings and the permission ses:SendEmail", status)
	}
}

// tag keeps what a tag of SES may hold: ASCII letters, digits, underscores and dashes, 256 at most.
func tag(s string) string {
	clean := []byte(word(s))
	for i, b := range clean {
		if b == '.' {
			clean[i] = '-'
		}
	}
	return string(clean[:min(len(clean), 256)])
}
