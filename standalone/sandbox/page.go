package sandbox

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	pageMessages = 200
	pageRaw      = 64 << 10 // bytes of the source shown in the page
)

// pagePolicy allows the page its own two files. Mail is shown in a frame that
// inherits this policy, and needs its inline styles; it gets no script, no
// remote image and no form.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"

// framePrelude begins the document of a mail's frame. Links aim at a new
// window, which the frame may not open: a click on them does nothing.
const framePrelude = `<!doctype html><meta charset="utf-8">` +
	`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">` +
	`<base target="_blank">`

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageStyle []byte
	//go:embed page/page.js
	pageScript []byte

	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
		"clock":      func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05") },
		"shortClock": func(t time.Time) string { return t.UTC().Format("2 Jan 15:04:05") },
		"join":       func(values []string) string { return strings.Join(values, ", ") },
	}).Parse(pageHTML))
)

// pageView is what the template shows.
type pageView struct {
	Channel, To string // the list's filter
	Channels    []string
	Messages    []Message // newest first, with a preview for Text
	Total       int
	Faults      []Fault
	Selected    *messageView
	Missing     bool // the message asked for does not exist
	SMTPAddr    string
}

type messageView struct {
	Message
	Frame   string // document of the HTML body
	Raw     string
	RawCut  bool
	Links   []string
	Actions map[string]bool
}

func pageFile(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(content) // a client that is gone cannot be told
	}
}

// showList answers the page with the list alone.
func (s *Sandbox) showList(w http.ResponseWriter, r *http.Request) { s.showPage(w, r, nil, false) }

// showMessage answers the page with one message beside the list.
func (s *Sandbox) showMessage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	m, _, err := s.outbox.get(id)
	if errors.Is(err, errNoMessage) {
		s.showPage(w, r, nil, true)
		return
	}
	raw, rawErr := []byte(nil), error(nil)
	if err == nil {
		raw, rawErr = s.outbox.raw(id)
	}
	if err := errors.Join(err, rawErr); err != nil {
		s.writeError(w, err)
		return
	}
	view := &messageView{Message: m, Links: links(&m), Actions: map[string]bool{}}
	if m.HTML != "" {
		view.Frame = framePrelude + m.HTML
	}
	view.RawCut = len(raw) > pageRaw
	view.Raw = validText(raw[:min(len(raw), pageRaw)])
	for _, action := range actions[m.Channel] {
		view.Actions[action] = true
	}
	s.showPage(w, r, view, false)
}

func (s *Sandbox) showPage(w http.ResponseWriter, r *http.Request, selected *messageView, missing bool) {
	query := r.URL.Query()
	view := &pageView{
		Channel: query.Get("channel"), To: strings.TrimSpace(query.Get("to")),
		Channels: []string{ChannelEmail, ChannelSMS, ChannelWhatsApp, ChannelWebhook},
		Faults:   s.faults.list(), Selected: selected, Missing: missing, SMTPAddr: s.SMTPAddr(),
	}
	var err error
	view.Messages, view.Total, err = s.outbox.summaries(filter{channel: view.Channel, to: view.To, limit: pageMessages})
	if err != nil {
		s.writeError(w, err)
		return
	}
	slices.Reverse(view.Messages)
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, view); err != nil {
		s.log.Error("the outbox page could not be made", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The page could not be made; the log says why.")
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if missing {
		w.WriteHeader(http.StatusNotFound)
	}
	w.Write(page.Bytes()) // a client that is gone cannot be told
}
