package signature_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/signature"
)

const day = 24 * time.Hour

var (
	in     = signature.Input{ContractID: uuid.New()}
	monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

// letter is a message that was handed over, and how long after the start.
type letter struct {
	template string
	after    time.Duration
}

// scene is a run whose activities answer as the tests say: the customer may sign for 14 days and is reminded after two and
// five; our side has five days from when it is asked.
type scene struct {
	*processtest.Env
	receipt func(messages.Message) (messages.Receipt, error)

	mu    sync.Mutex
	state string
	left  []letter

	sent   *processtest.Calls[messages.Message]
	noted  *processtest.Calls[contracting.Sent]
	voided *processtest.Calls[uuid.UUID]
	asked  *processtest.Calls[uuid.UUID]
	logged *processtest.Calls[uuid.UUID]
}

func newScene(t *testing.T) *scene {
	t.Helper()
	env := processtest.New(t, signature.Process)
	env.SetStartTime(monday)
	s := &scene{Env: env, state: contracts.Issued, receipt: func(messages.Message) (messages.Receipt, error) {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
	}}
	processtest.Stub(env, contracting.ReadStanding, func(uuid.UUID) (contracting.Standing, error) { return s.standing(), nil })
	processtest.Stub(env, contracting.Expire, func(uuid.UUID) (contracting.Standing, error) {
		s.moves(contracts.Expired, contracts.Issued, contracts.Viewed)
		return s.standing(), nil
	})
	s.voided = processtest.Stub(env, contracting.Void, func(uuid.UUID) (struct{}, error) {
		s.moves(contracts.Voided, contracts.Issued, contracts.Viewed, contracts.Signed)
		return struct{}{}, nil
	})
	s.asked = processtest.Stub(env, contracting.AskToCountersign, func(uuid.UUID) (contracting.Asked, error) {
		if s.standing().State != contracts.Signed {
			return contracting.Asked{}, nil
		}
		return contracting.Asked{TaskID: uuid.New(), By: s.Now().Add(5 * day)}, nil
	})
	s.noted = processtest.Stub(env, contracting.NoteSent, processtest.Returns[contracting.Sent](struct{}{}))
	s.logged = processtest.Stub(env, contracting.Anchor, processtest.Returns[uuid.UUID](contracting.Anchored{InLog: true}))
	s.sent = processtest.Stub(env, messages.Send, func(m messages.Message) (messages.Receipt, error) {
		r, err := s.receipt(m)
		if err == nil && r.Left() {
			s.mu.Lock()
			s.left = append(s.left, letter{m.Template, s.Now().Sub(monday).Round(time.Minute)})
			s.mu.Unlock()
		}
		return r, err
	})
	processtest.Stub(env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	return s
}

func (s *scene) standing() contracting.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return contracting.Standing{
		State: s.state, ContactID: uuid.Max, Reason: "terms", RemindAt: []time.Time{monday.Add(2 * day), monday.Add(5 * day)}, ExpiresAt: monday.Add(14 * day),
	}
}

// moves takes the contract to a state if it is in one of those before.
func (s *scene) moves(to string, from ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range from {
		if s.state == f {
			s.state = to
			return
		}
	}
}

// comes moves the contract after a time and tells the run, unless it is not to hear of it.
func (s *scene) comes(after time.Duration, to string, signal process.Signal[events.Contract], heard bool) {
	s.After(after, func() {
		s.mu.Lock()
		s.state = to
		s.mu.Unlock()
		if heard {
			processtest.Signal(s.Env, signal, to, events.Contract{ContractID: in.ContractID, Reason: "price"})
		}
	})
}

func (s *scene) end(t *testing.T) signature.Outcome {
	t.Helper()
	s.Run(signature.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out signature.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func (s *scene) lasted() time.Duration { return s.Ended().At.Sub(monday).Round(time.Minute) }

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, signature.Process, explore.Paths(20_000), explore.Fan(1))
	for _, limit := range r.Limits {
		require.False(t, strings.HasPrefix(limit, "the search stopped"), "the search was not cut short: %s", limit)
	}
}

func TestBothSidesSign(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.comes(time.Hour, contracts.Viewed, signature.CustomerViewed, true)
	s.comes(day, contracts.Signed, signature.CustomerSigned, true)
	s.comes(3*day, contracts.InForce, signature.Countersigned, true)
	require.Equal(t, signature.Outcome{Status: signature.Signed}, s.end(t))
	require.Equal(t, []letter{{contracting.TemplateInvitation, 0}, {contracting.TemplateCopy, 3 * day}}, s.left, "who has signed is not reminded")
	require.Equal(t, 1, s.asked.Count())
	require.Equal(t, 1, s.logged.Count())
	require.Zero(t, s.voided.Count())
	require.Equal(t, []contracting.Sent{{ContractID: in.ContractID, Kind: contracting.InvitationSent, MessageID: s.noted.Args()[0].MessageID}}, s.noted.Args())
	for _, m := range s.sent.Args() {
		require.Equal(t, in.ContractID, m.ContractID)
	}
}

func TestNobodySigns(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.Equal(t, signature.Outcome{Status: signature.Expired}, s.end(t))
	require.Equal(t, []letter{{contracting.TemplateInvitation, 0}, {contracting.TemplateReminder, 2 * day}, {contracting.TemplateReminder, 5 * day}}, s.left)
	require.Equal(t, 14*day, s.lasted())
	require.Zero(t, s.asked.Count())
}

func TestHowTheCustomersPartEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		state  string
		signal process.Signal[events.Contract]
		want   signature.Outcome
	}{
		"declined": {contracts.Declined, signature.CustomerDeclined, signature.Outcome{Status: signature.Declined, Reason: "price"}},
		"voided":   {contracts.Voided, signature.Voided, signature.Outcome{Status: signature.Withdrawn}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.comes(3*day, tc.state, tc.signal, true)
			require.Equal(t, tc.want, s.end(t))
			require.Equal(t, 3*day, s.lasted())
			require.Len(t, s.left, 2)
			require.Zero(t, s.asked.Count())
		})
	}
}

func TestCodesAreSentAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	codes := []uuid.UUID{uuid.New(), uuid.New()}
	for i, code := range codes {
		s.After(day+time.Duration(i)*time.Minute, func() {
			processtest.Signal(s.Env, signature.CodeAsked, code.String(), events.SigningCode{ContractID: in.ContractID, CodeID: code, ExpiresAt: monday.Add(2 * day)})
			processtest.Signal(s.Env, signature.CodeAsked, code.String(), events.SigningCode{ContractID: in.ContractID, CodeID: code}) // a repeat
		})
	}
	s.comes(day+5*time.Minute, contracts.Signed, signature.CustomerSigned, true)
	s.comes(day+time.Hour, contracts.InForce, signature.Countersigned, true)
	require.Equal(t, signature.Signed, s.end(t).Status)
	require.Equal(t, []letter{
		{contracting.TemplateInvitation, 0}, {contracting.TemplateCode, day}, {contracting.TemplateCode, day + time.Minute}, {contracting.TemplateCopy, day + time.Hour},
	}, s.left)
	for i, code := range codes {
		m := s.sent.Args()[i+1]
		require.Equal(t, code, m.SigningCodeID)
		require.Equal(t, messages.Now, m.Urgency)
		require.Equal(t, monday.Add(2*day), m.ExpiresAt, "a code that counts no more is not sent")
	}
	require.Equal(t, contracting.CodeSent, s.noted.Args()[1].Kind)
	require.Equal(t, codes[0], s.noted.Args()[1].CodeID)
}

// A code is not to wait behind a reminder that the policy holds back.
func TestACodeComesBeforeAReminderThatWaits(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.receipt = func(m messages.Message) (messages.Receipt, error) {
		if m.Template == contracting.TemplateReminder {
			return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Until: monday.Add(4 * day)}, nil
		}
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
	}
	s.After(3*day, func() {
		processtest.Signal(s.Env, signature.CodeAsked, "1", events.SigningCode{ContractID: in.ContractID, CodeID: uuid.New()})
	})
	s.comes(3*day+time.Minute, contracts.Declined, signature.CustomerDeclined, true)
	require.Equal(t, signature.Declined, s.end(t).Status)
	require.Equal(t, []letter{{contracting.TemplateInvitation, 0}, {contracting.TemplateCode, 3 * day}}, s.left)
}

func TestACustomerWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(messages.Message) (messages.Receipt, error){
		"no-address": func(messages.Message) (messages.Receipt, error) {
			return messages.Receipt{State: messages.Refused, Reason: "no-address"}, nil
		},
		journey.NotSent: func(messages.Message) (messages.Receipt, error) {
			return messages.Receipt{}, process.Invalid("unknown-template", "there is no such template")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = answer
			require.Equal(t, signature.Outcome{Status: signature.Unreached, Reason: name}, s.end(t))
			require.Equal(t, 1, s.voided.Count(), "and a link that got through all the same opens nothing")
			require.Zero(t, s.lasted())
		})
	}
}

func TestAnInvitationThatBounces(t *testing.T) {
	t.Parallel()
	for name, viewed := range map[string]bool{"before it was opened": false, "after it was opened": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			if viewed {
				s.comes(time.Hour, contracts.Viewed, signature.CustomerViewed, true)
			}
			s.After(2*time.Hour, func() {
				for _, id := range []uuid.UUID{uuid.New(), s.noted.Args()[0].MessageID} { // another message, and the invitation
					processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: id, Kind: journey.Bounced})
				}
			})
			if viewed {
				require.Equal(t, signature.Expired, s.end(t).Status)
				return
			}
			require.Equal(t, signature.Outcome{Status: signature.Unreached, Reason: "bounced"}, s.end(t))
			require.Equal(t, 1, s.voided.Count())
		})
	}
}

// Taking back what bounced is told to the run as well. When the results of that step are lost, both facts are there.
func TestABounceComesBeforeTheVoidingThatFollowsIt(t *testing.T) {
	t.Parallel()
	s, message := newScene(t), uuid.New()
	s.receipt = func(messages.Message) (messages.Receipt, error) {
		processtest.Signal(s.Env, signature.Voided, "", events.Contract{ContractID: in.ContractID})
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: message, Kind: journey.Bounced})
		return messages.Receipt{MessageID: message, State: messages.Sent}, nil
	}
	require.Equal(t, signature.Outcome{Status: signature.Unreached, Reason: "bounced"}, s.end(t))
}

// The inbox may lag: what the run has not heard of is found when time is up.
func TestTheLastMomentCounts(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]signature.Outcome{
		contracts.Signed: {Status: signature.Withdrawn, Reason: "not-countersigned"}, contracts.Declined: {Status: signature.Declined, Reason: "terms"},
		contracts.Voided: {Status: signature.Withdrawn}, contracts.InForce: {Status: signature.Signed},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.comes(14*day-time.Minute, state, signature.CustomerSigned, false)
			require.Equal(t, want, s.end(t))
		})
	}
	t.Run("of our side", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.comes(day, contracts.Signed, signature.CustomerSigned, true)
		s.comes(6*day-time.Minute, contracts.InForce, signature.Countersigned, false)
		require.Equal(t, signature.Signed, s.end(t).Status)
		require.Equal(t, contracting.TemplateCopy, s.left[len(s.left)-1].template)
	})
}

func TestOurSideDoesNotSign(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.comes(day, contracts.Signed, signature.CustomerSigned, true)
	require.Equal(t, signature.Outcome{Status: signature.Withdrawn, Reason: "not-countersigned"}, s.end(t))
	require.Equal(t, 6*day, s.lasted())
	require.Equal(t, contracts.Voided, s.standing().State)
	require.Len(t, s.left, 1, "nobody gets a copy of what is not in force")

	s = newScene(t)
	s.comes(day, contracts.Signed, signature.CustomerSigned, true)
	s.comes(2*day, contracts.Voided, signature.Voided, true)
	require.Equal(t, signature.Outcome{Status: signature.Withdrawn}, s.end(t))
}

func TestARunThatIsCancelledLeavesNothingToSign(t *testing.T) {
	t.Parallel()
	for name, signed := range map[string]bool{"before the customer signed": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			if signed {
				s.comes(time.Hour, contracts.Signed, signature.CustomerSigned, true)
			}
			s.After(day, s.CancelWorkflow)
			s.Run(signature.Process, in)
			require.Equal(t, process.Cancelled, s.Ended().State)
			require.Equal(t, contracts.Voided, s.standing().State)
		})
	}
}

// What is in force stays so, whatever becomes of copy and log.
func TestACopyThatDoesNotLeaveChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.receipt = func(m messages.Message) (messages.Receipt, error) {
		if m.Template == contracting.TemplateCopy {
			return messages.Receipt{State: messages.Refused, Reason: "suppressed"}, nil
		}
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
	}
	s.comes(day, contracts.Signed, signature.CustomerSigned, true)
	s.comes(2*day, contracts.InForce, signature.Countersigned, true)
	require.Equal(t, signature.Signed, s.end(t).Status)
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	about := []byte(`{"contract_id":"` + in.ContractID.String() + `","deal_id":"` + uuid.NewString() + `"}`)
	for event, signal := range map[string]string{
		events.ContractViewed.Name(): signature.CustomerViewed.Name(), events.ContractSigned.Name(): signature.CustomerSigned.Name(),
		events.ContractDeclined.Name(): signature.CustomerDeclined.Name(), events.ContractCountersigned.Name(): signature.Countersigned.Name(),
		events.ContractVoided.Name(): signature.Voided.Name(), events.ContractCodeAsked.Name(): signature.CodeAsked.Name(),
	} {
		actions, err := signature.Process.On(event, about)
		require.NoError(t, err)
		require.Len(t, actions, 1, event)
		require.Equal(t, signal, actions[0].Signal)
		require.Equal(t, in.ContractID.String(), actions[0].Subject)
		actions, err = signature.Process.On(event, []byte(`{}`))
		require.NoError(t, err)
		require.Empty(t, actions)
	}
}

// A customer who asks for codes without end is neither invited nor reminded a second time.
func TestEndlessCodesGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.SetContinueAsNewSuggested(true)
	s.After(3*day, func() {
		processtest.Signal(s.Env, signature.CodeAsked, "", events.SigningCode{ContractID: in.ContractID, CodeID: uuid.New(), ExpiresAt: monday.Add(4 * day)})
	})
	s.Run(signature.Process, in)
	next, envelope := processtest.Continued[signature.Input](s.Env)
	require.Equal(t, 1, next.SoFar.Reminders)
	require.True(t, next.SoFar.Invitation.Left())
	require.Zero(t, s.voided.Count(), "the contract stands")

	s = newScene(t)
	s.SetStartTime(monday.Add(3 * day))
	s.RunWith(signature.Process, next, envelope)
	require.Equal(t, signature.Expired, s.Ended().Outcome)
	require.Equal(t, []letter{{contracting.TemplateReminder, 5 * day}}, s.left)
	require.Equal(t, 14*day, s.lasted())
}
