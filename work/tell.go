// Package work holds the steps in which a process has to do with people of the house: it tells them things, gives them
// tasks and asks for their approval.
package work

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/process"
)

// Tell tells a user by e-mail and webhook side by side, and waits for neither longer than its step takes: a process goes
// on whatever becomes of the messages, so only a cancellation comes back as an error. label names the whole, step each of
// the two. Nobody is told when m has no UserID.
func Tell(ctx workflow.Context, label, step string, m notify.Message) error {
	if m.UserID == uuid.Nil {
		return nil
	}
	by := func(c notify.Channel) func(workflow.Context) error {
		return func(ctx workflow.Context) error {
			m := m
			m.Channel = c
			_, err := process.Do(ctx, step, notify.Send, m)
			return err
		}
	}
	return OnlyCancellation(process.Parallel(ctx, label,
		process.Branch{Name: "By e-mail", Run: by(notify.Email)},
		process.Branch{Name: "By webhook", Run: by(notify.Webhook)}))
}

// OnlyCancellation is err when it says that the run is cancelled, else nil: for steps that a process can do without.
func OnlyCancellation(err error) error {
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
