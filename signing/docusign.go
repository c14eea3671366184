package signing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/perdura/perdura/process"
)

// DocuSign speaks the eSignature REST API v2.1.
type DocuSign struct {
	// Base is the account's base URI, such as https://demo.docusign.net; Account is the account's id.
	Base, Account string
	// Token returns a valid access token (OAuth 2.0, JWT bearer grant); it keeps and renews it by itself.
	Token  func(ctx context.Context) (string, error)
	Client *http.Client
}

type envelope struct {
	EmailSubject  string             `json:"emailSubject,omitempty"`
	Status        string             `json:"status"`
	VoidedReason  string             `json:"voidedReason,omitempty"`
	TransactionID string             `json:"transactionId,omitempty"`
	Documents     []envelopeDocument `json:"documents,omitempty"`
	Recipients    *recipients        `json:"recipients,omitempty"`
}

type envelopeDocument struct {
	Base64    []byte `json:"documentBase64"`
	Name      string `json:"name"`
	Extension string `json:"fileExtension"`
	ID        string `json:"documentId"`
}

type recipients struct {
	Signers []recipient `json:"signers"`
}

type recipient struct {
	Name         string `json:"name"`
	Email        string `json:"email"`
	RecipientID  string `json:"recipientId"`
	RoutingOrder string `json:"routingOrder"`
}

// envelopeState is what the API answers about an envelope.
type envelopeState struct {
	EnvelopeID string `json:"envelopeId"`
	Status     string `json:"status"`
}

// Send implements Provider. The contract's id is the transaction id, by which an envelope that an earlier try left behind
// is found; DocuSign keeps it for seven days.
func (d *DocuSign) Send(ctx context.Context, r Request) (string, error) {
	var before struct{ Envelopes []envelopeState }
	query := url.Values{"transaction_ids": {r.ContractID.String()}}
	if err := d.call(ctx, http.MethodGet, "/envelopes?"+query.Encode(), nil, &before); err != nil {
		return "", err
	}
	if len(before.Envelopes) > 0 {
		return before.Envelopes[0].EnvelopeID, nil
	}
	e := envelope{
		EmailSubject: r.Title, Status: "sent", TransactionID: r.ContractID.String(), Recipients: &recipients{},
		Documents: []envelopeDocument{{Base64: r.PDF, Name: r.Title, Extension: "pdf", ID: "1"}},
	}
	for i, s := range r.Signers {
		place := strconv.Itoa(i + 1)
		e.Recipients.Signers = append(e.Recipients.Signers, recipient{s.Name, s.Email, place, place})
	}
	var made envelopeState
	if err := d.call(ctx, http.MethodPost, "/envelopes", e, &made); err != nil {
		return "", err
	}
	return made.EnvelopeID, nil
}

// Status implements Provider.
func (d *DocuSign) Status(ctx context.Context, id string) (Status, error) {
	var state envelopeState
	if err := d.call(ctx, http.MethodGet, "/envelopes/"+url.PathEscape(id), nil, &state); err != nil {
		return "", err
	}
	return statusOf(state.Status), nil
}

// Void implements Provider.
func (d *DocuSign) Void(ctx context.Context, id, reason string) error {
	return d.call(ctx, http.MethodPut, "/envelopes/"+url.PathEscape(id), envelope{Status: "voided", VoidedReason: reason}, nil)
}

// statusOf translates the status of an envelope.
func statusOf(word string) Status {
	switch word {
	case "delivered", "signed": // opened; signed by some
		return Viewed
	case "completed":
		return Signed
	case "declined":
		return Declined
	case "voided", "deleted":
		return Voided
	}
	return Sent
}

// call makes one request. Errors are of the kit's classes; their texts hold DocuSign's code and never its words, which
// quote what was sent.
func (d *DocuSign) call(ctx context.Context, method, path string, body, answer any) error {
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return fmt.Errorf("ask DocuSign: %w", err)
		}
	}
	token, err := d.Token(ctx)
	if err != nil {
		return process.Unavailable("DocuSign: no access token could be had")
	}
	r, err := http.NewRequestWithContext(ctx, method, d.Base+"/restapi/v2.1/accounts/"+url.PathEscape(d.Account)+path, &content)
	if err != nil {
		return fmt.Errorf("ask DocuSign: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := d.Client.Do(r)
	if err != nil {
		return process.Unavailable("DocuSign: no answer")
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(w.Body, 1<<20))
	if err != nil {
		return process.Unavailable("DocuSign: the answer broke off")
	}
	if w.StatusCode >= http.StatusMultipleChoices {
		return refusal(w, raw)
	}
	if answer != nil && json.Unmarshal(raw, answer) != nil {
		return process.Unavailable("DocuSign: the answer cannot be read")
	}
	return nil
}

func refusal(w *http.Response, raw []byte) error {
	var problem struct {
		Code string `json:"errorCode"`
	}
	_ = json.Unmarshal(raw, &problem) // a gateway's page has no code
	text := fmt.Sprintf("DocuSign: %d %s", w.StatusCode, problem.Code)
	switch {
	case w.StatusCode == http.StatusNotFound || problem.Code == "ENVELOPE_DOES_NOT_EXIST":
		return process.NotFound("envelope", "of this request")
	case w.StatusCode == http.StatusTooManyRequests || problem.Code == "HOURLY_APIINVOCATION_LIMIT_EXCEEDED":
		reset, err := strconv.ParseInt(w.Header.Get("X-RateLimit-Reset"), 10, 64)
		if err != nil {
			return process.RateLimited(text, time.Minute)
		}
		return process.RateLimited(text, max(time.Second, time.Until(time.Unix(reset, 0))))
	case w.StatusCode >= http.StatusInternalServerError, w.StatusCode == http.StatusUnauthorized:
		return process.Unavailable(text)
	}
	return process.Invalid("docusign", text)
}
