package webhooks

import (
	"crypto/hmac"
	"crypto/sha1" // the algorithm of Twilio's signature
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/perdura/perdura/feedback"
)

const (
	twilio          = "twilio"
	twilioSignature = "X-Twilio-Signature"
)

// verifyTwilio checks the signature over the URL that Twilio called, as Twilio knows it, and the sorted parameters:
// https://www.twilio.com/docs/usage/webhooks/webhooks-security. The URL is the public one, not that of this request,
// which a proxy may have changed. Twilio signs with and without the standard port, so both are taken. There is no time
// stamp in the scheme: a call that is repeated is known by its message's id.
func (r *Readers) verifyTwilio(c Call, form url.Values) error {
	if r.o.TwilioAuthToken == "" {
		return ErrNotServed
	}
	given := []byte(c.Header.Get(twilioSignature))
	if len(given) == 0 {
		return ErrSignature
	}
	var parameters strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			parameters.WriteString(name)
			parameters.WriteString(value)
		}
	}
	valid := false
	for _, address := range r.addresses(c) {
		mac := hmac.New(sha1.New, []byte(r.o.TwilioAuthToken))
		mac.Write([]byte(address + parameters.String()))
		valid = hmac.Equal(given, []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))) || valid
	}
	if !valid {
		return ErrSignature
	}
	return nil
}

// addresses are the spellings of the called URL.
func (r *Readers) addresses(c Call) []string {
	rest := c.Path
	if c.Query != "" {
		rest += "?" + c.Query
	}
	base := strings.TrimSuffix(r.o.PublicURL, "/")
	all := []string{base + rest}
	u, err := url.Parse(base)
	if err != nil {
		return all
	}
	port := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	switch {
	case u.Port() == "":
		u.Host += ":" + port
	case u.Port() == port:
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	default:
		return all
	}
	return append(all, u.String()+rest)
}

// twilioKeywords translates OptOutType of Advanced Opt-Out.
var twilioKeywords = map[string]string{"STOP": feedback.Stop, "START": feedback.Start, "HELP": feedback.Help}

// Twilio reads a status callback or an inbound message. Errors: ErrNotServed, ErrSignature, ErrGarbage.
func (r *Readers) Twilio(c Call) ([]feedback.Report, error) {
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		form = nil // the signature cannot be right either
	}
	if err := r.verifyTwilio(c, form); err != nil {
		return nil, err
	}
	sid := form.Get("MessageSid")
	if sid == "" || len(sid) > 64 {
		return nil, fmt.Errorf("%w: MessageSid is missing", ErrGarbage)
	}
	status := form.Get("MessageStatus")
	if status == "" {
		status = form.Get("SmsStatus")
	}
	if status == "received" || (status == "" && form.Has("Body")) {
		return []feedback.Report{{
			Provider: twilio, ExternalID: "inbound/" + sid, Kind: feedback.Replied, Channel: "sms", Address: form.Get("From"),
			Reply: &feedback.Reply{Text: form.Get("Body"), Keyword: twilioKeywords[strings.ToUpper(form.Get("OptOutType"))]},
		}}, nil
	}
	query, err := url.ParseQuery(c.Query)
	if err != nil {
		query = nil
	}
	report := feedback.Report{
		Provider: twilio, ExternalID: sid + "/" + status, ProviderID: sid, MessageID: parseID(query.Get("message")),
		Channel: "sms", Address: form.Get("To"),
	}
	if e := form.Get("ErrorCode"); e != "" {
		report.Detail = code("twilio-" + e)
	}
	switch status {
	case "accepted", "scheduled", "queued", "sending", "sent":
		report.Kind = feedback.Sent
	case "delivered", "partially_delivered":
		report.Kind = feedback.Delivered
	case "read":
		report.Kind = feedback.Opened
	case "undelivered", "failed":
		report.Kind = twilioFailure(status, form.Get("ErrorCode"))
	case "canceled":
		report.Kind, report.Detail = feedback.Failed, "canceled"
	default:
		return nil, fmt.Errorf("%w: the status is unknown", ErrGarbage)
	}
	return []feedback.Report{report}, nil
}

// twilioFailure sorts Twilio's error codes (https://www.twilio.com/docs/api/errors).
func twilioFailure(status, errorCode string) feedback.Kind {
	switch errorCode {
	case "21211", "21214", "21217", "21614", "21635", "30005", "30006": // no such number, or none that takes messages
		return feedback.Bounced
	case "21610": // the person has stopped us before
		return feedback.Unsubscribed
	}
	if status == "failed" {
		return feedback.Failed
	}
	return feedback.SoftBounced // switched off, out of reach, filtered on the way
}
