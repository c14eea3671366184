package signature

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// signing is one run: its contract, and how far it has come.
type signing struct {
	in         Input
	terms      contracting.Standing
	invitation messages.Receipt
	reminders  int // that were due
	viewed     bool
	out        Outcome

	// What the signals bring.
	fact     events.Contract
	declined events.Contract
	code     events.SigningCode
	bounce   journey.Engagement
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	s := &signing{in: in, invitation: in.SoFar.Invitation, reminders: in.SoFar.Reminders}
	err := s.see(ctx)
	if temporal.IsCanceledError(err) || ctx.Err() != nil {
		// Nobody must be able to sign what nobody looks after. What is in force stays so.
		if _, failed := process.Undo(ctx, "Take the contract back", contracting.Void, in.ContractID); failed != nil {
			return s.out, failed
		}
	}
	return s.out, err
}

func (s *signing) end(status, reason string) { s.out.Status, s.out.Reason = status, reason }

// see sees the contract through: the customer's part, then ours.
func (s *signing) see(ctx workflow.Context) error {
	standing, err := process.Do(ctx, "Read where the contract stands", contracting.ReadStanding, s.in.ContractID)
	if err != nil {
		return err
	}
	s.terms = standing
	if standing.State == contracts.Viewed {
		s.viewed, standing.State = true, contracts.Issued
	}
	s.settle(ctx, "Can the customer sign?", standing, contracts.Issued, contracts.Signed, contracts.InForce, contracts.Declined, contracts.Expired, contracts.Voided)
	state, err := s.customer(ctx, standing.State)
	if err != nil || s.out.Status != "" {
		return err
	}
	if state != contracts.InForce {
		if err := s.house(ctx); err != nil || s.out.Status != "" {
			return err
		}
	}
	return s.finish(ctx)
}

// settle ends the process where the contract has ended.
func (s *signing) settle(ctx workflow.Context, question string, standing contracting.Standing, states ...string) {
	switch process.Decide(ctx, question, standing.State, states...) {
	case contracts.Declined:
		s.end(Declined, standing.Reason)
	case contracts.Expired:
		s.end(Expired, "")
	case contracts.Voided:
		s.end(Withdrawn, "")
	}
}

// customer invites the customer and waits until they have signed. It returns the state that the contract has come to.
func (s *signing) customer(ctx workflow.Context, state string) (string, error) {
	if state != contracts.Issued {
		return state, nil
	}
	if !s.invitation.Left() {
		if over, err := s.invite(ctx); over || err != nil {
			return "", err
		}
	}
	for ; s.reminders < len(s.terms.RemindAt); s.reminders++ {
		at := s.terms.RemindAt[s.reminders]
		if !at.Before(s.terms.ExpiresAt) {
			break
		}
		if over, err := s.listen(ctx, "Wait for the signature", at); over || err != nil {
			return contracts.Signed, err
		}
		if over, err := s.remind(ctx); over || err != nil {
			return contracts.Signed, err
		}
	}
	if over, err := s.listen(ctx, "Wait for the signature until the contract expires", s.terms.ExpiresAt); over || err != nil {
		return contracts.Signed, err
	}
	standing, err := process.Do(ctx, "Let the contract expire", contracting.Expire, s.in.ContractID)
	if err != nil {
		return "", err
	}
	s.settle(ctx, "Has it moved on in the last moment?", standing, contracts.Expired, contracts.Signed, contracts.InForce, contracts.Declined, contracts.Voided)
	return standing.State, nil
}

// message is one about the contract, worth nothing once its time has passed.
func (s *signing) message(template string, until time.Time) messages.Message {
	return messages.Message{Template: template, ContactID: s.terms.ContactID, ContractID: s.in.ContractID, ExpiresAt: until}
}

// invite sends the link. A customer who cannot be reached cannot sign, and the contract is taken back.
func (s *signing) invite(ctx workflow.Context) (over bool, err error) {
	receipt, heard, err := journey.Try(ctx, "Invite the customer to sign", s.message(contracting.TemplateInvitation, s.terms.ExpiresAt), Voided.Into(&s.fact))
	if err != nil {
		return true, err
	}
	if heard != "" {
		return s.react(ctx, heard)
	}
	if !process.DecideIf(ctx, "Did the invitation leave?", receipt.Left()) {
		return true, s.unreached(ctx, receipt.Reason)
	}
	s.invitation = receipt
	return false, s.note(ctx, "Note the invitation", contracting.Sent{Kind: contracting.InvitationSent, MessageID: receipt.MessageID})
}

func (s *signing) unreached(ctx workflow.Context, reason string) error {
	s.end(Unreached, reason)
	_, err := process.Do(ctx, "Take the contract back that reaches nobody", contracting.Void, s.in.ContractID)
	return err
}

// note writes into the evidence what left.
func (s *signing) note(ctx workflow.Context, step string, sent contracting.Sent) error {
	sent.ContractID = s.in.ContractID
	_, err := process.Do(ctx, step, contracting.NoteSent, sent)
	return err
}

// hears are the facts that matter while the customer has not signed. Until they have opened the contract, an invitation
// that bounced ends the matter; it comes before the voiding that the run brings about on it.
func (s *signing) hears() []process.Case {
	list := []process.Case{CustomerSigned.Into(&s.fact), CustomerDeclined.Into(&s.declined)}
	if !s.viewed {
		list = append(list, CustomerViewed.Into(&s.fact), journey.Engaged.Pick(&s.bounce, func(e journey.Engagement) bool {
			return e.Kind == journey.Bounced && e.MessageID == s.invitation.MessageID
		}))
	}
	return append(list, Voided.Into(&s.fact), CodeAsked.Into(&s.code))
}

// listen waits until the customer's part is over, or until a time; meanwhile one-time codes are sent. A run that has grown
// long by them goes on as a new one.
func (s *signing) listen(ctx workflow.Context, label string, until time.Time) (over bool, err error) {
	for {
		heard := process.AwaitAny(ctx, label, process.Until(until), s.hears()...)
		if heard == process.TimedOut {
			return false, nil
		}
		if over, err := s.react(ctx, heard); over || err != nil {
			return over, err
		}
		if process.ShouldContinue(ctx) {
			return true, process.Continue(Input{ContractID: s.in.ContractID, SoFar: SoFar{Invitation: s.invitation, Reminders: s.reminders}})
		}
	}
}

// react acts on what came, and returns whether the customer's part is over by it.
func (s *signing) react(ctx workflow.Context, heard string) (over bool, err error) {
	switch heard {
	case "":
		return true, temporal.NewCanceledError()
	case CustomerSigned.Name():
		return true, nil
	case CustomerDeclined.Name():
		s.end(Declined, s.declined.Reason)
		return true, nil
	case Voided.Name():
		s.end(Withdrawn, "")
		return true, nil
	case journey.Engaged.Name():
		return true, s.unreached(ctx, string(s.bounce.Kind))
	case CustomerViewed.Name():
		s.viewed = true
		return false, nil
	}
	return false, s.sendCode(ctx)
}

// sendCode sends the code for which the customer waits. If it does not leave, they ask for another.
func (s *signing) sendCode(ctx workflow.Context) error {
	m := s.message(contracting.TemplateCode, s.code.ExpiresAt)
	m.SigningCodeID, m.Urgency = s.code.CodeID, messages.Now
	receipt, _, err := journey.Try(ctx, "Send the one-time code", m)
	if err != nil || !receipt.Left() {
		return err
	}
	return s.note(ctx, "Note the one-time code", contracting.Sent{Kind: contracting.CodeSent, MessageID: receipt.MessageID, CodeID: s.code.CodeID})
}

// remind writes again. One that does not leave is of no importance: the customer has the invitation.
func (s *signing) remind(ctx workflow.Context) (over bool, err error) {
	receipt, heard, err := journey.Try(ctx, "Remind the customer", s.message(contracting.TemplateReminder, s.terms.ExpiresAt), s.hears()...)
	if err != nil {
		return true, err
	}
	if heard != "" {
		return s.react(ctx, heard)
	}
	if !receipt.Left() {
		return false, nil
	}
	return false, s.note(ctx, "Note the reminder", contracting.Sent{Kind: contracting.ReminderSent, MessageID: receipt.MessageID})
}

// house has our side sign.
func (s *signing) house(ctx workflow.Context) error {
	asked, err := process.Do(ctx, "Have somebody sign for our side", contracting.AskToCountersign, s.in.ContractID)
	if err != nil {
		return err
	}
	switch process.AwaitAny(ctx, "Wait for our signature", process.Until(asked.By), Countersigned.Into(&s.fact), Voided.Into(&s.fact)) {
	case "":
		return temporal.NewCanceledError()
	case Voided.Name():
		s.end(Withdrawn, "")
		return nil
	case Countersigned.Name():
		return nil
	}
	if _, err := process.Do(ctx, "Take the contract back that we did not sign", contracting.Void, s.in.ContractID); err != nil {
		return err
	}
	standing, err := process.Do(ctx, "Look whether it was signed in the last moment", contracting.ReadStanding, s.in.ContractID)
	if err == nil && !process.DecideIf(ctx, "Is the contract in force?", standing.State == contracts.InForce) {
		s.end(Withdrawn, "not-countersigned")
	}
	return err
}

// finish hands the customer their copy, and the evidence to the log. The contract is in force, whatever becomes of both.
func (s *signing) finish(ctx workflow.Context) error {
	s.end(Signed, "")
	if _, _, err := journey.Try(ctx, "Send the customer their copy", s.message(contracting.TemplateCopy, time.Time{})); err != nil {
		return err
	}
	if _, err := process.Do(ctx, "Put the evidence into the log", contracting.Anchor, s.in.ContractID); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}
