package message

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	m, err := process.Do(ctx, "Read what was asked for", messages.ReadRequest, messages.Request{RequestID: in.RequestID})
	if err != nil {
		return Outcome{}, err
	}
	receipt, _, err := journey.Send(ctx, "Send it", m)
	if temporal.IsCanceledError(err) {
		return Outcome{}, err
	}
	if err != nil {
		return Outcome{Status: Failed, Reason: cmp.Or(process.Code(err), journey.NotSent)}, nil
	}
	out := Outcome{Reason: receipt.Reason, MessageID: receipt.MessageID}
	switch process.Decide(ctx, "What became of it?", state(receipt), Sent, Refused, Failed, Unknown, Expired) {
	case Sent:
		out.Status = Sent
	case Refused:
		out.Status = Refused
	case Failed:
		out.Status = Failed
	case Unknown:
		out.Status = Unknown
	default:
		out.Status = Expired
	}
	return out, nil
}

// state is the receipt's, with what came too late apart from other refusals.
func state(r messages.Receipt) string {
	if r.State == messages.Refused && r.Reason == gate.Expired {
		return Expired
	}
	return r.State
}
