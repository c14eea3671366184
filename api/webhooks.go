package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/feedback"
)

const (
	// webhookBytes bounds a call with events: SendGrid sends 768 KiB at most, SNS 256 KiB.
	webhookBytes = 4 << 20
	// mailBytes bounds a posted mail with its attachments: SendGrid takes mails of 30 MB.
	mailBytes = 40 << 20
	// mailsAtOnce bounds the memory that posted mails take.
	mailsAtOnce = 4
)

// WebhookTaken says what a provider's call did.
type WebhookTaken struct {
	// Taken counts the events that were new.
	Taken int `json:"taken" jsonschema_description:"events that were new; repeats do nothing"`
}

// twiml is the answer that sends nothing back: Twilio itself answers STOP, START and HELP.
const twiml = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`

func (s *Server) webhookOperations() []*Operation {
	post := func(path, id, summary, description string, read func(context.Context, webhooks.Call) ([]feedback.Report, error), limit int64) *Operation {
		return &Operation{
			Method: http.MethodPost, Path: "/v1/webhooks/" + path, ID: id, Tag: "webhooks", Summary: summary, Description: description, Raw: true,
			Problems: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable},
			Answers:  []Answer{answer[WebhookTaken](200, "What was new is kept.")},
			Handle:   s.webhook(limit, read),
		}
	}
	plain := func(read func(webhooks.Call) ([]feedback.Report, error)) func(context.Context, webhooks.Call) ([]feedback.Report, error) {
		return func(_ context.Context, c webhooks.Call) ([]feedback.Report, error) { return read(c) }
	}
	mails := make(chan struct{}, mailsAtOnce)
	inbound := post("sendgrid-inbound", "takeSendGridMail", "A mail by SendGrid's Inbound Parse",
		"The parse setting needs a security policy with a signature, whose key stands in sendgrid.webhook_key; unsigned calls are refused.",
		plain(s.readers.SendGridInbound), mailBytes)
	inbound.Handle = atMost(mails, inbound.Handle)
	text := post("twilio", "takeTwilioCall", "Status callbacks and inbound messages of Twilio",
		"Signed over the public address: api.public_url has to be the one that Twilio calls.", plain(s.readers.Twilio), webhookBytes)
	text.Answers = []Answer{{Status: 200, Text: "Nothing to send back.", Media: []Media{{Type: "text/xml"}}}}
	gateway := post("inbound", "takeReports", "Replies and events of any mail or text gateway",
		"Signed as Standard Webhooks has it (webhook-id, webhook-timestamp, webhook-signature) with webhook.inbound_secret; not older than five minutes.",
		s.gateway, webhookBytes)
	gateway.Body = jsonBody(webhooks.GatewayCall{Reports: []webhooks.GatewayReport{
		{ID: "evt-1", Kind: "delivered", MessageID: uuid.MustParse("01976a5e-8c1c-7000-8000-000000000001")},
		{ID: "evt-2", Kind: "replied", Channel: "email", Address: "ada@example.com", Reply: &webhooks.GatewayReply{Text: "Thank you, Tuesday is fine."}},
	}})
	return []*Operation{
		post("sendgrid", "takeSendGridEvents", "Events of SendGrid's signed Event Webhook", "", plain(s.readers.SendGrid), webhookBytes),
		inbound, text,
		post("ses", "takeSESEvents", "Events of Amazon SES by SNS", "The topic is that of ses.topic_arn; its subscription is confirmed by itself.", s.readers.SES, webhookBytes),
		gateway,
	}
}

// webhook is the way of every call of a provider: read the raw body, prove who sent it, take what it reports in one
// transaction. A repeat is answered as the first call was, and does nothing.
func (s *Server) webhook(limit int64, read func(context.Context, webhooks.Call) ([]feedback.Report, error)) func(*Call) error {
	return func(c *Call) error {
		r := c.Request()
		if r.ContentLength > limit {
			return problem.TooLarge(limit)
		}
		raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, limit))
		if err != nil {
			return bodyError(err)
		}
		c.raw = raw
		reports, err := read(c.Ctx(), webhooks.Call{Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, Body: raw})
		if err != nil {
			return webhookProblem(err)
		}
		taken, err := s.take(c.Ctx(), reports)
		if err != nil {
			return err
		}
		if c.op.Answers[0].Media[0].Type == "text/xml" {
			return c.Blob(http.StatusOK, "text/xml; charset=utf-8", []byte(twiml))
		}
		return c.OK(WebhookTaken{Taken: taken})
	}
}

// gateway reads a call whose shape is our own: it is checked against the document.
func (s *Server) gateway(_ context.Context, call webhooks.Call) ([]feedback.Report, error) {
	if err := s.readers.VerifyGateway(call); err != nil {
		return nil, err
	}
	c := &Call{MediaType: mediaJSON}
	for _, op := range s.operations {
		if op.ID == "takeReports" {
			c.op = op
		}
	}
	if err := s.validateBody(c, call.Body); err != nil {
		return nil, err
	}
	return s.readers.Gateway(call)
}

// take takes reports in and wakes the dispatcher.
func (s *Server) take(ctx context.Context, reports []feedback.Report) (taken int, err error) {
	if len(reports) == 0 {
		return 0, nil
	}
	err = db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		taken, err = feedback.Take(ctx, tx, s.clock.Now(), reports)
		return err
	})
	if feedback.Refused(err) {
		return 0, problem.BadRequest("The payload is signed and cannot be taken. Nothing of it was kept.", problem.Field{Field: "body", Message: "holds an event without an id, or of an unknown kind"})
	}
	if err != nil {
		return 0, err
	}
	s.wake()
	return taken, nil
}

// webhookProblem says what is wrong with a call without saying more to somebody who is not the provider.
func webhookProblem(err error) error {
	switch {
	case errors.Is(err, webhooks.ErrSignature):
		return problem.New(http.StatusUnauthorized, "bad-signature", "The signature is not right",
			"Sign the raw body with the key that is configured here, and send it unchanged.")
	case errors.Is(err, webhooks.ErrNotServed):
		return problem.New(http.StatusUnauthorized, "bad-signature", "The sender cannot be recognised",
			"Nothing is configured here by which calls of this provider could be verified. Set its key first.")
	case errors.Is(err, webhooks.ErrGarbage):
		return problem.BadRequest("The payload cannot be read. Nothing of it was kept.", problem.Field{Field: "body", Message: err.Error()})
	case errors.Is(err, webhooks.ErrUnreachable):
		return problem.Unavailable("What the call refers to could not be fetched. Send it again.", 5*time.Second)
	}
	return err
}

// atMost lets as many calls work at once as places has room for; the others wait for a place, or until they are given up.
func atMost(places chan struct{}, handle func(*Call) error) func(*Call) error {
	return func(c *Call) error {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			return handle(c)
		case <-c.Ctx().Done():
			return problem.Unavailable("Too many mails come in at once. Send it again.", 5*time.Second)
		}
	}
}
