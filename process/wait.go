package process

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// TimedOut is what AwaitAny returns when the limit passed.
const TimedOut = "timed out"

// Limit bounds a wait in business time.
type Limit struct {
	d     time.Duration
	until time.Time
}

// For bounds a wait by a duration of business time.
func For(d time.Duration) Limit { return Limit{d: d} }

// Until bounds a wait by a business instant, such as one that a calendar worked out.
func Until(t time.Time) Limit { return Limit{until: t} }

// Forever does not bound a wait.
func Forever() Limit { return Limit{} }

func (l Limit) bounded() bool { return l.d > 0 || !l.until.IsZero() }

// resolve returns the business instant at which the limit passes.
func (l Limit) resolve(now time.Time) time.Time {
	if !l.until.IsZero() {
		return l.until
	}
	return now.Add(l.d)
}

func (l Limit) String() string {
	switch {
	case !l.until.IsZero():
		return "until a computed time"
	case l.d > 0:
		return "up to " + spell(l.d)
	default:
		return "without limit"
	}
}

func spell(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
	return d.String()
}

// Case is one of the things that an AwaitAny waits for.
type Case struct {
	name     string
	examples []string
	ready    func(*state) bool
	take     func(workflow.Context, *state) error
	pretend  func(ctx workflow.Context, example int)
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
	if limit.bounded() {
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
		st.collect()
		for i := range cases {
			if cases[i].ready(st) {
				hit = &cases[i]
				return true
			}
		}
		return false
	}
	ok, err := true, error(nil)
	if !ready() {
		st.begin(ctx, p)
		st.publishStep(ctx, p.step)
		if p.until.IsZero() {
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
		return "", err
	}
	st.end(ctx, p, hit.name)
	return hit.name, nil
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

// exploreWait lets the explorer choose which case happens, that none does in time, or that the run is cancelled.
func (st *state) exploreWait(ctx workflow.Context, label string, limit Limit, cases []Case) string {
	var options []string
	type pick struct{ c, example int }
	var picks []pick
	for i, c := range cases {
		for j, ex := range c.examples {
			options = append(options, ex)
			picks = append(picks, pick{i, j})
		}
	}
	if limit.bounded() {
		options = append(options, TimedOut)
	}
	options = append(options, string(Cancelled))
	chosen := st.choose(ctx, PointWait, label, limit.String(), options)
	switch {
	case chosen < len(picks):
		p := picks[chosen]
		cases[p.c].pretend(ctx, p.example)
		return cases[p.c].name
	case options[chosen] == TimedOut:
		if left := limit.resolve(Now(ctx)).Sub(Now(ctx)); left > 0 {
			if err := workflow.Sleep(ctx, left); err != nil {
				return ""
			}
		}
		return TimedOut
	default:
		st.cancelled = true
		return ""
	}
}
