package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/sdk/temporal"
)

// Error types as they stand in Temporal's histories. All but Unavailable and RateLimited end a step at once.
const (
	TypeInvalid     = "Invalid"     // the request cannot succeed as it is
	TypeNotFound    = "NotFound"    // what it speaks of does not exist
	TypeRefused     = "Refused"     // understood, and declined for a stated reason
	TypeRateLimited = "RateLimited" // the provider said when to come back
	TypeUnavailable = "Unavailable" // may succeed later
)

// permanent lists the types that a retry cannot mend.
var permanent = []string{TypeInvalid, TypeNotFound, TypeRefused}

// ours lists the types whose texts the house writes itself, without personal data.
var ours = append([]string{TypeRateLimited, TypeUnavailable}, permanent...)

// Invalid says that the step's argument cannot be worked with. text must hold no personal data.
func Invalid(code, text string) error {
	return temporal.NewApplicationErrorWithOptions(text, TypeInvalid,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{code}})
}

// NotFound says that what, identified by an opaque id, does not exist.
func NotFound(what, id string) error {
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("%s %s does not exist", what, id), TypeNotFound,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{"not-found"}})
}

// Refused says that a rule declined the step. code names the rule; text must hold no personal data.
func Refused(code, text string) error {
	return temporal.NewApplicationErrorWithOptions(text, TypeRefused,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{code}})
}

// Reason is one of several things that a refusal is for. Field says where to mend it.
type Reason struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// RefusedFor is Refused with everything that has to be mended first. No reason may hold personal data.
func RefusedFor(code, text string, reasons []Reason) error {
	return temporal.NewApplicationErrorWithOptions(text, TypeRefused,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{code, reasons}})
}

// Reasons are those that RefusedFor was given, however deeply Temporal wrapped the error; else none.
func Reasons(err error) []Reason {
	var app *temporal.ApplicationError
	var code string
	var reasons []Reason
	if !errors.As(err, &app) || !app.HasDetails() || app.Details(&code, &reasons) != nil {
		return nil
	}
	return reasons
}

// RateLimited says that the provider asked to be called again after the given time (RFC 9110, Retry-After).
func RateLimited(text string, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(text, TypeRateLimited,
		temporal.ApplicationErrorOptions{NextRetryDelay: after})
}

// Unavailable says that a dependency did not answer and that a retry may mend it. text must hold no personal data.
func Unavailable(text string) error {
	return temporal.NewApplicationErrorWithOptions(text, TypeUnavailable, temporal.ApplicationErrorOptions{})
}

// Code is the code of an Invalid, NotFound or Refused error, however deeply Temporal wrapped it; else "".
func Code(err error) string {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.HasDetails() {
		return ""
	}
	var code string
	if app.Details(&code) != nil {
		return ""
	}
	return code
}

// IsType reports whether err is of one of the types above, however deeply Temporal wrapped it.
func IsType(err error, errType string) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == errType
}

// presentable turns any error into one that may stand in a history. Driver and library errors quote the values they
// choke on, so their text goes nowhere, not even into the log: class and SQLSTATE say what kind of thing went wrong.
func presentable(ctx context.Context, name string, err error) error {
	var app *temporal.ApplicationError
	var canceled *temporal.CanceledError
	if errors.As(err, &app) && slices.Contains(ours, app.Type()) {
		return app
	}
	if errors.As(err, &canceled) {
		return canceled
	}
	var pg *pgconn.PgError
	var text string
	switch {
	case errors.As(err, &pg):
		text = fmt.Sprintf("%s: PostgreSQL answered SQLSTATE %s", name, pg.Code)
	case errors.Is(err, context.DeadlineExceeded):
		text = name + ": no answer in time"
	case errors.Is(err, context.Canceled):
		text = name + ": the worker is stopping"
	case errors.As(err, new(net.Error)):
		text = name + ": no connection"
	default:
		text = fmt.Sprintf("%s failed (%T): the worker's log has the types of its causes", name, rootCause(err))
	}
	slog.ErrorContext(ctx, "activity failed", "activity", name, "key", Key(ctx), "error", text, "cause_types", causes(err))
	return Unavailable(text)
}

// causes are the types of an error and of all that it wraps, from the outside in.
func causes(err error) []string {
	var types []string
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		if next := wrapped.Unwrap(); next != nil {
			types = causes(next)
		}
	case interface{ Unwrap() []error }:
		for _, next := range wrapped.Unwrap() {
			types = append(types, causes(next)...)
		}
	}
	return append([]string{fmt.Sprintf("%T", err)}, types...)
}

func rootCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
