package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/tracking"
)

const ses = "ses"

// sesTag is the message tag that tells the ledger's id.
const sesTag = "perdura_message"

// sesEvent is an event of SES, published by a configuration set (eventType) or as a notification of an identity
// (notificationType): https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html.
type sesEvent struct {
	EventType        string `json:"eventType"`
	NotificationType string `json:"notificationType"`
	Mail             struct {
		Timestamp   time.Time           `json:"timestamp"`
		MessageID   string              `json:"messageId"`
		Destination []string            `json:"destination"`
		Tags        map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce struct {
		Type       string `json:"bounceType"`
		SubType    string `json:"bounceSubType"`
		Recipients []struct {
			Status string `json:"status"`
		} `json:"bouncedRecipients"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		FeedbackType string    `json:"complaintFeedbackType"`
		Timestamp    time.Time `json:"timestamp"`
	} `json:"complaint"`
	Delivery struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"delivery"`
	Reject struct {
		Reason string `json:"reason"`
	} `json:"reject"`
	Open struct {
		Timestamp time.Time `json:"timestamp"`
		UserAgent string    `json:"userAgent"`
	} `json:"open"`
	Click struct {
		Timestamp time.Time `json:"timestamp"`
		UserAgent string    `json:"userAgent"`
		Link      string    `json:"link"`
	} `json:"click"`
	Delay struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"deliveryDelay"`
	Subscription struct {
		Timestamp time.Time `json:"timestamp"`
		New       struct {
			UnsubscribeAll bool `json:"unsubscribeAll"`
		} `json:"newTopicPreferences"`
	} `json:"subscription"`
}

// SES reads a call of the SNS topic of SES's events; a subscription is confirmed on the way. Errors: ErrNotServed,
// ErrSignature, ErrGarbage, ErrUnreachable.
func (r *Readers) SES(ctx context.Context, c Call) ([]feedback.Report, error) {
	m, err := r.readSNS(ctx, c)
	if err != nil {
		return nil, err
	}
	switch m.Type {
	case snsSubscribe:
		return nil, r.confirm(ctx, m)
	case snsUnsubscribe:
		return nil, nil
	}
	var e sesEvent
	if err := json.Unmarshal([]byte(m.Message), &e); err != nil {
		if m.Subject != nil && *m.Subject == "Amazon SES Email Event Subscription Notification" {
			return nil, nil // SES says in words that events will come
		}
		return nil, fmt.Errorf("%w: an event of Amazon SES is expected", ErrGarbage)
	}
	report := feedback.Report{
		Provider: ses, ExternalID: eventID(m.MessageId, []byte(m.Message)), ProviderID: e.Mail.MessageID, Channel: "email",
	}
	if ids := e.Mail.Tags[sesTag]; len(ids) > 0 {
		report.MessageID = parseID(ids[0])
	}
	if len(e.Mail.Destination) == 1 {
		report.Address = e.Mail.Destination[0]
	}
	if !r.sesKind(&report, e) {
		return nil, nil
	}
	return []feedback.Report{report}, nil
}

// sesKind completes a report; false means that the event says nothing about a message.
func (r *Readers) sesKind(report *feedback.Report, e sesEvent) bool {
	kind := e.EventType
	if kind == "" {
		kind = e.NotificationType
	}
	at := e.Mail.Timestamp
	switch kind {
	case "Send":
		report.Kind = feedback.Sent
	case "DeliveryDelay":
		report.Kind, report.Detail, at = feedback.Sent, "deferred", e.Delay.Timestamp
	case "Delivery":
		report.Kind, at = feedback.Delivered, e.Delivery.Timestamp
	case "Bounce":
		report.Kind, at = feedback.SoftBounced, e.Bounce.Timestamp
		if e.Bounce.Type == "Permanent" {
			report.Kind = feedback.Bounced
		}
		var status string
		if len(e.Bounce.Recipients) > 0 {
			status = e.Bounce.Recipients[0].Status
		}
		report.Detail = code(status, e.Bounce.SubType)
	case "Complaint":
		if e.Complaint.FeedbackType == "not-spam" { // the person took it out of the junk folder
			return false
		}
		report.Kind, at, report.Detail = feedback.Complained, e.Complaint.Timestamp, code(e.Complaint.FeedbackType)
	case "Reject", "Rendering Failure":
		report.Kind, report.Detail = feedback.Failed, code(e.Reject.Reason, "rendering-failure")
	case "Open":
		report.Kind, at = feedback.Opened, e.Open.Timestamp
		*report = watched(*report, tracking.Agent(report.Kind, e.Open.UserAgent))
	case "Click":
		report.Kind, at, report.Link = feedback.Clicked, e.Click.Timestamp, r.link(e.Click.Link)
		*report = watched(*report, tracking.Agent(report.Kind, e.Click.UserAgent))
	case "Subscription":
		report.Kind, at = feedback.Unsubscribed, e.Subscription.Timestamp
		if !e.Subscription.New.UnsubscribeAll {
			return false
		}
	default:
		return false
	}
	report.At = r.business(at)
	return true
}
