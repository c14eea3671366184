package closure

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
)

// undos are the ways back from what took effect, in the order in which it did.
type undos []func(workflow.Context) error

// attempt carries out a step whose undoing is known beforehand and does nothing when there is nothing to undo. It is
// remembered before the step begins, and forgotten only when the step certainly took no effect: one whose outcome is
// unknown is undone too.
func attempt[A, R, U, V any](ctx workflow.Context, u *undos, step string, act process.Activity[A, R], arg A,
	back string, undo process.Activity[U, V], what U) (R, error) {
	remember(u, back, undo, what)
	r, err := process.Do(ctx, step, act, arg)
	if certainlyNot(err) {
		*u = (*u)[:len(*u)-1]
	}
	return r, err
}

// certainlyNot says that a step with this error took no effect: it did not begin, or was declined.
func certainlyNot(err error) bool {
	return temporal.IsCanceledError(err) || process.IsType(err, process.TypeRefused) || process.IsType(err, process.TypeInvalid) ||
		process.IsType(err, process.TypeNotFound)
}

// remember adds the way back from something that took effect.
func remember[U, V any](u *undos, step string, undo process.Activity[U, V], what U) {
	*u = append(*u, func(ctx workflow.Context) error {
		_, err := process.Undo(ctx, step, undo, what)
		return err
	})
}

// all undoes everything, the last first, also on a run that is cancelled. One that fails does not keep the others from
// being done.
func (u *undos) all(ctx workflow.Context) error {
	var errs []error
	for _, back := range slices.Backward(*u) {
		errs = append(errs, back(ctx))
	}
	*u = nil
	return errors.Join(errs...)
}
