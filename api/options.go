// Package api serves Perdura over HTTP: the contract that external systems speak.
//
// One table of operations makes the routes, the authorisation, the validation of requests and the OpenAPI document, so
// that none of them can say something else than the others. What is accepted (2xx) stands in PostgreSQL.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/process"
)

// Options are what a Server is made of. Pool, Access and Runs are needed; the rest has defaults.
type Options struct {
	Pool  *pgxpool.Pool
	Clock clock.Clock
	Log   *slog.Logger
	// Definitions are the processes, in the order in which lists show them.
	Definitions []process.Definition
	// Kinds are the sorts of definitions that people read and write.
	Kinds []definitions.AnyKind
	// Events are the event types whose data is checked by schema, besides those of package events.
	Events []EventContract
	Access Authenticator
	// Poke wakes the dispatcher after a commit; nil when none runs in this process.
	Poke inbox.Poker
	Runs Runs
	// Maps draws processes; nil means that maps are not served.
	Maps Maps
	// Ready are the dependencies that /readyz names.
	Ready []Check
	// Codec is served under /codec to callers with the scope codec:decode; nil serves nothing there.
	Codec http.Handler
	// Links reads the links in messages; nil serves no pages for them.
	Links *links.Signer
	// Evidence signs the receipts of contracts; nil hands out no evidence.
	Evidence *evidence.Signer
	// Sender is the name of the company, for those pages; may be empty.
	Sender string
	// Webhooks are what the calls of providers are recognised by.
	Webhooks webhooks.Options
	Limits   Limits
	// Version of the program, for the document.
	Version string
}

// Limits bound what one caller may ask for. Zero values mean the defaults.
type Limits struct {
	// Rate is how many requests a second a key may send over time, Burst how many at once. Default 2,000 and 4,000.
	Rate  float64
	Burst int
	// BodyBytes bounds a body, ImportBytes an imported file. Default 1 MiB and 64 MiB.
	BodyBytes, ImportBytes int64
	// Timeout bounds the work on one request, ImportTimeout on an imported file. Default 15 s and 5 min.
	Timeout, ImportTimeout time.Duration
	// Replay is how long (real time) an Idempotency-Key repeats its answer. Default 24 h.
	Replay time.Duration
}

func (l Limits) withDefaults() Limits {
	fill(&l.Rate, 2000)
	fill(&l.Burst, 4000)
	fill(&l.BodyBytes, 1<<20)
	fill(&l.ImportBytes, 64<<20)
	fill(&l.Timeout, 15*time.Second)
	fill(&l.ImportTimeout, 5*time.Minute)
	fill(&l.Replay, 24*time.Hour)
	return l
}

func fill[T comparable](v *T, standard T) {
	var zero T
	if *v == zero {
		*v = standard
	}
}

// Authenticator recognises callers by their bearer key: see access.Keys.
type Authenticator interface {
	Authenticate(ctx context.Context, bearer string) (access.Principal, error)
}

// EventContract is a process.Event of any data.
type EventContract interface {
	Name() string
	Purpose() string
	Data() reflect.Type
}

// Maps draws a process from its code. Each errs when the process is unknown or cannot be explored.
type Maps interface {
	Mermaid(name string) (string, error)
	SVG(name string) ([]byte, error)
	Procedure(name string) (string, error) // Markdown
}

// Check is one dependency of the server.
type Check struct {
	Name string
	// Needed says that without it nothing can be accepted.
	Needed bool
	Ping   func(ctx context.Context) error
}

// Errors that Runs answers with. Others mean that Temporal failed in an unforeseen way.
var (
	// ErrRunUnknown: Temporal knows no such run.
	ErrRunUnknown = errors.New("no such run in Temporal")
	// ErrRunClosed: the run has ended.
	ErrRunClosed = errors.New("the run has ended")
	// ErrEngineDown: Temporal, or the worker that must answer, does not answer.
	ErrEngineDown = errors.New("no answer from Temporal")
)

// RefusedError says that the process declined an update, and why.
type RefusedError struct {
	Code, Reason string
	// Reasons are the things to mend first, where the process lists them.
	Reasons []process.Reason
}

func (e *RefusedError) Error() string { return e.Reason }

// Runs speaks to the runs in Temporal. Implementations bound their waiting by ctx.
type Runs interface {
	// Status asks the run where it stands. Errors: ErrRunUnknown, ErrEngineDown.
	Status(ctx context.Context, workflowID string) (process.Status, error)
	// Update asks the run for a verdict and returns it as JSON; the same updateID gets the same verdict.
	// Errors: *RefusedError, ErrRunUnknown, ErrRunClosed, ErrEngineDown.
	Update(ctx context.Context, workflowID, name, updateID string, payload json.RawMessage) (json.RawMessage, error)
	// Cancel asks the run to stop and compensate. Errors: ErrRunUnknown, ErrRunClosed, ErrEngineDown.
	Cancel(ctx context.Context, workflowID string) error
	// AtStep lists the workflow IDs of the running runs of a process that stand at a wait. It reads Temporal's
	// visibility, which lags by a moment. Errors: ErrEngineDown.
	AtStep(ctx context.Context, processName, step string, limit int) ([]string, error)
}
