package webhooks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/tracking"
)

// Headers of SendGrid's signature:
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features.
const (
	sendGridSignature = "X-Twilio-Email-Event-Webhook-Signature"
	sendGridTimestamp = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// sendGrid is the name of the provider in the ledger and in reports.
const sendGrid = "sendgrid"

// maxEvents bounds one call. SendGrid sends a thousand at most.
const maxEvents = 5000

func sendGridKeys(setting string) ([]*ecdsa.PublicKey, error) {
	var keys []*ecdsa.PublicKey
	for text := range strings.SplitSeq(setting, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, errors.New("sendgrid.webhook_key: it is not base64; copy it from SendGrid as it is shown there")
		}
		key, err := x509.ParsePKIXPublicKey(der)
		public, ok := key.(*ecdsa.PublicKey)
		if err != nil || !ok || public.Curve != elliptic.P256() {
			return nil, errors.New("sendgrid.webhook_key: it is no P-256 public key; copy it from SendGrid as it is shown there")
		}
		keys = append(keys, public)
	}
	return keys, nil
}

// verifySendGrid checks the ECDSA signature over time stamp and raw body. SendGrid documents no age beyond which a call
// is to be refused and repeats failed calls for a day, under the time stamp of each try or of the first: nothing says
// which. So age is not judged. A call that somebody repeats does nothing, as each event in it is known by its id.
func (r *Readers) verifySendGrid(c Call) error {
	if len(r.sendGridKeys) == 0 {
		return ErrNotServed
	}
	signature, err := base64.StdEncoding.DecodeString(c.Header.Get(sendGridSignature))
	timestamp := c.Header.Get(sendGridTimestamp)
	if err != nil || len(signature) == 0 || timestamp == "" {
		return ErrSignature
	}
	h := sha256.New()
	h.Write([]byte(timestamp))
	h.Write(c.Body)
	digest := h.Sum(nil)
	for _, key := range r.sendGridKeys {
		if ecdsa.VerifyASN1(key, digest, signature) {
			return nil
		}
	}
	return ErrSignature
}

// sendGridEvent is one event, as far as it is read:
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event.
type sendGridEvent struct {
	Email          string          `json:"email"`
	Timestamp      json.Number     `json:"timestamp"`
	Event          string          `json:"event"`
	SMTPID         string          `json:"smtp-id"`
	EventID        string          `json:"sg_event_id"`
	SGMessageID    string          `json:"sg_message_id"`
	Message        json.RawMessage `json:"perdura_message"` // our custom argument
	Type           string          `json:"type"`
	Status         string          `json:"status"`
	Reason         string          `json:"reason"`
	Classification string          `json:"bounce_classification"`
	UserAgent      string          `json:"useragent"`
	URL            string          `json:"url"`
	MachineOpen    bool            `json:"sg_machine_open"`
	URLOffset      *struct {
		Index int `json:"index"`
	} `json:"url_offset"`
}

// SendGrid reads a call of the event webhook. Events that say nothing about a message are left out, and so is
// group_resubscribe: who comes back says so to us. Errors: ErrNotServed, ErrSignature, ErrGarbage.
func (r *Readers) SendGrid(c Call) ([]feedback.Report, error) {
	if err := r.verifySendGrid(c); err != nil {
		return nil, err
	}
	var events []json.RawMessage
	if err := json.Unmarshal(c.Body, &events); err != nil || len(events) > maxEvents {
		return nil, fmt.Errorf("%w: a JSON array of up to %d events is expected", ErrGarbage, maxEvents)
	}
	var out []feedback.Report
	for i, raw := range events {
		var e sendGridEvent
		if err := json.Unmarshal(raw, &e); err != nil || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			return nil, fmt.Errorf("%w: event %d is none", ErrGarbage, i)
		}
		out = append(out, r.sendGridReports(e, raw)...)
	}
	return out, nil
}

func (r *Readers) sendGridReports(e sendGridEvent, raw []byte) []feedback.Report {
	providerID, _, _ := strings.Cut(e.SGMessageID, ".") // what the API answered as X-Message-Id, with the way behind it
	var own string
	_ = json.Unmarshal(e.Message, &own) // an argument that is no text is none of ours
	id := parseID(own)
	if id.String() != strings.ToLower(own) {
		id = ledgerID(e.SMTPID)
	}
	report := feedback.Report{
		Provider: sendGrid, ExternalID: eventID(e.EventID, raw), MessageID: id, ProviderID: providerID,
		Channel: "email", Address: e.Email,
	}
	if seconds, err := e.Timestamp.Int64(); err == nil && seconds > 0 {
		report.At = r.business(time.Unix(seconds, 0))
	}
	switch e.Event {
	case "processed":
		report.Kind = feedback.Sent
	case "deferred":
		report.Kind, report.Detail = feedback.Sent, "deferred"
	case "delivered":
		report.Kind = feedback.Delivered
	case "bounce":
		report.Kind, report.Detail = feedback.Bounced, code(e.Status, e.Classification)
		if e.Type == "blocked" || e.Type == "expired" {
			report.Kind = feedback.SoftBounced
		}
	case "dropped":
		return sendGridDropped(report, e.Reason)
	case "open":
		report.Kind = feedback.Opened
		if e.MachineOpen {
			report.Filtered = feedback.MachineOpen
		}
		report = watched(report, tracking.Agent(report.Kind, e.UserAgent))
	case "click":
		report.Kind, report.Link = feedback.Clicked, r.link(e.URL)
		if report.Link == 0 && e.URLOffset != nil && e.URLOffset.Index >= 0 && e.URLOffset.Index < maxEvents {
			report.Link = e.URLOffset.Index + 1
		}
		report = watched(report, tracking.Agent(report.Kind, e.UserAgent))
	case "spamreport":
		report.Kind = feedback.Complained
	case "unsubscribe", "group_unsubscribe":
		report.Kind = feedback.Unsubscribed
	default:
		return nil
	}
	return []feedback.Report{report}
}

// sendGridDropped is a message that SendGrid did not send, and what it knows of the address from before.
func sendGridDropped(report feedback.Report, reason string) []feedback.Report {
	failed, before := report, report
	failed.Kind, failed.Detail = feedback.Failed, "dropped"
	before.ExternalID += "/before"
	switch strings.ToLower(reason) {
	case "bounced address", "invalid":
		before.Kind = feedback.Bounced
	case "spam reporting address":
		before.Kind = feedback.Complained
	case "unsubscribed address":
		before.Kind = feedback.Unsubscribed
	default:
		return []feedback.Report{failed}
	}
	before.Detail = "dropped"
	return []feedback.Report{failed, before}
}
