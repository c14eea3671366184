package process

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"
)

// trailLength bounds the trail that a run keeps and shows; older visits are dropped first.
const trailLength = 200

// state is what the kit keeps of one run, inside the workflow.
type state struct {
	d        Description
	env      Envelope
	explorer Explorer
	// cancel cancels the run while exploring; chosen is the point at which the explorer chose last.
	cancel workflow.CancelFunc
	chosen string

	channels map[string]workflow.ReceiveChannel
	inbox    map[string][]Delivery
	seen     *recent
	steps    map[string]int
	taken    int // steps of this run, without those of the runs that it continues
	trail    []Visit
	points   []*openPoint // what the run is doing now; several when branches run in parallel
}

// openPoint is a step or wait that has begun and not ended.
type openPoint struct {
	step, waitingFor string
	since, until     time.Time
	limited          bool // a wait that ends at until by itself
}

func newState(d Description, env Envelope) *state {
	st := &state{d: d, env: env, inbox: map[string][]Delivery{}, seen: newRecent(seenLength), steps: map[string]int{}}
	if c := env.Carry; c != nil {
		for name, list := range c.Inbox {
			st.inbox[name] = list
		}
		for _, id := range c.Seen {
			st.seen.add(id)
		}
		for name, n := range c.Steps {
			st.steps[name] = n
		}
		st.trail = c.Trail
	}
	return st
}

func (st *state) carry() *Carry {
	return &Carry{Inbox: st.inbox, Seen: st.seen.list(), Steps: st.steps, Trail: st.trail}
}

// key is the idempotency key of the next run of a step: workflow ID, entry, branch, step and how often it ran. A step that a
// request asks for has the request's id as well.
func (st *state) key(ctx workflow.Context, step string) string {
	st.taken++
	id := slug(branchOf(ctx) + " " + step)
	if r, ok := ctx.Value(askingKey{}).(*asking); ok {
		r.steps[id]++
		return fmt.Sprintf("%s/%s/%s/%s.%d", workflow.GetInfo(ctx).WorkflowExecution.ID, st.env.Entry, r.id, id, r.steps[id])
	}
	st.steps[id]++
	return fmt.Sprintf("%s/%s/%s.%d", workflow.GetInfo(ctx).WorkflowExecution.ID, st.env.Entry, id, st.steps[id])
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

func slug(s string) string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(s), "-"), "-")
}

// begin marks that the run has come to a point; end marks how it left.
func (st *state) begin(ctx workflow.Context, p *openPoint) {
	p.since = Now(ctx)
	st.points = append(st.points, p)
	st.describe(ctx)
}

func (st *state) end(ctx workflow.Context, p *openPoint, result string) {
	st.leave(p)
	st.visit(ctx, p.step, result)
	st.describe(ctx)
}

// leave takes a point off the list of what the run is doing, where it stands there.
func (st *state) leave(p *openPoint) {
	st.points = slices.DeleteFunc(slices.Clone(st.points), func(open *openPoint) bool { return open == p })
}

func (st *state) visit(ctx workflow.Context, step, result string) {
	if branch := branchOf(ctx); branch != "" {
		step = branch + ": " + step
	}
	st.trail = append(st.trail, Visit{Step: step, At: Now(ctx), Result: result})
	if len(st.trail) > trailLength {
		st.trail = st.trail[len(st.trail)-trailLength:]
	}
}

// describe keeps the words in the Temporal UI's "current details" true.
func (st *state) describe(ctx workflow.Context) {
	if st.explorer != nil {
		return
	}
	var b strings.Builder
	for _, p := range st.points {
		if p.waitingFor != "" {
			fmt.Fprintf(&b, "**%s**: waits for %s since %s", p.step, p.waitingFor, p.since.Format(time.RFC3339))
			if !p.until.IsZero() {
				fmt.Fprintf(&b, ", until %s", p.until.Format(time.RFC3339))
			}
		} else {
			fmt.Fprintf(&b, "**%s** since %s", p.step, p.since.Format(time.RFC3339))
		}
		b.WriteString("\n\n")
	}
	workflow.SetCurrentDetails(ctx, b.String())
}

type stateKey struct{}
type branchKey struct{}

func withState(ctx workflow.Context, st *state) workflow.Context {
	return workflow.WithValue(ctx, stateKey{}, st)
}

func stateOf(ctx workflow.Context) *state {
	st, ok := ctx.Value(stateKey{}).(*state)
	if !ok {
		panic("process: this context does not come from a process: pass on the one that the run function was given")
	}
	return st
}

func branchOf(ctx workflow.Context) string {
	b, _ := ctx.Value(branchKey{}).(string)
	return b
}

func ending(out Result, err error) string {
	var again *continuation
	switch {
	case err == nil:
		return out.Ending()
	case asContinuation(err, &again):
		return "continues"
	case isCanceled(err):
		return string(Cancelled)
	default:
		if code := Code(err); code != "" {
			return "failed: " + code
		}
		return string(Failed)
	}
}
