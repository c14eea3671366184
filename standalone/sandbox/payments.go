package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// newInvoice is the body of POST /outbox/invoices: what the shop has Stripe
// bill.
type newInvoice struct {
	ContactID string `json:"contact_id"` // metadata.contact_id; empty: nobody told Stripe who the customer is
	Customer  string `json:"customer"`   // cus_…; a new one when empty
	Number    string `json:"number"`
	Amount    int64  `json:"amount_minor"`
	Currency  string `json:"currency"`
	// DueAt is a real instant, in the past as well; absent: it is charged at once.
	DueAt time.Time `json:"due_at"`
	// Lost: Stripe's events do not arrive. Whoever asks Stripe gets them.
	Lost bool `json:"lost"`
}

// newPayment is the body of POST /outbox/payments: what the payer pays.
type newPayment struct {
	InvoiceID string `json:"invoice_id"`
	Amount    int64  `json:"amount_minor"` // all that is left when absent
	Lost      bool   `json:"lost"`
}

// billed is the answer: the invoice as Stripe shows it, and what the product
// answered to each event.
type billed struct {
	Invoice map[string]any `json:"invoice"`
	Events  []*outcome     `json:"events"`
}

// postInvoice has Stripe bill a customer. It answers 200 when the product took
// the events, and 502 when it did not; both with a billed.
func (s *Sandbox) postInvoice(w http.ResponseWriter, r *http.Request) {
	var in newInvoice
	if err := readStrictly(w, r, &in); err != nil {
		writeProblem(w, http.StatusBadRequest, `The invoice cannot be read; send JSON such as {"contact_id": "…", "amount_minor": 12000, "currency": "EUR"}.`)
		return
	}
	wrong := map[string]string{}
	if in.Amount < 1 {
		wrong["amount_minor"] = "give an amount above 0, in the smallest unit"
	}
	if len(in.Currency) != 3 {
		wrong["currency"] = "give a currency of ISO 4217, such as EUR"
	}
	if len(wrong) > 0 {
		writeProblemFields(w, http.StatusUnprocessableEntity, "Nothing can be billed this way.", wrong)
		return
	}
	i := stripeInvoice{
		ID: "in_" + randomHex(12), Customer: in.Customer, Contact: in.ContactID, Number: in.Number, Currency: strings.ToLower(in.Currency),
		Total: in.Amount, Status: stripeOpen, Created: s.now().Unix(),
	}
	i.URL = s.URL() + "/invoices/" + i.ID
	if i.Customer == "" {
		i.Customer = "cus_" + randomHex(7)
	}
	if !in.DueAt.IsZero() {
		i.Due = in.DueAt.Unix()
	}
	events, err := s.stripe.add(i)
	if err != nil {
		s.writeError(w, err)
		return
	}
	s.answerBilled(w, r, i.ID, events, in.Lost)
}

// postPayment plays the payer of an invoice. It takes JSON or a form, and
// answers as postInvoice does.
func (s *Sandbox) postPayment(w http.ResponseWriter, r *http.Request) {
	in, err := readPayment(w, r)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, `The payment cannot be read; send JSON such as {"invoice_id": "in_…", "amount_minor": 12000}.`)
		return
	}
	if in.InvoiceID == "" || in.Amount < 0 {
		writeProblemFields(w, http.StatusUnprocessableEntity, "Nothing can be paid this way.",
			map[string]string{"invoice_id": "name an invoice of the sandbox", "amount_minor": "give an amount above 0, or leave it out to pay what is left"})
		return
	}
	_, events, err := s.stripe.change(in.InvoiceID, func(i *stripeInvoice) ([]told, error) { return i.pay(in.Amount, s.now().Unix()) })
	var refused errStripe
	switch {
	case errors.Is(err, errNoInvoice):
		writeProblem(w, http.StatusNotFound, "The sandbox has no such invoice; POST /outbox/invoices makes one, GET /outbox/invoices lists them.")
	case errors.As(err, &refused):
		writeProblemFields(w, http.StatusConflict, refused.text, nil)
	case err != nil:
		s.writeError(w, err)
	default:
		s.answerBilled(w, r, in.InvoiceID, events, in.Lost)
	}
}

// readPayment reads a payment as JSON or, from the page, as a form.
func readPayment(w http.ResponseWriter, r *http.Request) (in newPayment, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return in, readStrictly(w, r, &in)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
	if err := r.ParseForm(); err != nil {
		return in, err
	}
	in.InvoiceID = r.PostForm.Get("invoice_id")
	if text := r.PostForm.Get("amount_minor"); text != "" {
		in.Amount, err = strconv.ParseInt(text, 10, 64)
	}
	return in, err
}

// readStrictly reads JSON. A misspelt field would make a test prove nothing.
func readStrictly(w http.ResponseWriter, r *http.Request, into any) error {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	body.DisallowUnknownFields()
	err := body.Decode(into)
	if errors.Is(err, io.EOF) {
		return errors.New("the body is empty")
	}
	return err
}

// answerBilled posts the events, unless they are to be lost, and answers.
func (s *Sandbox) answerBilled(w http.ResponseWriter, r *http.Request, id string, events []stripeEvent, lost bool) {
	if lost || *s.webhookBase.Load() == "" {
		events = nil
	}
	results, err := s.postStripe(r.Context(), events)
	if err != nil {
		s.writeError(w, err)
		return
	}
	i, err := s.stripe.invoice(id)
	if err != nil {
		s.writeError(w, err)
		return
	}
	status := http.StatusOK
	for _, result := range results {
		if !result.taken() {
			status = http.StatusBadGateway
		}
	}
	if status == http.StatusOK && strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/invoices/"+url.PathEscape(id), http.StatusSeeOther)
		return
	}
	writeJSON(w, status, billed{i.object(true), results})
}

// listInvoices answers all invoices as Stripe shows them, the newest first.
func (s *Sandbox) listInvoices(w http.ResponseWriter, _ *http.Request) {
	list := []map[string]any{}
	for _, i := range s.stripe.listInvoices() {
		list = append(list, i.object(true))
	}
	writeJSON(w, http.StatusOK, list)
}
