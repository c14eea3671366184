package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// routes returns everything the web server answers.
func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /outbox/messages", s.listMessages)
	mux.HandleFunc("DELETE /outbox/messages", s.clearMessages)
	mux.HandleFunc("GET /outbox/messages/{id}", s.getMessage)
	mux.HandleFunc("GET /outbox/messages/{id}/raw", s.getRaw)
	mux.HandleFunc("POST /outbox/messages/{id}/{action}", s.postAction)
	mux.HandleFunc("GET /outbox/faults", s.listFaults)
	mux.HandleFunc("POST /outbox/faults", s.addFault)
	mux.HandleFunc("DELETE /outbox/faults", s.clearFaults)
	mux.HandleFunc("PUT /outbox/reports", s.setReports)
	mux.HandleFunc("GET /outbox/invoices", s.listInvoices)
	mux.HandleFunc("POST /outbox/invoices", s.postInvoice)
	mux.HandleFunc("POST /outbox/payments", s.postPayment)

	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", s.twilioCreate)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", s.twilioList)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages/{file}", s.twilioGet)

	mux.HandleFunc("POST /v3/mail/send", s.sendGridSend)
	mux.HandleFunc("GET /v3/messages", s.sendGridMessages)
	mux.HandleFunc("POST /v2/email/outbound-emails", s.sesSend)

	mux.HandleFunc("GET /v1/invoices", s.stripeAPI(s.stripeListInvoices))
	mux.HandleFunc("GET /v1/invoices/{id}", s.stripeAPI(s.stripeGetInvoice))
	mux.HandleFunc("POST /v1/invoices/{id}/void", s.stripeAPI(s.stripeEndInvoice(stripeVoid)))
	mux.HandleFunc("POST /v1/invoices/{id}/mark_uncollectible", s.stripeAPI(s.stripeEndInvoice(stripeUncollectible)))
	mux.HandleFunc("GET /v1/events", s.stripeAPI(s.stripeListEvents))

	mux.HandleFunc("POST /hooks/{name}", s.receiveWebhook)

	mux.HandleFunc("GET /{$}", s.showList)
	mux.HandleFunc("GET /messages/{id}", s.showMessage)
	mux.HandleFunc("GET /invoices/{id}", s.showInvoice)
	mux.HandleFunc("GET /page.css", pageFile("text/css; charset=utf-8", pageStyle))
	mux.HandleFunc("GET /page.js", pageFile("text/javascript; charset=utf-8", pageScript))

	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusNotFound, "The sandbox has no such page; its messages are at / and /outbox/messages.")
	})
	return guard(mux)
}

// guard keeps other web sites out: a page elsewhere must reach the sandbox
// neither through a name that resolves to loopback (DNS rebinding) nor with a
// form or script of its own (cross-site request).
func guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusForbidden, "The request came from another web site; use the sandbox's own page.")
	}))
	protected := origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !isLoopback(strings.Trim(host, "[]")) {
			writeProblem(w, http.StatusMisdirectedRequest, "The sandbox answers to localhost, 127.0.0.1 and [::1] only.")
			return
		}
		protected.ServeHTTP(w, r)
	})
}

// isLoopback tells whether a host name or address means this machine.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
