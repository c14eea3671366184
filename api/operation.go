package api

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"github.com/perdura/perdura/access"
)

// Operation is one line of the table that everything is made from.
type Operation struct {
	Method, Path string // Path as in OpenAPI: /v1/leads/{id}
	// ID is the operationId; it never changes.
	ID, Summary, Description string
	Tag                      string
	// Access is the scope that the caller needs; empty means that anybody may call.
	Access access.Action
	// Query is the type of a struct whose JSON members are the query parameters; nil means none.
	Query reflect.Type
	Body  *Body
	// Waits says that "Prefer: wait=N" is understood.
	Waits   bool
	Answers []Answer
	// Problems are the error statuses besides those that every operation of this kind has.
	Problems []int
	// Unlisted operations are routed and authorised, and not shown in the document.
	Unlisted bool
	// Raw operations check by themselves who calls, and read query and body by themselves: providers' webhooks, and the
	// links in messages.
	Raw    bool
	Handle func(c *Call) error

	query string            // name of the query schema
	body  map[string]string // name of the body schema by media type
}

// Body is what an operation takes.
type Body struct {
	Optional bool
	// Import marks a body with the limits of an imported file, which the handler reads by itself.
	Import bool
	Media  []Media
}

// Media is a body of one media type. Type is nil for text.
type Media struct {
	Type    string
	Schema  reflect.Type
	Example any
}

const mediaJSON = "application/json"

// jsonBody is a JSON body of type T, with an example of it.
func jsonBody[T any](example T) *Body {
	return &Body{Media: []Media{{Type: mediaJSON, Schema: reflect.TypeFor[T](), Example: example}}}
}

// optional is b, which may be left out.
func optional(b *Body) *Body {
	b.Optional = true
	return b
}

// Answer is what an operation answers with one status.
type Answer struct {
	Status int
	Text   string
	Media  []Media
	// Headers are the names of the headers it brings.
	Headers []string
}

// answer is a JSON answer of type T.
func answer[T any](status int, text string, headers ...string) Answer {
	return Answer{Status: status, Text: text, Media: []Media{{Type: mediaJSON, Schema: reflect.TypeFor[T]()}}, Headers: headers}
}

var pathPart = regexp.MustCompile(`\{([a-z_]+)\}`)

// route is the path as Echo writes it.
func (op *Operation) route() string { return pathPart.ReplaceAllString(op.Path, ":$1") }

// parts are the names in the path, in order.
func (op *Operation) parts() []string {
	var names []string
	for _, m := range pathPart.FindAllStringSubmatch(op.Path, -1) {
		names = append(names, m[1])
	}
	return names
}

// part is what a name in a path may look like. Ids of runs are longer than a UUID: they hold a subject.
type part struct {
	pattern *regexp.Regexp
	uuid    bool
	text    string
}

var parts = map[string]part{
	"id":       {uuid: true, text: "a UUID"},
	"name":     {pattern: regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`), text: "a name, of a process or a definition"},
	"run":      {pattern: regexp.MustCompile(`^[A-Za-z0-9._:@~+=-]{1,255}$`), text: "a run's id: its subject, or its entry"},
	"version":  {pattern: regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`), text: "a version's number"},
	"survey":   {pattern: regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`), text: "a survey's name"},
	"audience": {pattern: regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), text: "an audience's name"},
	"customer": {pattern: regexp.MustCompile(`^[0-9A-Za-z_]{1,255}$`), text: "a customer's id at Stripe, cus_…"},
	"code":     {pattern: regexp.MustCompile(`^[0-9A-Za-z -]{1,40}$`), text: "a coupon's code"},
	"signal":   {pattern: regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`), text: "a signal's name"},
	"token":    {pattern: regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`), text: "the signed part of a link"},
	"template": {pattern: regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`), text: "a template's name"},
	"update":   {pattern: regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`), text: "an update's name"},
}

// keyed says that an Idempotency-Key is heeded.
func (op *Operation) keyed() bool { return op.Method == http.MethodPost || op.Method == http.MethodPut }

// check reports what would make the table lie.
func (op *Operation) check() error {
	for _, name := range op.parts() {
		if _, known := parts[name]; !known {
			return fmt.Errorf("operation %s: the part {%s} of its path is not described", op.ID, name)
		}
	}
	if op.Handle == nil || (len(op.Answers) == 0 && !op.Unlisted) || op.ID == "" || op.Summary == "" {
		return fmt.Errorf("operation %s %s: it lacks an id, a summary, an answer or a handler", op.Method, op.Path)
	}
	if strings.HasSuffix(op.Path, "/") {
		return fmt.Errorf("operation %s: its path ends in a slash", op.ID)
	}
	return nil
}
