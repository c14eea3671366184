package retention_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	couponing "github.com/perdura/perdura/activities/coupons"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/retaining"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/retention"
	"github.com/perdura/perdura/workflows/survey"
)

const day = 24 * time.Hour

var (
	customer = uuid.New()
	coupon   = uuid.New()
	monday   = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	// asked is the survey of the first round, which runs as a child.
	asked = survey.Input{Survey: "sleepy", For: surveys.Retention, ContactID: customer, Occasion: "round-1"}
)

// letter is a message that was handed over, and how long after the start.
type letter struct {
	template string
	after    time.Duration
}

// scene is a round whose activities answer as the tests say. The real survey runs in it: it reminds after five days, and
// closes after fourteen; the coupon is good for thirty.
type scene struct {
	*processtest.Env
	round   retaining.Round
	receipt func(m messages.Message) (messages.Receipt, error)

	mu    sync.Mutex
	reply surveying.Reply
	left  []letter // those that the provider took

	begun  *processtest.Calls[retaining.Customer]
	sent   *processtest.Calls[messages.Message]
	taken  *processtest.Calls[messages.Withdrawal]
	issued *processtest.Calls[couponing.Request]
	ended  *processtest.Calls[couponing.Ending]
}

func newScene(t *testing.T) *scene {
	t.Helper()
	env := processtest.New(t, retention.Process, survey.Process)
	env.SetStartTime(monday)
	s := &scene{Env: env, receipt: takes, round: retaining.Round{
		Verdict: retaining.Begun, Occasion: asked.Occasion, Survey: asked.Survey,
		Letters: map[string]string{"price": "about-price", "service": "about-service", "other": "about-anything"},
		Offer:   retaining.Offer{Name: "welcome-back", Percent: 15, ValidFor: 30 * day, Template: "coupon"},
	}}
	s.begun = processtest.Stub(env, retaining.Begin, func(retaining.Customer) (retaining.Round, error) { return s.round, nil })
	processtest.Stub(env, surveying.Invite, processtest.Returns[surveying.Ask](surveying.Invitation{
		Verdict: surveying.Invited, InvitationID: asked.InvitationID(), Template: "why", Reminder: "why-again",
		RemindAfter: []time.Duration{5 * day}, ExpiresAt: monday.Add(14 * day),
	}))
	processtest.Stub(env, surveying.Read, func(surveying.Invitee) (surveying.Reply, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.reply, nil
	})
	s.sent = processtest.Stub(env, messages.Send, s.send)
	s.taken = processtest.Stub(env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	s.issued = processtest.Stub(env, couponing.Issue, func(r couponing.Request) (couponing.Issued, error) {
		return couponing.Issued{CouponID: coupon, ExpiresAt: s.Now().Add(r.ValidFor)}, nil
	})
	s.ended = processtest.Stub(env, couponing.End, processtest.Returns[couponing.Ending](struct{}{}))
	processtest.Stub(env, tasks.OpenForContact, processtest.Returns[tasks.ContactRequest](tasks.Opened{TaskID: uuid.New()}))
	return s
}

// takes is a provider that takes everything.
func takes(messages.Message) (messages.Receipt, error) {
	return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
}

func (s *scene) send(m messages.Message) (messages.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	receipt, err := s.receipt(m)
	if err == nil && receipt.Left() {
		s.left = append(s.left, letter{m.Template, s.Now().Sub(monday).Round(time.Minute)})
	}
	return receipt, err
}

// holds keeps messages of a template back until so long after the start, and takes all others.
func (s *scene) holds(template string, until time.Duration) {
	s.receipt = func(m messages.Message) (messages.Receipt, error) {
		if at := monday.Add(until); m.Template == template && s.Now().Before(at) {
			return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Reason: "quiet-hours", Until: at}, nil
		}
		return takes(m)
	}
}

// answers lets the customer fill in the form of the survey.
func (s *scene) answers(t *testing.T, after time.Duration, word string) {
	t.Helper()
	s.After(after, func() {
		s.mu.Lock()
		s.reply = surveying.Reply{Answered: true, Word: word, Then: surveys.Nothing}
		s.mu.Unlock()
		run := survey.Process.Describe().WorkflowID(asked.InvitationID().String(), "")
		require.NoError(t, s.SignalWorkflowByID(run, survey.Replied.Name(), process.Delivery{Data: []byte(`{}`)}))
	})
}

func (s *scene) buys(after time.Duration) {
	s.After(after, func() { processtest.Signal(s.Env, retention.Bought, "", events.Contact{ContactID: customer}) })
}

func (s *scene) leaves(after time.Duration) {
	s.After(after, func() { processtest.Signal(s.Env, retention.Left, "", events.Choice{ContactID: customer}) })
}

func (s *scene) redeems(after time.Duration, which uuid.UUID) {
	s.After(after, func() {
		processtest.Signal(s.Env, retention.Redeemed, "", events.Redemption{CouponID: which, ContactID: customer})
	})
}

func (s *scene) reacts(after time.Duration, kind journey.Kind) {
	s.After(after, func() {
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: uuid.New(), Kind: kind})
	})
}

func (s *scene) end(t *testing.T) retention.Outcome {
	t.Helper()
	s.Run(retention.Process, retention.Input{ContactID: customer})
	require.NoError(t, s.GetWorkflowError())
	var out retention.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

// lasted is how long the run took.
func (s *scene) lasted() time.Duration { return s.Ended().At.Sub(monday).Round(time.Minute) }
