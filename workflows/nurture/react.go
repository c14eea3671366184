package nurture

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

// reactions are those that move the run. They count whichever message of the run they came to.
var reactions = []journey.Kind{journey.Opened, journey.Clicked, journey.Replied, journey.Bounced, journey.Complained, journey.Unsubscribed}

// facts end the run, whatever it waits for.
func facts() []process.Case {
	var f Fact
	return []process.Case{Bought.Into(&f), Declined.Into(&f), WroteBack.Into(&f)}
}

// listen hears reactions until a business time.
func (n *nurture) listen(ctx workflow.Context, label string, until time.Time) (way, error) {
	for {
		heard, e := journey.AwaitAny(ctx, label, process.Until(until), n.heard, reactions, facts()...)
		if heard == "" {
			return over, temporal.NewCanceledError()
		}
		if heard == process.TimedOut {
			return on, nil
		}
		if next, err := n.react(ctx, heard, e); err != nil || next != on {
			return next, err
		}
		n.heard = append(n.heard, e)
	}
}

// react does what a reaction, or a fact about the person, asks for.
func (n *nurture) react(ctx workflow.Context, heard string, e journey.Engagement) (way, error) {
	switch heard {
	case string(journey.Opened), string(journey.Clicked):
		ready, err := n.credit(ctx, e)
		if err != nil {
			return over, err
		}
		if process.DecideIf(ctx, "Ready for sales?", ready) {
			return n.handOver(ctx)
		}
		return on, nil
	case string(journey.Replied):
		if _, err := n.credit(ctx, e); err != nil {
			return over, err
		}
		return n.answer(ctx)
	case WroteBack.Name():
		return n.answer(ctx)
	case string(journey.Bounced):
		return n.shut(n.channelOf(e.MessageID), Unreachable, "bounced")
	case Bought.Name():
		return n.end(Converted, "")
	}
	return n.end(OptedOut, heard)
}

func (n *nurture) channelOf(message uuid.UUID) provider.Channel {
	for _, r := range n.at.Sent {
		if r.MessageID == message {
			return r.Channel
		}
	}
	return provider.Email
}

// credit counts a reaction into the score and tells whether the lead is ready for sales.
func (n *nurture) credit(ctx workflow.Context, e journey.Engagement) (bool, error) {
	standing, err := process.Do(ctx, "Count it into the score", nurturing.Credit, nurturing.Reaction{
		LeadID: n.at.LeadID, MessageID: e.MessageID, Kind: string(e.Kind), Track: n.at.Track, Version: n.at.Version,
	})
	n.at.Score = standing.Score
	return standing.Ready, err
}

// handOver gives the lead to sales; its hand-over begins with the task.
func (n *nurture) handOver(ctx workflow.Context) (way, error) {
	given, err := process.Do(ctx, "Give the lead to sales", records.GiveBack,
		records.GivingBack{LeadID: n.at.LeadID, Reason: records.SalesReady})
	if err != nil {
		return over, err
	}
	if process.Decide(ctx, "Who has the lead now?", given.Verdict, records.Given, records.WithSales, records.NotThere) == records.NotThere {
		return n.end(Withdrawn, "no-lead")
	}
	n.out.Status = SalesReady
	return over, n.tell(ctx, notify.LeadReturned, given.AssigneeID, given.TaskID)
}

// answerWithin is the working time in which somebody who wrote back is answered.
const answerWithin = 4 * time.Hour

// answer gives the owner the task to answer.
func (n *nurture) answer(ctx workflow.Context) (way, error) {
	task, err := process.Do(ctx, "Ask the owner to answer", tasks.Open,
		tasks.Request{Kind: tasks.Reply, For: tasks.Owner, LeadID: n.at.LeadID, Within: answerWithin})
	if err != nil {
		return over, err
	}
	n.out.Status = Replied
	return over, n.tell(ctx, notify.LeadReplied, task.AssigneeID, task.TaskID)
}

// tell tells the owner. The task is there whatever becomes of the messages.
func (n *nurture) tell(ctx workflow.Context, t notify.Template, user, task uuid.UUID) error {
	return work.Tell(ctx, "Tell the owner", "Notify them", notify.Message{Template: t, UserID: user, LeadID: n.at.LeadID, TaskID: task})
}
