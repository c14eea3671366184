// Package journey holds the steps of a conversation with a customer: to say something, when the policy gate lets it
// pass, and to wait for what comes back. Processes that use it declare Hears.
package journey

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Kind is what became of a message after it left.
type Kind string

// The kinds, as events.Engagement names them.
const (
	Delivered    Kind = "delivered"
	Opened       Kind = "opened"
	Clicked      Kind = "clicked"
	Replied      Kind = "replied"
	SoftBounced  Kind = "soft-bounced"
	Bounced      Kind = "bounced"
	Complained   Kind = "complained"
	Unsubscribed Kind = "unsubscribed"
)

// Engagement is one reaction to one message of the run.
type Engagement struct {
	MessageID uuid.UUID `json:"message_id"`
	Kind      Kind      `json:"kind"`
	Link      int       `json:"link,omitempty"`
	At        time.Time `json:"at"`
}

func example(k Kind) process.Named[Engagement] {
	return process.Named[Engagement]{Name: string(k), Value: Engagement{MessageID: uuid.Max, Kind: k}}
}

// Engaged tells a run how people react to its messages.
var Engaged = process.NewSignal("engaged", "somebody reacted to a message of this run",
	example(Opened), example(Clicked), example(Replied), example(Bounced), example(Complained), example(Unsubscribed), example(Delivered),
	example(SoftBounced))

// Hears lets the process of this name hear what becomes of its messages.
func Hears(name string) process.Option {
	return process.All(
		process.Receives(Engaged),
		process.SignalsOn(events.MessageEngaged, Engaged, func(e events.Engagement) (string, Engagement, bool) {
			return e.Subject, Engagement{MessageID: e.MessageID, Kind: Kind(e.Kind), Link: e.Link, At: e.At}, e.Process == name
		}),
	)
}

// NotSent is the reason of a message that the provider would not take for a day.
const NotSent = "not-sent"

// Try is Send for a journey that goes on whatever becomes of the message: one that the provider would not take for a day
// counts as failed. Only a cancellation comes back as an error.
func Try(ctx workflow.Context, step string, m messages.Message, interrupts ...process.Case) (messages.Receipt, string, error) {
	receipt, heard, err := Send(ctx, step, m, interrupts...)
	if err == nil || temporal.IsCanceledError(err) || ctx.Err() != nil {
		return receipt, heard, err
	}
	return messages.Receipt{State: messages.Failed, Reason: NotSent}, heard, nil
}

// maxShifts bounds how often the gate may put one message off before the step gives it up.
const maxShifts = 20

// Send says something to a person and returns what became of it. A message that the gate shifts waits for its time, and
// any of the interrupts ends that wait: then the message is withdrawn and the name of the interrupt returned.
func Send(ctx workflow.Context, step string, m messages.Message, interrupts ...process.Case) (messages.Receipt, string, error) {
	if m.Department == "" {
		m.Department = process.OwnerOf(ctx)
	}
	for range maxShifts {
		receipt, err := process.Do(ctx, step, messages.Send, m)
		if err != nil || receipt.State != messages.Shifted {
			return receipt, "", err
		}
		m.Resume = receipt.MessageID
		heard := process.AwaitAny(ctx, step+": wait for a good time", process.Until(receipt.Until), interrupts...)
		if heard == process.TimedOut {
			continue
		}
		reason := heard
		if heard == "" {
			reason = "cancelled"
		}
		if _, err := process.Undo(ctx, step+": take it back", messages.Withdraw,
			messages.Withdrawal{MessageID: receipt.MessageID, Reason: reason}); err != nil {
			return receipt, heard, err
		}
		return messages.Receipt{MessageID: receipt.MessageID, State: messages.Refused, Reason: reason}, heard, ctx.Err()
	}
	_, err := process.Undo(ctx, step+": give it up", messages.Withdraw, messages.Withdrawal{MessageID: m.Resume, Reason: "shifted-too-often"})
	return messages.Receipt{MessageID: m.Resume, State: messages.Refused, Reason: "shifted-too-often"}, "", err
}
