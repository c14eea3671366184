// Package pages serves what people see behind the links in messages: to unsubscribe, to choose what they hear about, to
// confirm a consent, to answer a survey, to sign a contract, to pay, to move an appointment. Plain HTML without scripts; the signed link is the proof of who asks, so there
// is no session and no cookie. A GET never changes anything, because mail scanners follow every link.
package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/links"
)

//go:embed html words
var files embed.FS

// Options are what pages are made of.
type Options struct {
	Pool  *pgxpool.Pool
	Clock clock.Clock
	Links *links.Signer
	// Evidence signs the receipts of contracts; nil hands out none.
	Evidence *evidence.Signer
	// Books keep what customers owe; nil shows nobody their account.
	Books collecting.Books
	// Poke wakes the dispatcher after a commit; nil when none runs in this process.
	Poke inbox.Poker
	// Sender is the name of the company, which stands above every page; may be empty.
	Sender string
}

// Pages serves the pages. Make it with New.
type Pages struct {
	Options
	words     map[string]words // by language
	templates map[string]*template.Template
	style     template.CSS
	policy    string
}

// New reads the templates and words that are part of the program. It errs when one of them is not correct.
func New(o Options) (*Pages, error) {
	p := &Pages{Options: o, templates: map[string]*template.Template{}}
	var err error
	if p.words, err = readWords(); err != nil {
		return nil, fmt.Errorf("build the pages: %w", err)
	}
	style, err := files.ReadFile("html/page.css")
	if err != nil {
		return nil, fmt.Errorf("build the pages: %w", err)
	}
	sum := sha256.Sum256(style)
	p.style = template.CSS(style)
	p.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	names, err := fs.Glob(files, "html/*.html")
	if err != nil {
		return nil, fmt.Errorf("build the pages: %w", err)
	}
	for _, file := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "html/"), ".html")
		if name == "layout" {
			continue
		}
		t, err := template.New("layout.html").Funcs(template.FuncMap{"dict": dict}).ParseFS(files, "html/layout.html", file)
		if err != nil {
			return nil, fmt.Errorf("build the pages: %w", err)
		}
		p.templates[name] = t
	}
	return p, nil
}

// dict makes a map for a template that needs two values.
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, errors.New("a key is no text")
		}
		out[key] = pairs[i+1]
	}
	return out, nil
}

// maxBody bounds what a form may send: the longest survey with every answer at its limit, percent-encoded.
const maxBody = 512 << 10

// visit is one request with what its link says.
type visit struct {
	*http.Request
	p  *Pages
	w  http.ResponseWriter
	id uuid.UUID
	// posted is true for a POST; form holds what it sent.
	posted bool
}

// Errors that are pages of their own.
var (
	errLink   = errors.New("the link leads nowhere")
	errMethod = errors.New("the method is not taken here")
	errLarge  = errors.New("the form is too large")
	errForm   = errors.New("the form cannot be read")
)

// Serve answers a request for the page of a kind of link. An error means that nothing was answered: the caller notes
// it and calls Fail. r's context bounds the work.
func (p *Pages) Serve(kind links.Kind, token string, w http.ResponseWriter, r *http.Request) error {
	err := p.serve(kind, token, w, r)
	switch {
	case errors.Is(err, errMethod):
		w.Header().Set("Allow", "GET, HEAD, POST")
		return p.problem(w, r, http.StatusMethodNotAllowed)
	case errors.Is(err, errLink):
		return p.problem(w, r, http.StatusNotFound)
	case errors.Is(err, errLarge):
		return p.problem(w, r, http.StatusRequestEntityTooLarge)
	case errors.Is(err, errForm):
		return p.problem(w, r, http.StatusBadRequest)
	}
	return err
}

func (p *Pages) serve(kind links.Kind, token string, w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		return errMethod
	}
	id, _, err := p.Links.Read(kind, token)
	if err != nil {
		return errLink
	}
	v := &visit{Request: r, p: p, w: w, id: id, posted: r.Method == http.MethodPost}
	if v.posted {
		// Who wants to be left alone is, however badly their mailbox says so.
		if err := v.readForm(); err != nil && !(kind == links.Unsubscribe && errors.Is(err, errForm)) {
			return err
		}
	}
	switch kind {
	case links.Unsubscribe:
		return v.unsubscribe()
	case links.Preferences:
		return v.preferences()
	case links.OptIn:
		return v.optIn()
	case links.Survey:
		return v.survey()
	case links.Contract:
		return v.contract()
	case links.Account:
		return v.account()
	case links.Appointment:
		return v.appointment()
	}
	return errLink
}

// readForm reads a form in either of the encodings that browsers and RFC 8058 use.
func (v *visit) readForm() error {
	v.Body = http.MaxBytesReader(v.w, v.Body, maxBody)
	// ParseMultipartForm forgets what was wrong with a form in the other encoding.
	err := v.ParseForm()
	if err == nil {
		err = v.ParseMultipartForm(maxBody)
	}
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil
	}
	if v.MultipartForm != nil {
		_ = v.MultipartForm.RemoveAll()
	}
	if errors.As(err, new(*http.MaxBytesError)) {
		return errLarge
	}
	if err != nil || v.PostForm == nil {
		return errForm
	}
	return nil
}

// Fail answers that something does not work on our side. status is 500 or 503; it says nothing of the cause.
func (p *Pages) Fail(w http.ResponseWriter, r *http.Request, status int) error {
	w.Header().Set("Retry-After", "60")
	return p.problem(w, r, status)
}

// problem answers with a page that says what is wrong, in the browser's language.
func (p *Pages) problem(w http.ResponseWriter, r *http.Request, status int) error {
	key := "problem." + strconv.Itoa(status)
	if status >= http.StatusInternalServerError {
		key = "problem.503"
	}
	return p.render(w, status, "problem", p.language("", r.Header), map[string]string{"Title": key + "_title", "Text": key})
}

// page is what every template gets.
type page struct {
	Language string
	Sender   string
	Style    template.CSS
	Data     any
	words    words
}

// show answers 200 with a page in the language of the person or, without one, of the browser.
func (v *visit) show(name, language string, data any) error {
	return v.p.render(v.w, http.StatusOK, name, v.p.language(language, v.Header), data)
}

// showGone answers like show, with 410: the link was good once, and its time has passed for good.
func (v *visit) showGone(name, language string, data any) error {
	return v.p.render(v.w, http.StatusGone, name, v.p.language(language, v.Header), data)
}

func (p *Pages) render(w http.ResponseWriter, status int, name, language string, data any) error {
	var out bytes.Buffer
	view := page{Language: language, Sender: p.Sender, Style: p.style, Data: data, words: p.words[language]}
	if err := p.templates[name].Execute(&out, view); err != nil {
		return fmt.Errorf("render the page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", language)
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // whoever left does not read it
	return nil
}

// wake tells the dispatcher that something was committed.
func (p *Pages) wake() {
	if p.Poke != nil {
		p.Poke.Poke()
	}
}
