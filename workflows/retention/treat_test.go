package retention_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	couponing "github.com/perdura/perdura/activities/coupons"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/retention"
)

// untilCoupon are the letters to somebody who says nothing.
var untilCoupon = []letter{{"why", 0}, {"why-again", 5 * day}, {"coupon", 14 * day}}

func TestTheSilentGetACoupon(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.Equal(t, retention.Outcome{Status: retention.Lapsed, CouponID: coupon}, s.end(t))
	require.Equal(t, untilCoupon, s.left)
	require.Equal(t, []couponing.Request{{ContactID: customer, Offer: "welcome-back", Percent: 15, ValidFor: 30 * day}}, s.issued.Args(), "one coupon, for this person")
	require.Equal(t, messages.Message{
		Template: "coupon", ContactID: customer, CouponID: coupon, Department: "marketing", ExpiresAt: monday.Add(44 * day),
	}, s.sent.Args()[2], "the letter is worth nothing when the coupon has expired")
	require.Zero(t, s.ended.Count(), "it expires by itself")
	require.Equal(t, 44*day, s.lasted())
}

func TestHowACouponEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(s *scene)
		want    retention.Outcome
	}{
		"it is used":          {func(s *scene) { s.redeems(20*day, coupon) }, retention.Outcome{Status: retention.WonBack}},
		"they buy without it": {func(s *scene) { s.buys(20 * day) }, retention.Outcome{Status: retention.WonBack}},
		"they leave":          {func(s *scene) { s.leaves(20 * day) }, retention.Outcome{Status: retention.OptedOut}},
		"they unsubscribe":    {func(s *scene) { s.reacts(20*day, journey.Unsubscribed) }, retention.Outcome{Status: retention.OptedOut, Reason: "unsubscribed"}},
		"they complain":       {func(s *scene) { s.reacts(20*day, journey.Complained) }, retention.Outcome{Status: retention.OptedOut, Reason: "complained"}},
		"it bounces":          {func(s *scene) { s.reacts(20*day, journey.Bounced) }, retention.Outcome{Status: retention.Unreachable, Reason: "bounced"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.redeems(15*day, uuid.New()) // one of another round
			s.reacts(15*day, journey.Delivered)
			s.reacts(16*day, journey.Opened)
			test.happens(s)
			test.want.CouponID = coupon
			require.Equal(t, test.want, s.end(t))
			require.Equal(t, untilCoupon, s.left, "nothing else is sent")
			require.Equal(t, 20*day, s.lasted())
		})
	}
}

// A coupon that nobody got to see is good for nothing: it must not be left lying about.
func TestACouponThatDoesNotLeaveIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		receipt messages.Receipt
		err     error
		want    string
	}{
		"refused":       {receipt: messages.Receipt{State: messages.Refused, Reason: gate.FrequencyCap}, want: gate.FrequencyCap},
		"turned down":   {receipt: messages.Receipt{State: messages.Failed, Reason: "smtp-550"}, want: "smtp-550"},
		"provider down": {err: process.Unavailable("the provider does not answer"), want: "not-sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(m messages.Message) (messages.Receipt, error) {
				if m.Template == "coupon" {
					return test.receipt, test.err
				}
				return takes(m)
			}
			require.Equal(t, retention.Outcome{Status: retention.Unreachable, CouponID: coupon, Reason: test.want}, s.end(t))
			require.Equal(t, []couponing.Ending{{CouponID: coupon}}, s.ended.Args())
		})
	}
	t.Run("cancelled while it waits", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.holds("coupon", 16*day)
		s.After(15*day, s.CancelWorkflow)
		s.Run(retention.Process, retention.Input{ContactID: customer})
		require.Equal(t, process.Cancelled, s.Ended().State)
		require.Equal(t, []couponing.Ending{{CouponID: coupon}}, s.ended.Args())
		require.Equal(t, untilCoupon[:2], s.left)
	})
}

// The customer comes back, or does not want to hear from us, at whatever moment of the round: that ends it at once, and
// there is no letter any more.
func TestNoLetterToWhoCameBackOrLeft(t *testing.T) {
	t.Parallel()
	for moment, test := range map[string]struct {
		after   time.Duration
		prepare func(t *testing.T, s *scene)
		letters []letter
		held    int
	}{
		"before the question leaves":  {after: time.Hour, prepare: func(_ *testing.T, s *scene) { s.holds("why", day) }, held: 1},
		"while we ask":                {after: 2 * day, letters: []letter{{"why", 0}}},
		"while the reminder waits":    {after: 6 * day, prepare: func(_ *testing.T, s *scene) { s.holds("why-again", 7*day) }, letters: []letter{{"why", 0}}, held: 1},
		"in the moment of the answer": {after: 2 * day, prepare: func(t *testing.T, s *scene) { s.answers(t, 2*day, "price") }, letters: []letter{{"why", 0}}},
		"while the letter waits": {after: 3 * day, prepare: func(t *testing.T, s *scene) {
			s.holds("about-price", 4*day)
			s.answers(t, 2*day, "price")
		}, letters: []letter{{"why", 0}}, held: 1},
		"while the coupon waits": {after: 15 * day, prepare: func(_ *testing.T, s *scene) { s.holds("coupon", 16*day) }, letters: untilCoupon[:2], held: 1},
	} {
		for want, happens := range map[string]func(*scene, time.Duration){retention.WonBack: (*scene).buys, retention.OptedOut: (*scene).leaves} {
			t.Run(moment+": "+want, func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				if test.prepare != nil {
					test.prepare(t, s)
				}
				happens(s, test.after)
				require.Equal(t, want, s.end(t).Status)
				require.Equal(t, test.letters, s.left)
				require.Equal(t, test.after, s.lasted())
				require.Equal(t, s.issued.Count(), s.ended.Count(), "a coupon that nobody got is taken back")
				require.Equal(t, test.held, s.taken.Count(), "what the policy held back is withdrawn")
			})
		}
	}
}
