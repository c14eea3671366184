package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Stripe's own bounds of a list.
const (
	stripePage    = 10
	maxStripePage = 100
)

// stripeIndex is the index of an array in a parameter's name: expand[0], types[].
var stripeIndex = regexp.MustCompile(`\[[0-9]*\]$`)

func writeStripeError(w http.ResponseWriter, status int, code, message string) {
	e := map[string]string{"type": "invalid_request_error", "message": message}
	if code != "" {
		e["code"] = code
	}
	writeJSON(w, status, map[string]any{"error": e})
}

// stripeAPI authenticates a call of Stripe's API by its key.
func (s *Sandbox) stripeAPI(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer || !sameSecret(key, s.options.StripeAPIKey) {
			writeStripeError(w, http.StatusUnauthorized, "", "Invalid API Key provided")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
		if err := r.ParseForm(); err != nil {
			writeStripeError(w, http.StatusBadRequest, "", "The parameters cannot be read")
			return
		}
		handle(w, r)
	}
}

// stripeParameters are a call's parameters without the indexes of arrays. It
// has answered when it returns false: a parameter that the sandbox does not
// know would be passed over, and a test of it would prove nothing.
func stripeParameters(w http.ResponseWriter, r *http.Request, known ...string) (url.Values, bool) {
	values := url.Values{}
	for name, given := range r.Form {
		name = stripeIndex.ReplaceAllString(name, "")
		if !slices.Contains(known, name) {
			writeStripeError(w, http.StatusBadRequest, "parameter_unknown", "Received unknown parameter: "+name)
			return nil, false
		}
		values[name] = append(values[name], given...)
	}
	return values, true
}

func (s *Sandbox) stripeGetInvoice(w http.ResponseWriter, r *http.Request) {
	values, ok := stripeParameters(w, r, "expand")
	if !ok {
		return
	}
	i, err := s.stripe.invoice(r.PathValue("id"))
	s.answerInvoice(w, i, err, slices.Contains(values["expand"], "payments"))
}

// stripeEndInvoice voids an invoice or marks it uncollectible.
func (s *Sandbox) stripeEndInvoice(status string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := stripeParameters(w, r); !ok {
			return
		}
		i, events, err := s.stripe.change(r.PathValue("id"), func(i *stripeInvoice) ([]told, error) { return i.end(status, s.now().Unix()) })
		s.answerInvoice(w, i, err, false)
		s.postStripeLater(events)
	}
}

func (s *Sandbox) answerInvoice(w http.ResponseWriter, i stripeInvoice, err error, payments bool) {
	var refused errStripe
	switch {
	case errors.Is(err, errNoInvoice):
		writeStripeError(w, http.StatusNotFound, "resource_missing", "No such invoice")
	case errors.As(err, &refused):
		writeStripeError(w, http.StatusBadRequest, "", refused.text)
	case err != nil:
		s.log.Error("the sandbox's invoices could not be used", "error", err)
		writeStripeError(w, http.StatusInternalServerError, "", "The sandbox's invoices could not be used; its log says why")
	default:
		writeJSON(w, http.StatusOK, i.object(payments))
	}
}

// stripeListed is something of a list: its id, when it was made, its type when
// it has one, and how it is shown.
type stripeListed struct {
	id, kind string
	created  int64
	object   map[string]any
}

func (s *Sandbox) stripeListInvoices(w http.ResponseWriter, r *http.Request) {
	var list []stripeListed
	for _, i := range s.stripe.listInvoices() {
		list = append(list, stripeListed{id: i.ID, created: i.Created, object: i.object(false)})
	}
	stripeList(w, r, list, "created[gte]", "limit", "starting_after")
}

func (s *Sandbox) stripeListEvents(w http.ResponseWriter, r *http.Request) {
	var list []stripeListed
	for _, e := range s.stripe.listEvents() {
		list = append(list, stripeListed{id: e.ID, kind: e.Type, created: e.Created, object: e.object()})
	}
	stripeList(w, r, list, "created[gte]", "limit", "starting_after", "types")
}

// stripeList answers a page of what fits, the newest first.
func stripeList(w http.ResponseWriter, r *http.Request, all []stripeListed, known ...string) {
	values, ok := stripeParameters(w, r, known...)
	if !ok {
		return
	}
	limit, since := stripePage, int64(0)
	var err error
	if text := values.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxStripePage {
			writeStripeError(w, http.StatusBadRequest, "parameter_invalid_integer", "Invalid integer: limit")
			return
		}
	}
	if text := values.Get("created[gte]"); text != "" {
		if since, err = strconv.ParseInt(text, 10, 64); err != nil {
			writeStripeError(w, http.StatusBadRequest, "parameter_invalid_integer", "Invalid integer: created[gte]")
			return
		}
	}
	if after := values.Get("starting_after"); after != "" {
		at := slices.IndexFunc(all, func(o stripeListed) bool { return o.id == after })
		if at < 0 {
			writeStripeError(w, http.StatusBadRequest, "resource_missing", "No such object: starting_after")
			return
		}
		all = all[at+1:]
	}
	page, more := []map[string]any{}, false
	for _, o := range all {
		if o.created < since || len(values["types"]) > 0 && !slices.Contains(values["types"], o.kind) {
			continue
		}
		if more = len(page) == limit; more {
			break
		}
		page = append(page, o.object)
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": page, "has_more": more, "url": r.URL.Path})
}
