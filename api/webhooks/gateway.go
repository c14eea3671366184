package webhooks

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/feedback"
)

const gateway = "inbound"

// GatewayCall is what any mail or text gateway may post to us, signed as Standard Webhooks has it.
type GatewayCall struct {
	Reports []GatewayReport `json:"reports" jsonschema:"minItems=1,maxItems=1000"`
}

// GatewayReport is one thing that happened to one message.
type GatewayReport struct {
	ID   string `json:"id" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"the gateway's id of this event: a repeat with the same id does nothing"`
	Kind string `json:"kind" jsonschema:"enum=sent,enum=delivered,enum=opened,enum=clicked,enum=replied,enum=soft-bounced,enum=bounced,enum=complained,enum=unsubscribed,enum=failed"`
	// One of the next three says which message, or whom it is about.
	MessageID  uuid.UUID `json:"message_id,omitzero" jsonschema_description:"the id of the message in the send ledger, as its Message-ID has it before the @"`
	Provider   string    `json:"provider,omitempty" jsonschema:"maxLength=40" jsonschema_description:"the provider that carried the message, for provider_id: smtp, ses, …"`
	ProviderID string    `json:"provider_id,omitempty" jsonschema:"maxLength=500" jsonschema_description:"the provider's id of the message"`
	Channel    string    `json:"channel,omitempty" jsonschema:"enum=email,enum=sms"`
	Address    string    `json:"address,omitempty" jsonschema:"maxLength=320" jsonschema_description:"who answers, or whose address it is about"`
	Link       int       `json:"link,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"clicked: position of the link, from 1"`
	Code       string    `json:"code,omitempty" jsonschema:"maxLength=64" jsonschema_description:"such as 5.1.1 (RFC 3463); never an address"`
	At         time.Time `json:"at,omitzero" jsonschema_description:"real time; now when it is left out"`
	// Reply is what the person wrote; needed for the kind replied.
	Reply *GatewayReply `json:"reply,omitempty"`
}

// GatewayReply is a message that a person wrote to us.
type GatewayReply struct {
	Subject   string `json:"subject,omitempty" jsonschema:"maxLength=1000"`
	Text      string `json:"text" jsonschema:"maxLength=65536"`
	InReplyTo string `json:"in_reply_to,omitempty" jsonschema:"maxLength=4000" jsonschema_description:"In-Reply-To or References of the mail (RFC 5322)"`
	Automatic bool   `json:"automatic,omitempty" jsonschema_description:"an absence note or the like: nobody wrote it"`
}

// VerifyGateway proves that a call comes from a gateway that knows our secret, not more than five minutes ago (the
// tolerance of Standard Webhooks). Errors: ErrNotServed, ErrSignature.
func (r *Readers) VerifyGateway(c Call) error {
	if r.inbound == nil {
		return ErrNotServed
	}
	if err := r.inbound.Verify(c.Body, c.Header); err != nil {
		return ErrSignature
	}
	return nil
}

// Gateway reads a call that was verified. Errors: ErrGarbage.
func (r *Readers) Gateway(c Call) ([]feedback.Report, error) {
	var in GatewayCall
	if err := json.Unmarshal(c.Body, &in); err != nil {
		return nil, fmt.Errorf("%w: reports are expected", ErrGarbage)
	}
	var out []feedback.Report
	for _, g := range in.Reports {
		report := feedback.Report{
			Provider: gateway, ExternalID: g.ID, Kind: feedback.Kind(g.Kind), MessageID: g.MessageID, Sender: g.Provider, ProviderID: g.ProviderID,
			Channel: g.Channel, Address: g.Address, Link: g.Link, Detail: code(g.Code), At: r.business(g.At),
		}
		if g.Reply != nil {
			report.Reply = &feedback.Reply{Subject: g.Reply.Subject, Text: g.Reply.Text, Automatic: g.Reply.Automatic}
			if report.MessageID == uuid.Nil {
				report.MessageID = ledgerID(g.Reply.InReplyTo)
			}
		}
		out = append(out, report)
	}
	return out, nil
}
