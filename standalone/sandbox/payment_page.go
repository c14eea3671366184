package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/perdura/perdura/money"
)

var (
	//go:embed page/invoice.html
	invoiceHTML string

	invoiceTemplate = template.Must(template.New("invoice").Parse(invoiceHTML))
)

// invoiceView is what the template shows. Remaining, what may be paid, is in
// the smallest unit.
type invoiceView struct {
	ID, Number, Status string
	Total, Paid        money.Amount
	Remaining          int64
}

// showInvoice answers the page on which an invoice is paid: the
// hosted_invoice_url of the sandbox's Stripe.
func (s *Sandbox) showInvoice(w http.ResponseWriter, r *http.Request) {
	i, err := s.stripe.invoice(r.PathValue("id"))
	if err != nil {
		writeProblem(w, http.StatusNotFound, "The sandbox has no such invoice.")
		return
	}
	currency := strings.ToUpper(i.Currency)
	view := invoiceView{ID: i.ID, Number: i.Number, Status: i.Status, Total: money.Amount{Minor: i.Total, Currency: currency}, Paid: money.Amount{Minor: i.Paid, Currency: currency}}
	if i.Status == stripeOpen || i.Status == stripeUncollectible {
		view.Remaining = i.remaining()
	}
	var page bytes.Buffer
	if err := invoiceTemplate.Execute(&page, view); err != nil {
		s.log.Error("the page of an invoice could not be made", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The page could not be made; the log says why.")
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page.Bytes()) // a client that is gone cannot be told
}
