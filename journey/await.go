package journey

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/process"
)

// exits are reactions that speak of the person and not of one message: they count whichever message of the run they
// answer.
var exits = []Kind{Replied, Complained, Unsubscribed}

// Await waits for the first reaction to the message of a receipt, or for an interrupt, and returns the name of what
// came: the kind of the reaction (in the Engagement, too), the name of the interrupt's case, process.TimedOut, or "" when
// the run is cancelled.
//
// It answers to the given kinds, and always to Bounced, Complained and Unsubscribed, whether asked for or not. A reply,
// complaint or unsubscription is heard whichever message of the run it came to; other reactions to other messages are
// passed over. What is passed over, or came before the wait, is not lost: it is there for the wait that asks for it.
func Await(ctx workflow.Context, label string, limit process.Limit, of messages.Receipt, kinds []Kind, interrupts ...process.Case) (string, Engagement) {
	kinds = append([]Kind{Bounced, Complained, Unsubscribed}, kinds...)
	var e Engagement
	reaction := Engaged.Pick(&e, func(e Engagement) bool {
		return slices.Contains(kinds, e.Kind) && (e.MessageID == of.MessageID || slices.Contains(exits, e.Kind))
	})
	return first(ctx, label, limit, &e, reaction, interrupts)
}

// AwaitAny is Await for a run that listens to all of its messages at once: it answers to exactly the given kinds,
// whichever message they came to, but not to what heard already holds.
func AwaitAny(ctx workflow.Context, label string, limit process.Limit, heard []Engagement, kinds []Kind, interrupts ...process.Case) (string, Engagement) {
	var e Engagement
	reaction := Engaged.Pick(&e, func(e Engagement) bool {
		return slices.Contains(kinds, e.Kind) && !slices.ContainsFunc(heard, func(h Engagement) bool {
			return h.MessageID == e.MessageID && h.Kind == e.Kind
		})
	})
	return first(ctx, label, limit, &e, reaction, interrupts)
}

// Reacts is a case for reactions of the given kinds to any message of the run; its name is Engaged's.
func Reacts(target *Engagement, kinds ...Kind) process.Case {
	return Engaged.Pick(target, func(e Engagement) bool { return slices.Contains(kinds, e.Kind) })
}

// first waits; a person's reaction counts before an interrupt of the same instant.
func first(ctx workflow.Context, label string, limit process.Limit, e *Engagement, reaction process.Case, interrupts []process.Case) (string, Engagement) {
	heard := process.AwaitAny(ctx, label, limit, append([]process.Case{reaction}, interrupts...)...)
	if heard == Engaged.Name() {
		return string(e.Kind), *e
	}
	return heard, Engagement{}
}
