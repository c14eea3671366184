// Package problem makes the error answers of the API: RFC 9457 problem details.
package problem

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// ContentType is the media type of a problem (RFC 9457, section 3).
const ContentType = "application/problem+json"

// Problem is an error answer. Type identifies the kind of problem and stays stable; Title says it in short; Detail says
// what was attempted and what to do next. No member holds personal data.
type Problem struct {
	Type   string            `json:"type" jsonschema_description:"identifies the kind of problem; stable"`
	Title  string            `json:"title"`
	Status int               `json:"status" jsonschema:"minimum=400,maximum=599"`
	Detail string            `json:"detail,omitempty" jsonschema_description:"what was attempted and what to do next"`
	Errors []Field           `json:"errors,omitempty" jsonschema_description:"one entry for each field that was refused"`
	Links  map[string]string `json:"links,omitempty"`
	Slots  []time.Time       `json:"slots,omitempty" jsonschema_description:"of a time that is taken: the next that are free"`

	// RetryAfter is sent as the Retry-After header when it is above zero.
	RetryAfter time.Duration `json:"-"`
	// Allow is sent as the Allow header when it is not empty.
	Allow string `json:"-"`
}

// Field says what is wrong with one field. Field is a dotted path in the body, or the name of a query parameter, header
// or path part.
type Field struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error lets a Problem travel as an error.
func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail) }

// New makes a problem. kind is the last part of its type: "/problems/" + kind.
func New(status int, kind, title, detail string) *Problem {
	return &Problem{Type: "/problems/" + kind, Title: title, Status: status, Detail: detail}
}

// BadRequest says that the request cannot be read: its syntax, its encoding, a parameter.
func BadRequest(detail string, fields ...Field) *Problem {
	p := New(http.StatusBadRequest, "bad-request", "The request cannot be read", detail)
	p.Errors = fields
	return p
}

// Invalid says that the body was read and its content refused, field by field.
func Invalid(fields ...Field) *Problem {
	p := New(http.StatusUnprocessableEntity, "invalid", "The content was refused", "Put the listed fields right and send the request again.")
	p.Errors = fields
	return p
}

// Unauthorized says that no valid API key came with the request.
func Unauthorized(detail string) *Problem {
	return New(http.StatusUnauthorized, "unauthorized", "An API key is needed", detail)
}

// Forbidden says that the key lacks a scope.
func Forbidden(detail string) *Problem {
	return New(http.StatusForbidden, "forbidden", "The key may not do this", detail)
}

// NotFound says that what, named by an opaque id, does not exist.
func NotFound(what, id string) *Problem {
	return New(http.StatusNotFound, "not-found", "Not found", fmt.Sprintf("There is no %s %q.", what, id))
}

// NoSuchPath says that nothing is served at the path.
func NoSuchPath() *Problem {
	return New(http.StatusNotFound, "not-found", "Not found", "Nothing is served at this path. See /openapi.json for those that are.")
}

// MethodNotAllowed says that the path knows other methods only.
func MethodNotAllowed(allow string) *Problem {
	p := New(http.StatusMethodNotAllowed, "method-not-allowed", "This path does not know the method", "Use one of: "+allow+".")
	p.Allow = allow
	return p
}

// Conflict says that the state of things refuses the request. kind is the last part of its type.
func Conflict(kind, detail string) *Problem {
	return New(http.StatusConflict, kind, "The present state does not allow it", detail)
}

// TooLarge says that the body exceeds limit, in bytes.
func TooLarge(limit int64) *Problem {
	return New(http.StatusRequestEntityTooLarge, "too-large", "The body is too large", fmt.Sprintf("At most %d bytes are taken.", limit))
}

// UnsupportedMediaType names the content types that are taken.
func UnsupportedMediaType(got, want string) *Problem {
	if got == "" {
		got = "none"
	}
	p := New(http.StatusUnsupportedMediaType, "unsupported-media-type", "The content type is not taken here", "Send the body as "+want+".")
	p.Errors = []Field{{Field: "Content-Type", Message: "is " + strconv.Quote(got) + ", must be " + want}}
	return p
}

// TooMany says that the key called too often; after is when to come back.
func TooMany(after time.Duration) *Problem {
	p := New(http.StatusTooManyRequests, "too-many-requests", "Too many requests", "Slow down and come back after the time in Retry-After.")
	p.RetryAfter = after
	return p
}

// Unavailable says that a dependency does not answer; after is when to try again.
func Unavailable(detail string, after time.Duration) *Problem {
	p := New(http.StatusServiceUnavailable, "unavailable", "Temporarily unavailable", detail)
	p.RetryAfter = after
	return p
}

// Internal says that the server failed, and nothing about how: the log has the cause.
func Internal() *Problem {
	return New(http.StatusInternalServerError, "internal", "The server failed",
		"The request may be sent again with the same Idempotency-Key. The server's log holds the cause.")
}

// Write sends the problem.
func (p *Problem) Write(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int((p.RetryAfter+time.Second-1)/time.Second))))
	}
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="perdura"`)
	}
	w.WriteHeader(p.Status)
	return json.NewEncoder(w).Encode(p)
}
