package process

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// TimedOut is what AwaitAny returns when the limit passed.
const TimedOut = "timed out"

// Limit bounds a wait in business time.
type Limit struct {
	kind  limitKind
	d     time.Duration
	until time.Time
}

type limitKind int

const (
	unlimited limitKind = iota
	limitedFor
	limitedUntil
)

// For bounds a wait by a duration of business time. One that is not positive has passed already.
func For(d time.Duration) Limit { return Limit{kind: limitedFor, d: d} }

// Until bounds a wait by a business instant, such as one that a calendar worked out.
func Until(t time.Time) Limit { return Limit{kind: limitedUntil, until: t} }

// Forever does not bound a wait.
func Forever() Limit { return Limit{} }

func (l Limit) bounded() bool { return l.kind != unlimited }

// resolve returns the business instant at which the limit passes.
func (l Limit) resolve(now time.Time) time.Time {
	if l.kind == limitedUntil {
		return l.until
	}
	return now.Add(l.d)
}

func (l Limit) String() string {
	switch l.kind {
	case limitedUntil:
		return "until a computed time"
	case limitedFor:
		return "up to " + spell(l.d)
	default:
		return "without limit"
	}
}

// spell writes a duration as people do: "2 d", "1 d 12 h", "90 s".
func spell(d time.Duration) string {
	if d <= 0 {
		return "0 s"
	}
	var parts []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if n := d / unit.size; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.size
		}
	}
	return strings.Join(parts, " ")
}

// Case is one of the things that an AwaitAny waits for.
type Case struct {
	name     string
	examples []string
	ready    func(*state) bool
	take     func(workflow.Context, *state) error
	// possible tells while exploring whether an example could happen now; pretend makes it happen. An error means that
	// it was turned down, and the wait goes on.
	possible func(example int) bool
	pretend  func(ctx workflow.Context, example int) error
}

// AwaitAny waits for the first of the cases and returns its name, or TimedOut when the limit passed first. When several
// are ready, the earlier in the list wins. On cancellation it returns "", and the next step answers with the
// cancellation.
func AwaitAny(ctx workflow.Context, label string, limit Limit, cases ...Case) string {
	st := stateOf(ctx)
	if st.explorer != nil {
		return st.exploreWait(ctx, label, limit, cases)
	}
	names := ""
	for i, c := range cases {
		if i > 0 {
			names += " or "
		}
		names += c.name
	}
	if names == "" {
		names = "the time to come"
	}
	p := &openPoint{step: label, waitingFor: names}
	if p.limited = limit.bounded(); p.limited {
		p.until = limit.resolve(Now(ctx))
	}
	for {
		got, err := st.waitOnce(ctx, p, cases)
		if err != nil { // a payload that does not decode: noted in the trail, the wait goes on
			st.visit(ctx, label, err.Error())
			continue
		}
		return got
	}
}

func (st *state) waitOnce(ctx workflow.Context, p *openPoint, cases []Case) (string, error) {
	var hit *Case
	ready := func() bool {
		hit = st.ready(cases)
		return hit != nil
	}
	ok, err := true, error(nil)
	if !ready() {
		st.begin(ctx, p)
		st.publishStep(ctx, p.step)
		if !p.limited {
			err = workflow.Await(ctx, ready)
		} else {
			ok, err = st.awaitUntil(ctx, p, ready)
		}
	}
	switch {
	case err != nil:
		st.end(ctx, p, string(Cancelled))
		return "", nil
	case !ok:
		st.end(ctx, p, TimedOut)
		return TimedOut, nil
	}
	if err := hit.take(ctx, st); err != nil {
		st.leave(p)
		return "", err
	}
	st.end(ctx, p, hit.name)
	return hit.name, nil
}

// ready is the first of the cases that has come; nil when none has.
func (st *state) ready(cases []Case) *Case {
	st.collect()
	for i := range cases {
		if cases[i].ready(st) {
			return &cases[i]
		}
	}
	return nil
}

func (st *state) awaitUntil(ctx workflow.Context, p *openPoint, ready func() bool) (bool, error) {
	left := p.until.Sub(Now(ctx))
	if left <= 0 {
		return ready(), ctx.Err()
	}
	return workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout:      st.env.Clock.Span(left),
		TimerOptions: workflow.TimerOptions{Summary: p.step + " until " + p.until.UTC().Format(time.RFC3339)},
	}, ready)
}

// Sleep lets business time pass. It errs when the run is cancelled.
func Sleep(ctx workflow.Context, label string, limit Limit) error {
	if AwaitAny(ctx, label, limit) == "" {
		return ctx.Err()
	}
	return nil
}

// stepAttribute lets ops and the API list the runs that stand at a wait. It is registered with the namespace.
var stepAttribute = temporal.NewSearchAttributeKeyKeyword("PerduraStep")

func (st *state) publishStep(ctx workflow.Context, step string) {
	if branchOf(ctx) != "" {
		return // parallel waits have no one step
	}
	_ = workflow.UpsertTypedSearchAttributes(ctx, stepAttribute.ValueSet(step))
}
