package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/perdura/perdura/activities/provider"
)

// SendGridActivity is SendGrid with the Email Activity API, which knows what was accepted:
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api. It is sold as an
// add-on and lags behind by some minutes.
type SendGridActivity struct{ *SendGrid }

var _ provider.Finder = (*SendGridActivity)(nil)

// Settled is the setting sendgrid.lookup.
func (s *SendGridActivity) Settled() time.Duration { return s.opts.Lookup }

// Find asks for the mail whose custom argument is the ledger's id and returns its X-Message-Id. The argument is ours
// alone, so nothing needs to be claimed.
func (s *SendGridActivity) Find(ctx context.Context, m provider.Message, _ func(id string) bool) (string, bool, error) {
	query := url.Values{
		"query": {fmt.Sprintf(`(unique_args['%s']="%s")`, MessageArgument, m.ID)},
		"limit": {"1"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.opts.URL+"/v3/messages?"+query.Encode(), nil)
	if err != nil {
		return "", false, errors.New("sendgrid.url: it cannot be called; correct it")
	}
	res, body, err := s.call(req)
	switch {
	case err != nil:
		return "", false, errors.New("look for a mail at SendGrid: no answer")
	case res.StatusCode == http.StatusTooManyRequests:
		return "", false, provider.RateLimited{After: sendGridWait(res.Header, time.Now())}
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		return "", false, fmt.Errorf("look for a mail at SendGrid: status %d: the key needs the permission Email Activity and the account that add-on; without them leave sendgrid.lookup empty", res.StatusCode)
	case res.StatusCode != http.StatusOK:
		return "", false, fmt.Errorf("look for a mail at SendGrid: status %d", res.StatusCode)
	}
	var answer struct {
		Messages []struct {
			ID string `json:"msg_id"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", false, errors.New("look for a mail at SendGrid: the answer is not its JSON")
	}
	if len(answer.Messages) == 0 {
		return "", false, nil
	}
	id, _, _ := strings.Cut(answer.Messages[0].ID, ".") // what follows names the server that took it
	return id, true, nil
}
