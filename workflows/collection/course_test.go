package collection_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/collection"
)

func TestTheWholePlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		approval string
		want     string
		asked    []string
	}{
		"written off":     {work.Approved, collection.WrittenOff, []string{"7 collection-call", "20 approval"}},
		"not written off": {work.Rejected, collection.HandedOver, []string{"7 collection-call", "20 approval", "21 collection-agency"}},
		"nobody decided":  {work.Expired, collection.HandedOver, []string{"7 collection-call", "20 approval", "21 collection-agency"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.answers[collection.CallTask] = answer{day, collection.Refuses}
			s.answers["approval"] = answer{day, test.approval}
			s.answers[collection.AgencyTask] = answer{day, ""}
			require.Equal(t, test.want, s.end())
			require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm", "13 dunning-final"}, s.left)
			require.Equal(t, test.asked, s.asked)
		})
	}
}

func TestWhoOpenedIsCalledAndNotTexted(t *testing.T) {
	t.Parallel()
	for name, opens := range map[string]func(*scene){
		"the page":       func(s *scene) { s.opens(day) },
		"the mail":       func(s *scene) { s.reacts(day, journey.Opened) },
		"clicked a link": func(s *scene) { s.reacts(day, journey.Clicked) },
		"wrote back":     func(s *scene) { s.reacts(day, journey.Replied) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			opens(s)
			s.later(5*day, paid(12000))
			require.Equal(t, collection.Settled, s.end())
			require.Equal(t, []string{"0 dunning-friendly", "5 dunning-thanks"}, s.left)
			require.Equal(t, []string{"4 collection-call"}, s.asked)
			require.Equal(t, 1, s.off, "nobody has to call any more")
		})
	}
}

// A payment at every point at which the run waits ends it, and nothing is said after it but thanks.
func TestPaymentAtEveryWaitingPoint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after time.Duration
		left  []string
		asked int
	}{
		"between mail and text":       {2 * day, []string{"0 dunning-friendly", "2 dunning-thanks"}, 0},
		"between text and call":       {4 * day, []string{"0 dunning-friendly", "3 dunning-firm", "4 dunning-thanks"}, 0},
		"while the call task is open": {7*day + time.Hour, []string{"0 dunning-friendly", "3 dunning-firm", "7 dunning-thanks"}, 1},
		"before the notice":           {10 * day, []string{"0 dunning-friendly", "3 dunning-firm", "10 dunning-thanks"}, 1},
		"after the notice":            {15 * day, []string{"0 dunning-friendly", "3 dunning-firm", "13 dunning-final", "15 dunning-thanks"}, 1},
		"while the approval is open":  {21 * day, []string{"0 dunning-friendly", "3 dunning-firm", "13 dunning-final", "21 dunning-thanks"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.answers[collection.CallTask] = answer{day, collection.SaysPaid}
			s.later(test.after, paid(12000))
			require.Equal(t, collection.Settled, s.end())
			require.Equal(t, test.left, s.left)
			require.Len(t, s.asked, test.asked)
			require.Equal(t, test.after.Round(time.Hour), s.lasted())
		})
	}
	t.Run("while the agency task is open", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.answers[collection.CallTask] = answer{day, collection.Refuses}
		s.answers["approval"] = answer{day, work.Rejected}
		s.later(25*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, 1, s.off)
	})
	t.Run("before the first look", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		paid(12000)(&s.account)
		require.Equal(t, collection.Settled, s.end())
		require.Empty(t, s.left, "nobody was reminded, nobody is thanked")
	})
	t.Run("in the moment in which a message leaves", func(t *testing.T) {
		t.Parallel()
		for at, template := range []string{"dunning-friendly", "dunning-firm", "dunning-final"} {
			s := newScene(t)
			s.answers[collection.CallTask] = answer{day, collection.Refuses}
			s.before = func(m messages.Message) {
				if m.Template == template {
					s.before = nil
					s.changes(paid(12000))
				}
			}
			require.Equal(t, collection.Settled, s.end())
			for _, left := range s.left {
				require.NotContains(t, left, template, "it was overtaken")
			}
			if at > 0 {
				require.Contains(t, s.left[len(s.left)-1], "dunning-thanks")
			}
		}
	})
	t.Run("while the message waits for a good hour", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		shifted := true
		processtest.Stub(s.Env, messages.Send, func(m messages.Message) (messages.Receipt, error) {
			if shifted {
				shifted = false
				return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Reason: gate.QuietHours, Until: monday.Add(10 * time.Hour)}, nil
			}
			return s.send(m)
		})
		s.later(time.Hour, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Empty(t, s.left)
		require.Equal(t, time.Hour, s.lasted())
	})
}

func TestPartsAndTooMuch(t *testing.T) {
	t.Parallel()
	t.Run("a part goes on with the rest, where it was", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(4*day, paid(5000))
		s.later(6*day, paid(7000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm", "4 dunning-thanks-part", "6 dunning-thanks"}, s.left)
	})
	t.Run("the next step comes after its wait, for the rest", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(5*day, paid(5000))
		s.later(9*day+time.Hour, paid(7000))
		s.end()
		require.Equal(t, []string{"9 collection-call"}, s.asked, "four days after the part")
		for _, b := range s.given {
			require.Equal(t, "70.00 EUR", b.Context["due"])
		}
	})
	t.Run("too much", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(day, paid(12500))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "1 dunning-thanks-more"}, s.left)
		require.Equal(t, []string{"1 collection-refund"}, s.asked)
		for _, b := range s.given {
			require.Equal(t, "5.00 EUR", b.Context["credit"])
		}
	})
	t.Run("charged back in the moment of the thanks", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(day, paid(12000))
		s.before = func(m messages.Message) {
			if m.Template == collecting.ThanksAll {
				s.before = nil
				s.changes(func(a *collecting.Account) {
					a.Paid, a.Due = map[uuid.UUID]int64{}, []collecting.Owed{{InvoiceID: invoice, Left: eur(12000), DueOn: monday}}
				})
			}
		}
		s.later(5*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm", "5 dunning-thanks"}, s.left)
	})
}

func TestSeveralInvoicesAreOneMatter(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.later(2*day, func(a *collecting.Account) {
		a.Due = append(a.Due, collecting.Owed{InvoiceID: second, Left: eur(3000), DueOn: monday.AddDate(0, 0, 1)})
	})
	s.later(7*day+time.Hour, paid(12000))
	s.later(8*day, func(a *collecting.Account) { a.Due, a.Paid[second] = nil, 3000 })
	require.Equal(t, collection.Settled, s.end())
	require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm", "7 dunning-thanks-part", "8 dunning-thanks"}, s.left)
	for _, b := range s.given {
		require.Equal(t, "150.00 EUR", b.Context["due"])
		require.Equal(t, invoice.String()+","+second.String(), b.Context["invoices"])
	}
}

func TestPromises(t *testing.T) {
	t.Parallel()
	t.Run("kept", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(day, promised(monday.Add(8*day)))
		s.later(9*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "9 dunning-thanks"}, s.left)
	})
	t.Run("broken", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(day, promised(monday.Add(4*day)))
		s.later(12*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		// The day, two of grace, and midnight; the text comes three days later and is a tone firmer.
		require.Equal(t, []string{"0 dunning-friendly", "6 dunning-broken-promise", "9 dunning-final", "12 dunning-thanks"}, s.left)
	})
	t.Run("broken: a call", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.plan.OnBroken = "call"
		s.answers[collection.CallTask] = answer{time.Hour, collection.NotReached}
		s.later(day, promised(monday.Add(4*day)))
		s.later(8*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"6 collection-call"}, s.asked)
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(day, promised(monday.Add(4*day)))
		s.later(5*day, promised(monday.Add(20*day)))
		s.later(22*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "22 dunning-thanks"}, s.left)
	})
	t.Run("while somebody calls", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(7*day+time.Hour, promised(monday.Add(10*day)))
		s.later(11*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"7 collection-call"}, s.asked)
		require.Equal(t, 1, s.off)
	})
}

func TestDisputes(t *testing.T) {
	t.Parallel()
	all := func(a *collecting.Account) { a.Due[0].Disputed = true }
	t.Run("it stands", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.answers[collection.DisputeTask] = answer{2 * day, collection.Stands}
		s.later(day, all)
		s.later(4*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"1 collection-dispute"}, s.asked)
		require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm", "4 dunning-thanks"}, s.left)
	})
	t.Run("it is upheld", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.answers[collection.DisputeTask] = answer{2 * day, collection.Upheld}
		s.later(day, all)
		s.later(30*day, func(a *collecting.Account) { a.Due = nil })
		require.Equal(t, collection.Cancelled, s.end())
		require.Equal(t, []string{"1 collection-dispute", "3 collection-credit"}, s.asked)
		require.Equal(t, []string{"0 dunning-friendly"}, s.left, "reminders pause")
	})
	t.Run("settled by the books before anybody looked", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.later(day, all)
		s.later(2*day, func(a *collecting.Account) { a.Due[0].Disputed = false })
		s.later(4*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, 1, s.off)
	})
	t.Run("on the telephone", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.answers[collection.CallTask] = answer{time.Hour, collection.SaysDisputed}
		s.later(10*day, func(a *collecting.Account) { a.Due = nil })
		require.Equal(t, collection.Cancelled, s.end())
		require.Equal(t, []string{"7 collection-call", "7 collection-dispute"}, s.asked)
	})
	t.Run("of a part, while the rest is collected", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.account.Due = append(s.account.Due, collecting.Owed{InvoiceID: second, Left: eur(3000), DueOn: monday, Disputed: true})
		s.later(4*day, func(a *collecting.Account) { a.Due, a.Paid[invoice] = nil, 12000 })
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 collection-dispute"}, s.asked)
		require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm", "4 dunning-thanks"}, s.left)
	})
}

func TestBankruptcyStopsAtEveryWaitingPoint(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{
		"between mail and text": day, "while somebody calls": 7*day + time.Hour, "while the approval is open": 21 * day,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.answers[collection.CallTask] = answer{day, collection.Refuses}
			s.later(after, func(a *collecting.Account) { a.Bankrupt = true })
			require.Equal(t, collection.Bankrupt, s.end())
			require.Contains(t, s.asked[len(s.asked)-1], collection.ClaimTask)
			require.Equal(t, after.Round(time.Hour), s.lasted())
		})
	}
}

func TestWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	t.Run("by anything", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.refuse[provider.Email], s.refuse[provider.SMS] = gate.NoAddress, gate.NoAddress
		s.answers[collection.CallTask] = answer{day, collection.NotReached}
		require.Equal(t, collection.Unreachable, s.end())
		require.Equal(t, []string{"3 collection-call"}, s.asked)
	})
	t.Run("but by telephone", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.refuse[provider.Email], s.refuse[provider.SMS] = gate.Suppressed, gate.NotConfigured
		s.answers[collection.CallTask] = answer{day, collection.Refuses}
		s.answers["approval"] = answer{day, work.Approved}
		require.Equal(t, collection.WrittenOff, s.end())
		require.Empty(t, s.left)
	})
	t.Run("the mail bounced", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.reacts(time.Hour, journey.Bounced)
		s.later(4*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "3 dunning-firm"}, s.left[:2], "the text is next")
	})
	t.Run("a message that expired is not said again", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.refuse[provider.SMS] = gate.Expired
		s.later(8*day, paid(12000))
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"7 collection-call"}, s.asked)
	})
}

func TestAWriteOffIsBoundToWhatWasApproved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.answers[collection.CallTask] = answer{day, collection.Refuses}
	s.answers["approval"] = answer{2 * day, work.Approved}
	s.later(21*day, paid(2000)) // while the approval is open
	require.Equal(t, collection.WrittenOff, s.end())
	var amounts []string
	for _, b := range s.given {
		if b.Kind == "approval" {
			amounts = append(amounts, b.Context["amount"])
		}
	}
	require.ElementsMatch(t, []string{"120.00 EUR", "100.00 EUR"}, amounts, "the rest is approved anew")
}

func TestWhatComesInTheLastMoment(t *testing.T) {
	t.Parallel()
	thanked := func(s *scene, then func()) {
		s.later(day, paid(12000))
		s.after = func(m messages.Message) {
			if m.Template == collecting.ThanksAll {
				s.after = nil
				then()
			}
		}
	}
	t.Run("an echo of the payment thanks nobody twice", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		thanked(s, func() { processtest.Signal(s.Env, collection.Changed, "", collection.News{}) })
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "1 dunning-thanks"}, s.left)
		require.Empty(t, s.Ended().Unread)
	})
	t.Run("another invoice is collected", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		thanked(s, func() {
			s.changes(func(a *collecting.Account) {
				a.Due = []collecting.Owed{{InvoiceID: second, Left: eur(500), DueOn: monday}}
			})
		})
		s.later(5*day, func(a *collecting.Account) { a.Due, a.Paid[second] = nil, 500 })
		require.Equal(t, collection.Settled, s.end())
		require.Equal(t, []string{"0 dunning-friendly", "1 dunning-thanks", "3 dunning-firm", "5 dunning-thanks"}, s.left)
	})
}
