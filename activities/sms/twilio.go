// Package sms sends text messages through Twilio's Programmable Messaging.
package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
)

// Options configure a Twilio provider.
type Options struct {
	AccountSID, AuthToken string
	// From is an E.164 number, a short code or a sender ID; MessagingService (MG…) stands instead of it.
	From, MessagingService string
	// URL is the base of the API, without a trailing slash.
	URL string
	// Callback is the URL of our webhook for delivery statuses; empty for none.
	Callback string
	// Timeout bounds one call.
	Timeout time.Duration
	// Settled is how long Twilio may take to list a message that it accepted; 5 s when 0.
	Settled time.Duration
}

const defaultSettled = 5 * time.Second

// Twilio sends text messages; it is a provider.Provider and a provider.Finder. Twilio has no key against repeats, so a
// message whose answer was lost is looked for among those to the same number with the same words.
type Twilio struct {
	opts     Options
	messages string
	http     *http.Client
}

var (
	_ provider.Provider = (*Twilio)(nil)
	_ provider.Finder   = (*Twilio)(nil)
)

// NewTwilio checks the options; it does not connect.
func NewTwilio(o Options) (*Twilio, error) {
	if o.AccountSID == "" || o.AuthToken == "" {
		return nil, errors.New("twilio.account_sid: text messages need an account and its auth token; set twilio.account_sid and twilio.auth_token")
	}
	if (o.From == "") == (o.MessagingService == "") {
		return nil, errors.New("twilio.from: text messages need one sender; set twilio.from or twilio.messaging_service")
	}
	if o.Settled == 0 {
		o.Settled = defaultSettled
	}
	return &Twilio{
		opts: o, http: provider.Client(o.Timeout),
		messages: o.URL + "/2010-04-01/Accounts/" + url.PathEscape(o.AccountSID) + "/Messages.json",
	}, nil
}

// Name is "twilio".
func (*Twilio) Name() string { return "twilio" }

// Channel is SMS.
func (*Twilio) Channel() provider.Channel { return provider.SMS }

// Settled is how long after a hand-over Find can be relied upon.
func (t *Twilio) Settled() time.Duration { return t.opts.Settled }

// Send creates a Message resource (api.v2010, CreateMessage) and returns its SID.
func (t *Twilio) Send(ctx context.Context, m provider.Message) (string, error) {
	form := url.Values{"To": {m.To}, "Body": {m.Text}}
	if t.opts.MessagingService != "" {
		form.Set("MessagingServiceSid", t.opts.MessagingService)
	} else {
		form.Set("From", t.opts.From)
	}
	if t.opts.Callback != "" {
		form.Set("StatusCallback", t.callback(m.ID))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.messages, strings.NewReader(form.Encode()))
	if err != nil {
		return "", errors.New("twilio.url: it cannot be called; correct it")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, body, err := t.call(req)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusCreated && res.StatusCode != http.StatusOK {
		return "", refusal(res, body)
	}
	var created struct {
		SID string `json:"sid"`
	}
	if err := json.Unmarshal(body, &created); err != nil || created.SID == "" {
		return "", provider.Unknown{Cause: errors.New("the answer names no message")}
	}
	return created.SID, nil
}

func (t *Twilio) callback(id uuid.UUID) string {
	return t.opts.Callback + "?message=" + id.String()
}

func (t *Twilio) call(req *http.Request) (*http.Response, []byte, error) {
	req.SetBasicAuth(t.opts.AccountSID, t.opts.AuthToken)
	return provider.Call(t.http, req, "Twilio")
}

// Error codes of https://www.twilio.com/docs/api/errors.
var (
	// badNumbers say that the recipient's number is to blame.
	badNumbers = []int{
		21211, // invalid 'To' number
		21214, // 'To' number cannot be reached
		21217, // number does not appear to be valid
		21614, // not a mobile number
		21635, // 'To' number is a landline
	}
	// ours say that the account is to blame: another try may succeed once somebody has mended it.
	ours = []int{
		20003, // authentication failed
		20005, // account not active
		20006, // access denied
		20404, // no such account
		21212, // invalid 'From'
		21219, // trial account, number not verified
		21408, // region not enabled
		21603, // 'From' missing
		21606, // 'From' is not ours
		21609, // StatusCallback is no valid URL
		21659, // 'From' does not belong to the country
		21660, // mismatch between the number and the account
		21701, // no such messaging service
		21703, // no sender in the messaging service
		21704, // the messaging service has no numbers
		30002, // account suspended
	}
	// tooMany say that Twilio's queue is full.
	tooMany = []int{20429, 14107, 21611, 30001, 63038}
)

// optedOut is "attempt to send to unsubscribed recipient".
const optedOut = 21610

// refusal maps an answer other than 201.
func refusal(res *http.Response, body []byte) error {
	var e struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(body, &e) // answers of a gateway in between are no JSON: the status has to do
	code := "twilio-" + strconv.Itoa(e.Code)
	if e.Code == 0 {
		code = "http-" + strconv.Itoa(res.StatusCode)
	}
	switch {
	case res.StatusCode == http.StatusTooManyRequests || slices.Contains(tooMany, e.Code):
		return provider.RateLimited{After: provider.Wait(res.Header, time.Now(), 2*time.Second)}
	case e.Code == optedOut:
		return provider.Rejected{Code: code, OptedOut: true}
	case slices.Contains(badNumbers, e.Code):
		return provider.Rejected{Code: code, Address: true}
	case slices.Contains(ours, e.Code) || (e.Code == 0 && slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, res.StatusCode)):
		return fmt.Errorf("twilio does not let this account send (%s): check the twilio settings", code)
	case res.StatusCode == http.StatusBadGateway || res.StatusCode == http.StatusGatewayTimeout:
		return provider.Unknown{Cause: fmt.Errorf("status %d", res.StatusCode)}
	case res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusRequestTimeout || res.StatusCode < http.StatusBadRequest:
		return fmt.Errorf("twilio cannot take the message now (status %d)", res.StatusCode)
	default:
		return provider.Rejected{Code: code}
	}
}
