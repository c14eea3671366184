package process

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// Kind says how an activity touches the world; the kit chooses time-outs, retries and the way it runs from it.
type Kind int

const (
	// Database steps touch our own PostgreSQL only. They run as local activities, inside the workflow task, and are
	// retried until PostgreSQL answers.
	Database Kind = iota
	// Provider steps call somebody else's system. They run as full activities with bounded retries; a provider that
	// stays down makes the step fail, and the process decides what then.
	Provider
)

func (k Kind) String() string {
	if k == Provider {
		return "provider"
	}
	return "database"
}

// Activity is the typed contract of one capability: A goes in, R comes out. Contracts are values that workflows call
// through Do; the implementation is joined to it where workers are built.
type Activity[A, R any] struct {
	name     string
	kind     Kind
	outcomes []outcome[R]
	refusals []string
}

type outcome[R any] struct {
	name  string
	value R
}

// ActivityOption refines a contract.
type ActivityOption[R any] func(*contract[R])

type contract[R any] struct {
	outcomes []outcome[R]
	refusals []string
}

// NewActivity declares the capability name ("package.verb"). Its options name the results that matter to a process.
func NewActivity[A, R any](name string, kind Kind, opts ...ActivityOption[R]) Activity[A, R] {
	var c contract[R]
	for _, opt := range opts {
		opt(&c)
	}
	return Activity[A, R]{name: name, kind: kind, outcomes: c.outcomes, refusals: c.refusals}
}

// Yields names one result that processes tell apart, with an example of it. Exploration runs every process that calls
// the activity through each named result; without any, the zero value stands for all.
func Yields[R any](name string, example R) ActivityOption[R] {
	return func(c *contract[R]) { c.outcomes = append(c.outcomes, outcome[R]{name, example}) }
}

// Refuses names an error code (see Refused) that the activity may answer with. Exploration runs that path too.
func Refuses[R any](code string) ActivityOption[R] {
	return func(c *contract[R]) { c.refusals = append(c.refusals, code) }
}

// Name is the name under which workers register the activity.
func (a Activity[A, R]) Name() string { return a.name }

// Kind tells how the activity runs.
func (a Activity[A, R]) Kind() Kind { return a.kind }

// Implementation is an activity contract joined to its code, ready to register.
type Implementation struct {
	name string
	fn   any
}

// Call is what travels to an activity: the argument and the key under which its effect happens at most once.
type Call[A any] struct {
	// Key is workflow ID, entry and business step; never the Temporal run ID, so it survives resets and
	// continue-as-new. Equal keys mean the same effect.
	Key string `json:"key"`
	Arg A      `json:"arg"`
}

// Implement joins code to the contract. Errors that are not of the kit's classes are replaced by a text that cannot
// carry personal data before they leave the activity; the worker's log says the key and the class of the error.
func (a Activity[A, R]) Implement(fn func(ctx context.Context, arg A) (R, error)) Implementation {
	return Implementation{name: a.name, fn: func(ctx context.Context, call Call[A]) (R, error) {
		ctx = WithKey(ctx, call.Key)
		if a.kind == Provider {
			defer beat(ctx)()
		}
		began := time.Now()
		r, err := fn(ctx, call.Arg)
		measure(ctx, a.name, call.Key, err, time.Since(began))
		if err != nil {
			var zero R
			return zero, presentable(ctx, a.name, err)
		}
		return r, nil
	}}
}

// beat tells Temporal regularly that the step is at work, so that the step of a worker that died begins again after
// heartbeatTimeout and not only after the time-out of the call. It returns how to stop.
func beat(ctx context.Context) (stop func()) {
	if !activity.IsActivity(ctx) {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(heartbeatTimeout / 4)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// ActivityRegistry is the part of a Temporal worker (or test environment) that takes activities.
type ActivityRegistry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register adds the implementation to a worker.
func (i Implementation) Register(r ActivityRegistry) {
	r.RegisterActivityWithOptions(i.fn, activity.RegisterOptions{Name: i.name})
}

type callKey struct{}

// Key is the idempotency key of the business step that this activity call carries out. It is empty outside a call.
func Key(ctx context.Context) string {
	key, _ := ctx.Value(callKey{}).(string)
	return key
}

// WithKey returns a context that carries key, for calling an activity's code outside Temporal.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, callKey{}, key)
}
