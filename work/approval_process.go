package work

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// ApprovalInput names an approval that was asked for. SoFar is what a long run hands to the one that continues it.
type ApprovalInput struct {
	ApprovalID uuid.UUID     `json:"approval_id"`
	SoFar      ApprovalSoFar `json:"so_far,omitzero"`
}

// ApprovalSoFar says who was told of the question, and what is still due until it expires.
type ApprovalSoFar struct {
	Told []uuid.UUID `json:"told,omitempty"`
	Plan []Due       `json:"plan,omitempty"`
}

// Due is something that the policy wants to happen at an instant.
type Due struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// Endings of the process Approval.
const (
	Approved  = approvals.Approved
	Rejected  = approvals.Rejected
	Voided    = approvals.Voided
	Expired   = approvals.Expired
	Withdrawn = approvals.Withdrawn
)

// ApprovalOutcome says how it ended.
type ApprovalOutcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o ApprovalOutcome) Ending() string { return o.Status }

// ApprovalFact is something that happened to the approval. What it was, the run looks up.
type ApprovalFact struct{}

// The facts that the process hears.
var (
	ApprovalDecided = process.NewSignal[ApprovalFact]("decided", "the approval was given or refused")
	ApprovalVoided  = process.NewSignal[ApprovalFact]("voided", "what was to be approved has changed")
	ApprovalSeated  = process.NewSignal[ApprovalFact]("seated", "somebody else has to decide")
)

// Approval sees to it that those who have to decide know it, and that no question stays open for ever.
var Approval = process.New("approval", runApproval,
	process.Owner("sales-management"),
	process.Purpose("Whoever has to decide knows of it in time, and every question ends."),
	process.OneRunPer(func(in ApprovalInput) string { return in.ApprovalID.String() }),
	process.Given("an approval", ApprovalInput{ApprovalID: uuid.Max}),
	process.SignalsOn(events.ApprovalDecided, ApprovalDecided, aboutApproval),
	process.SignalsOn(events.ApprovalVoided, ApprovalVoided, aboutApproval),
	process.SignalsOn(events.ApprovalSeated, ApprovalSeated, aboutApproval),
	process.Receives(ApprovalDecided, ApprovalVoided, ApprovalSeated),
	process.Ends(Approved, Rejected, Voided, Expired, Withdrawn),
	process.Returns(ApprovalOutcome{Approved}, ApprovalOutcome{Rejected}, ApprovalOutcome{Voided}, ApprovalOutcome{Expired}, ApprovalOutcome{Withdrawn}),
)

func aboutApproval(e events.ApprovalMoved) (string, ApprovalFact, bool) {
	return e.ApprovalID.String(), ApprovalFact{}, e.ApprovalID != uuid.Nil
}

// approval is one run: who was told, and what is due when.
type approval struct {
	id   uuid.UUID
	told []uuid.UUID
	plan []Due // empty until it was made: the end of the question is always due
}

const (
	remind   = "remind"
	escalate = "escalate"
	expire   = "expire"
)

func runApproval(ctx workflow.Context, in ApprovalInput) (ApprovalOutcome, error) {
	a := &approval{id: in.ApprovalID, told: in.SoFar.Told, plan: in.SoFar.Plan}
	reminding := false
	for {
		stands, err := process.Do(ctx, "See how the approval stands", approving.Look, a.id)
		if err != nil {
			return a.withdraw(ctx, err)
		}
		if process.Decide(ctx, "Is it decided?", stands.State, approvals.Open, Approved, Rejected, Voided, Expired, Withdrawn) != approvals.Open {
			return ApprovalOutcome{stands.State}, nil
		}
		a.schedule(stands)
		if err := a.tell(ctx, stands.Waiting, reminding); err != nil {
			return a.withdraw(ctx, err)
		}
		reminding = false
		var f ApprovalFact
		switch process.AwaitAny(ctx, "The deciders decide", process.Until(a.plan[0].At),
			ApprovalDecided.Into(&f), ApprovalVoided.Into(&f), ApprovalSeated.Into(&f)) {
		case "":
			return a.withdraw(ctx, temporal.NewCanceledError())
		case process.TimedOut:
			next := a.plan[0]
			a.plan = a.plan[1:]
			switch process.Decide(ctx, "What is due?", next.What, remind, escalate, expire) {
			case remind:
				reminding = true
			case escalate:
				if _, err := process.Do(ctx, "Ask those above", approving.Escalate, a.id); err != nil {
					return a.withdraw(ctx, err)
				}
			case expire:
				last, err := process.Do(ctx, "End the question", approving.Expire, a.id)
				if err != nil {
					return a.withdraw(ctx, err)
				}
				return ApprovalOutcome{last.State}, nil
			}
		default:
			if process.ShouldContinue(ctx) {
				return ApprovalOutcome{}, process.Continue(ApprovalInput{ApprovalID: a.id, SoFar: ApprovalSoFar{Told: a.told, Plan: a.plan}})
			}
		}
	}
}

// schedule lists what is due until the approval expires, once.
func (a *approval) schedule(s approving.Standing) {
	if len(a.plan) > 0 {
		return
	}
	for _, after := range s.RemindAfter {
		a.plan = append(a.plan, Due{s.AskedAt.Add(after), remind})
	}
	if s.EscalateAfter > 0 {
		a.plan = append(a.plan, Due{s.AskedAt.Add(s.EscalateAfter), escalate})
	}
	slices.SortStableFunc(a.plan, func(x, y Due) int { return x.At.Compare(y.At) })
	a.plan = append(a.plan, Due{s.ExpiresAt, expire})
}

// tell lets those know who have to decide: newcomers at once, the others when they are to be reminded. The question
// stands whatever becomes of the messages; only a cancellation comes back as an error.
func (a *approval) tell(ctx workflow.Context, waiting []approving.Seat, reminding bool) error {
	for _, seat := range waiting {
		known := slices.Contains(a.told, seat.UserID)
		if known && !reminding {
			continue
		}
		template, step := notify.ApprovalAsked, "Tell a decider"
		switch {
		case known:
			template, step = notify.ApprovalReminder, "Remind a decider"
		case seat.Escalated:
			template, step = notify.ApprovalEscalated, "Tell somebody above"
		}
		_, err := process.Do(ctx, step, notify.Send, notify.Message{Template: template, Channel: notify.Email, UserID: seat.UserID, ApprovalID: a.id})
		if temporal.IsCanceledError(err) {
			return err
		}
		if !known {
			a.told = append(a.told, seat.UserID)
		}
	}
	return nil
}

// withdraw takes the question back when the run is cancelled or cannot go on. Where it was decided in the last moment,
// that stands.
func (a *approval) withdraw(ctx workflow.Context, cause error) (ApprovalOutcome, error) {
	last, err := process.Undo(ctx, "Take the question back", approving.Withdraw, a.id)
	if !temporal.IsCanceledError(cause) {
		return ApprovalOutcome{}, cause
	}
	return ApprovalOutcome{last.State}, err
}
