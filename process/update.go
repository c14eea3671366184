package process

import (
	"reflect"

	"go.temporal.io/sdk/workflow"
)

// Update is the typed contract of a request that a run answers with a verdict: approve, move a stage.
type Update[Req, Res any] struct {
	name, purpose string
	examples      []Named[Req]
}

// NewUpdate declares an update. Examples name the requests that the process tells apart.
func NewUpdate[Req, Res any](name, purpose string, examples ...Named[Req]) Update[Req, Res] {
	if len(examples) == 0 {
		examples = []Named[Req]{{Name: name}}
	}
	return Update[Req, Res]{name, purpose, examples}
}

// UpdateContract is an Update of any shape.
type UpdateContract interface{ info() MessageInfo }

func (u Update[Req, Res]) info() MessageInfo {
	return MessageInfo{Name: u.name, Purpose: u.purpose, Payload: reflect.TypeFor[Req](), Answer: reflect.TypeFor[Res]()}
}

// Name is the update's name in Temporal and in the REST path.
func (u Update[Req, Res]) Name() string { return u.name }

// Answered counts the requests that a handler has accepted, so that a process can wait for the next one.
type Answered[Req, Res any] struct {
	update  Update[Req, Res]
	check   func(Req) error
	handle  func(workflow.Context, Req) (Res, error)
	pending []string // one entry for each accepted request that no wait has taken yet
}

// Handle answers the update from now on. check refuses a request before it enters the history and must not change
// anything; handle carries it out and returns the verdict. A refusal is made with Refused, and the caller is told why.
func (u Update[Req, Res]) Handle(ctx workflow.Context, check func(Req) error, handle func(workflow.Context, Req) (Res, error)) (*Answered[Req, Res], error) {
	if check == nil {
		check = func(Req) error { return nil }
	}
	a := &Answered[Req, Res]{update: u, check: check, handle: handle}
	st := stateOf(ctx)
	if st.explorer != nil {
		return a, nil
	}
	return a, workflow.SetUpdateHandlerWithOptions(ctx, u.name,
		func(hctx workflow.Context, req Req) (Res, error) {
			res, err := handle(withAsking(withState(hctx, st)), req)
			if err == nil {
				a.pending = append(a.pending, u.name)
			}
			return res, err
		},
		workflow.UpdateHandlerOptions{Description: u.purpose, Validator: func(_ workflow.Context, req Req) error {
			return check(req)
		}})
}

// asking is one request under way. Its steps are keyed by its id and not counted with those of the run: the order in which
// requests come may change when a workflow task is tried again, and a request that is repeated after the run went on as a
// new one is still the same.
type asking struct {
	id    string
	steps map[string]int
}

type askingKey struct{}

func withAsking(ctx workflow.Context) workflow.Context {
	return workflow.WithValue(ctx, askingKey{}, &asking{workflow.GetCurrentUpdateInfo(ctx).ID, map[string]int{}})
}

// Next makes the next accepted request one of the things an AwaitAny waits for.
func (a *Answered[Req, Res]) Next() Case {
	c := Case{name: a.update.name}
	for _, ex := range a.update.examples {
		c.examples = append(c.examples, ex.Name)
	}
	c.ready = func(*state) bool { return len(a.pending) > 0 }
	c.take = func(workflow.Context, *state) error {
		a.pending = a.pending[1:]
		return nil
	}
	c.possible = func(i int) bool { return a.check(a.update.examples[i].Value) == nil }
	c.pretend = func(ctx workflow.Context, i int) error {
		_, err := a.handle(ctx, a.update.examples[i].Value)
		return err
	}
	return c
}
