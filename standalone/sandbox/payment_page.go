package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
)

var (
	//go:embed page/invoice.html
	invoiceHTML string

	invoiceTemplate = template.Must(template.New("invoice").Parse(invoiceHTML))
)

// invoiceView is what the template shows. Amounts are in the smallest unit.
type invoiceView struct {
	ID, Number, Currency, Status string
	Total, Paid, Remaining       int64
}

// showInvoice answers the page on which an invoice is paid: the
// hosted_invoice_url of the sandbox's Stripe.
func (s *Sandbox) showInvoice(w http.ResponseWriter, r *http.Request) {
	i, err := s.stripe.invoice(r.PathValue("id"))
	if err != nil {
		writeProblem(w, http.StatusNotFound, "The sandbox has no such invoice.")
		return
	}
	view := invoiceView{ID: i.ID, Number: i.Number, Currency: strings.ToUpper(i.Currency), Status: i.Status, Total: i.Total, Paid: i.Paid}
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
