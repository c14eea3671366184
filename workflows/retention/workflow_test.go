package retention_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/workflows/retention"
	"github.com/perdura/perdura/workflows/survey"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	require.Empty(t, explore.Test(t, retention.Process).Limits, "the search was not cut short")
}

func TestALetterPerAnswer(t *testing.T) {
	t.Parallel()
	for word, template := range map[string]string{
		"price": "about-price", "service": "about-service", "no-need": "about-anything", "": "about-anything",
	} {
		t.Run(template+" for "+word, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.answers(t, 2*day, word)
			require.Equal(t, retention.Outcome{Status: retention.Answered, Word: word}, s.end(t))
			require.Equal(t, []letter{{"why", 0}, {template, 2 * day}}, s.left, "and no reminder after the answer")
			require.Equal(t, messages.Message{Template: template, ContactID: customer, Department: "marketing"}, s.sent.Args()[1])
			require.Zero(t, s.issued.Count(), "coupons are for the silent")
			require.Equal(t, 2*day, s.lasted())
		})
	}
}

// Who has said something and cannot be written to was not answered.
func TestALetterThatDoesNotLeave(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		receipt messages.Receipt
		err     error
		reason  string
	}{
		"refused":       {receipt: messages.Receipt{State: messages.Refused, Reason: gate.TopicOptOut}, reason: gate.TopicOptOut},
		"no template":   {err: process.Invalid("unknown-template", "there is no such template"), reason: "not-sent"},
		"provider down": {err: process.Unavailable("the provider does not answer"), reason: "not-sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(m messages.Message) (messages.Receipt, error) {
				if m.Template == "about-price" {
					return test.receipt, test.err
				}
				return takes(m)
			}
			s.answers(t, 2*day, "price")
			require.Equal(t, retention.Outcome{Status: retention.Unreachable, Word: "price", Reason: test.reason}, s.end(t))
		})
	}
}

func TestWhoIsNotSpokenTo(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[string]retention.Outcome{
		retaining.TooSoon: {Status: retention.Resting}, retaining.Nobody: {Status: retention.Unreachable, Reason: retaining.Nobody},
	} {
		s := newScene(t)
		s.round = retaining.Round{Verdict: verdict}
		require.Equal(t, want, s.end(t))
		require.Equal(t, []retaining.Customer{{ContactID: customer}}, s.begun.Args())
		require.Empty(t, s.Opened(), "there is no survey")
		require.Zero(t, s.sent.Count())
	}
}

func TestASurveyThatDoesNotReachThem(t *testing.T) {
	t.Parallel()
	for reason, receipt := range map[string]messages.Receipt{
		gate.NoConsent: {State: messages.Refused, Reason: gate.NoConsent}, gate.NoAddress: {State: messages.Refused, Reason: gate.NoAddress},
		"smtp-550": {State: messages.Failed, Reason: "smtp-550"},
	} {
		s := newScene(t)
		s.receipt = func(messages.Message) (messages.Receipt, error) { return receipt, nil }
		require.Equal(t, retention.Outcome{Status: retention.Unreachable, Reason: reason}, s.end(t))
		require.Equal(t, 1, s.sent.Count(), "whom the question does not reach gets no coupon")
		require.Zero(t, s.issued.Count())
	}
}

func TestWhoLeavesTheSurveyGetsNothingElse(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(day, func() {
		run := survey.Process.Describe().WorkflowID(asked.InvitationID().String(), "")
		require.NoError(t, s.SignalWorkflowByID(run, "engaged", process.Delivery{Data: []byte(`{"kind":"unsubscribed"}`)}))
	})
	require.Equal(t, retention.Outcome{Status: retention.OptedOut, Reason: "unsubscribed"}, s.end(t))
	require.Equal(t, []letter{{"why", 0}}, s.left)
	require.Equal(t, day, s.lasted())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	about := func(more string) []byte { return []byte(`{"contact_id":"` + customer.String() + `"` + more + `}`) }
	for name, test := range map[string]struct {
		event, more, signal string
		deaf                bool
	}{
		"asleep":              {event: events.CustomerAsleep.Name()},
		"bought":              {event: events.ContactConverted.Name(), signal: "bought"},
		"redeemed":            {event: events.CouponRedeemed.Name(), more: `,"coupon_id":"` + coupon.String() + `"`, signal: "redeemed"},
		"left everything":     {event: events.ContactOptedOut.Name(), signal: "opted-out"},
		"left the offers":     {event: events.ContactOptedOut.Name(), more: `,"topic":"offers"`, signal: "opted-out"},
		"left something else": {event: events.ContactOptedOut.Name(), more: `,"topic":"newsletter"`, deaf: true},
	} {
		actions, err := retention.Process.On(test.event, about(test.more))
		require.NoError(t, err, name)
		if test.deaf {
			require.Empty(t, actions, name)
			continue
		}
		require.Len(t, actions, 1, name)
		require.Equal(t, test.signal, actions[0].Signal, name)
		require.Equal(t, customer.String(), actions[0].Subject, name)
	}
	require.Equal(t, process.AfterExit, retention.Process.Describe().Reentry, "one round at a time")
}

func TestACancelledRoundCancelsItsSurvey(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(day, s.CancelWorkflow)
	s.Run(retention.Process, retention.Input{ContactID: customer})
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Len(t, s.Closed(), 2)
	require.Equal(t, process.Cancelled, s.Closed()[0].State)
	require.WithinDuration(t, monday.Add(day), s.Ended().At, time.Minute)
}
