package closure_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/closure"
	"github.com/perdura/perdura/workflows/signature"
)

var (
	deal, contact, owner = uuid.New(), uuid.New(), uuid.New()
	monday               = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

// scene is a deal that is being closed, in a house that writes down what is done.
type scene struct {
	*processtest.Env
	terms  dealing.Terms
	answer string // of those who approve
	signed signature.Outcome
	log    []string
	asked  []approving.Request
	drafts []contracting.Draft
	// deal is its state; cancelAt the call in which the run is cancelled, from 1.
	deal     string
	cancelAt int
	calls    int
	refuse   map[string]error
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{
		terms: dealing.Terms{DealID: deal, ContactID: contact, OwnerID: owner, Revision: 1, Amount: money.Amount{Minor: 120_000, Currency: "EUR"},
			DiscountPermille: 250, Policy: "price", Template: "contract"},
		answer: work.Approved, signed: signature.Outcome{Status: signature.Signed}, deal: "closing", refuse: map[string]error{},
	}
	approval := process.New("approval", func(workflow.Context, work.ApprovalInput) (work.ApprovalOutcome, error) {
		return work.ApprovalOutcome{Status: s.answer}, s.did("decide")
	}, process.OneRunPer(func(in work.ApprovalInput) string { return in.ApprovalID.String() }))
	signing := process.New("signature", func(ctx workflow.Context, _ signature.Input) (signature.Outcome, error) {
		if err := process.Sleep(ctx, "The customer signs", process.For(24*time.Hour)); err != nil {
			return signature.Outcome{Status: signature.Withdrawn}, nil
		}
		return s.signed, s.did("sign")
	}, process.OneRunPer(func(in signature.Input) string { return in.ContractID.String() }))
	s.Env = processtest.New(t, closure.Process, approval, signing)
	s.SetStartTime(monday)

	processtest.Stub(s.Env, dealing.ReadTerms, func(uuid.UUID) (dealing.Terms, error) {
		out := s.terms
		out.Gone = s.deal != "closing"
		return out, s.did("")
	})
	processtest.Stub(s.Env, approving.Ask, func(r approving.Request) (approving.Asked, error) {
		s.asked = append(s.asked, r)
		return approving.Asked{ApprovalID: uuid.New()}, s.did("ask")
	})
	processtest.Stub(s.Env, approving.Withdraw, func(uuid.UUID) (approving.Standing, error) {
		return approving.Standing{State: work.Withdrawn}, s.did("withdraw")
	})
	processtest.Stub(s.Env, contracting.Issue, func(d contracting.Draft) (contracting.Issued, error) {
		if s.refuse["issue"] == nil {
			s.drafts = append(s.drafts, d)
		}
		return contracting.Issued{ContractID: uuid.New()}, s.did("issue")
	})
	processtest.Stub(s.Env, contracting.Void, func(uuid.UUID) (struct{}, error) { return struct{}{}, s.did("void") })
	processtest.Stub(s.Env, dealing.Close, func(c dealing.Closing) (struct{}, error) {
		if c.DealID != deal || c.Result != dealing.Back && c.Revision != s.terms.Revision || s.deal != "closing" {
			return struct{}{}, process.Refused(dealing.Changed, "changed")
		}
		if err := s.did(c.Result + c.Reason); err != nil {
			return struct{}{}, err
		}
		s.deal = c.Result
		return struct{}{}, nil
	})
	processtest.Stub(s.Env, dealing.Reopen, func(dealing.Closing) (struct{}, error) {
		s.deal = "closing"
		return struct{}{}, s.did("reopen")
	})
	processtest.Stub(s.Env, commissioning.Book, func(uuid.UUID) (commissioning.Booked, error) { return commissioning.Booked{}, s.did("book") })
	processtest.Stub(s.Env, commissioning.Reverse, func(uuid.UUID) (struct{}, error) { return struct{}{}, s.did("reverse") })
	processtest.Stub(s.Env, tasks.Give, func(b tasks.Brief) (tasks.Opened, error) {
		if b.DealID != deal || b.For != tasks.Owner {
			return tasks.Opened{}, errors.New("the task is for the owner")
		}
		return tasks.Opened{}, s.did(b.Kind)
	})
	return s
}

// did counts a call and notes what took effect.
func (s *scene) did(what string) error {
	if s.calls++; s.calls == s.cancelAt {
		s.CancelWorkflow()
	}
	if err := s.refuse[what]; err != nil {
		return err
	}
	if what != "" {
		s.log = append(s.log, what)
	}
	return nil
}

func (s *scene) end(t *testing.T) closure.Outcome {
	t.Helper()
	s.Run(closure.Process, closure.Input{DealID: deal})
	require.NoError(t, s.GetWorkflowError())
	var out closure.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func TestADealIsWon(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.Equal(t, closure.Outcome{Status: closure.Won}, s.end(t))
	require.Equal(t, []string{"ask", "decide", "issue", "sign", "won", "book", closure.Onboarding}, s.log)
	require.Equal(t, owner, s.asked[0].RequestedBy)
	require.Equal(t, 250, s.asked[0].DiscountPermille)
	require.JSONEq(t, fmt.Sprintf(`{"deal_id":%q,"revision":1,"amount_minor":120000,"currency":"EUR","discount_permille":250,"template":"contract"}`, deal), string(s.asked[0].Content))
	require.NotEqual(t, uuid.Nil, s.drafts[0].ApprovalID)

	s = newScene(t)
	s.terms.InBand = true
	require.Equal(t, closure.Won, s.end(t).Status)
	require.Equal(t, []string{"issue", "sign", "won", "book", closure.Onboarding}, s.log, "a price within the band needs nobody")
	require.Equal(t, uuid.Nil, s.drafts[0].ApprovalID)
}

func TestADealIsNotWon(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*scene)
		want   closure.Outcome
		log    []string
	}{
		"rejected": {func(s *scene) { s.answer = work.Rejected }, closure.Outcome{Status: closure.Back, Reason: closure.PriceRejected},
			[]string{"ask", "decide", closure.Mending, "backprice-rejected"}},
		"undecided": {func(s *scene) { s.answer = work.Expired }, closure.Outcome{Status: closure.Back, Reason: closure.PriceUndecided},
			[]string{"ask", "decide", closure.Mending, "backprice-undecided"}},
		"nobody to decide": {func(s *scene) { s.refuse["ask"] = process.Refused(approving.NoDecider, "nobody") },
			closure.Outcome{Status: closure.Back, Reason: approving.NoDecider}, []string{closure.Mending, "backno-decider"}},
		"no template": {func(s *scene) { s.refuse["issue"] = process.Refused(contracting.NoTemplate, "none") },
			closure.Outcome{Status: closure.Back, Reason: contracting.NoTemplate}, []string{"ask", "decide", "withdraw", closure.Mending, "backno-template"}},
		"declined": {func(s *scene) { s.signed = signature.Outcome{Status: signature.Declined, Reason: "price"} },
			closure.Outcome{Status: closure.Lost, Reason: "price"}, []string{"ask", "decide", "issue", "sign", "lostprice"}},
		"not signed": {func(s *scene) { s.signed = signature.Outcome{Status: signature.Expired} },
			closure.Outcome{Status: closure.Back, Reason: "unsigned-expired"}, []string{"ask", "decide", "issue", "sign", "void", "withdraw", closure.Mending, "backunsigned-expired"}},
		"no commission": {func(s *scene) { s.refuse["book"] = process.Refused(commissioning.NotWon, "not won") },
			closure.Outcome{Status: closure.Back, Reason: commissioning.NotWon},
			[]string{"ask", "decide", "issue", "sign", "won", "reopen", "void", "withdraw", closure.Mending, "backdeal-not-won"}},
		"nobody to onboard": {func(s *scene) { s.refuse[closure.Onboarding] = process.NotFound("contact", "1") },
			closure.Outcome{Status: closure.Back, Reason: "not-found"},
			[]string{"ask", "decide", "issue", "sign", "won", "book", "reverse", "reopen", "void", "withdraw", closure.Mending, "backnot-found"}},
		"gone before": {func(s *scene) { s.deal = "lost" }, closure.Outcome{Status: closure.Gone}, nil},
	} {
		s := newScene(t)
		test.change(s)
		require.Equal(t, test.want, s.end(t), name)
		require.Equal(t, test.log, s.log, name)
	}
}

// amend changes the terms after a while; heard says whether the run is told.
func (s *scene) amend(after time.Duration, revision int, heard bool) {
	s.After(after, func() {
		s.terms.Revision, s.terms.DiscountPermille = revision, 100+revision
		if heard {
			processtest.Signal(s.Env, closure.Changed, "", closure.Change{Revision: revision})
		}
	})
}

func TestOtherTermsAreClosedOnAnew(t *testing.T) {
	t.Parallel()
	for name, heard := range map[string]bool{"heard of while the customer reads": true, "seen when the deal is won": false} {
		s := newScene(t)
		s.amend(time.Hour, 2, heard)
		s.After(30*time.Minute, func() { processtest.Signal(s.Env, closure.Changed, "", closure.Change{Revision: 1}) }) // an old one
		require.Equal(t, closure.Won, s.end(t).Status, name)
		first := []string{"ask", "decide", "issue", "sign", "void", "withdraw"}
		if heard {
			first = []string{"ask", "decide", "issue", "void", "withdraw"}
		}
		require.Equal(t, append(first, "ask", "decide", "issue", "sign", "won", "book", closure.Onboarding), s.log, name)
		require.Equal(t, []int{1, 2}, []int{s.drafts[0].Revision, s.drafts[1].Revision})
		require.Equal(t, 102, s.asked[1].DiscountPermille)
	}
}

func TestALossMeanwhileEndsTheClosing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(time.Hour, func() {
		s.deal = "lost"
		processtest.Signal(s.Env, closure.Changed, "", closure.Change{Lost: true})
	})
	require.Equal(t, closure.Outcome{Status: closure.Gone}, s.end(t))
	require.Equal(t, []string{"ask", "decide", "issue", "void", "withdraw"}, s.log)
}

func TestTermsThatNeverRestGoBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for i := range 5 {
		s.amend(time.Duration(i+1)*time.Hour, i+2, true)
	}
	require.Equal(t, closure.Outcome{Status: closure.Back, Reason: closure.ChangedTooOft}, s.end(t))
	require.Len(t, s.drafts, 3)
	require.Equal(t, "back", s.deal)
}

// balance is what stands in the end: an undo takes its effect away, and only the last one.
func balance(t *testing.T, log []string) (stands []string) {
	t.Helper()
	undoes := map[string]string{"withdraw": "ask", "void": "issue", "reopen": "won", "reverse": "book"}
	for _, what := range log {
		undone, undo := undoes[what]
		switch {
		case undo:
			require.NotEmpty(t, stands, log)
			require.Equal(t, undone, stands[len(stands)-1], log)
			stands = stands[:len(stands)-1]
		case slices.Contains([]string{"ask", "issue", "won", "book"}, what):
			stands = append(stands, what)
		}
	}
	return stands
}

// The run is cancelled in its first call, its second, and so on: nothing half-done is ever left behind.
func TestCancelledInAnyCall(t *testing.T) {
	t.Parallel()
	cancelled := 0
	for n := 1; ; n++ {
		s := newScene(t)
		s.cancelAt = n
		s.Run(closure.Process, closure.Input{DealID: deal})
		if s.calls < n {
			break
		}
		if s.GetWorkflowError() == nil { // in the very last step: all was done
			require.Equal(t, "won", s.deal)
			require.Equal(t, []string{"ask", "issue", "won", "book"}, balance(t, s.log))
			continue
		}
		cancelled++
		require.True(t, temporal.IsCanceledError(s.GetWorkflowError()))
		require.Equal(t, process.Cancelled, s.Ended().State)
		require.Empty(t, balance(t, s.log), "cancelled in call %d", n)
		require.Equal(t, "back", s.deal)
		require.NotContains(t, s.log, closure.Onboarding)
	}
	require.Equal(t, 7, cancelled)
}

func TestWhatClosesADeal(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(events.DealLoss{Deal: events.Deal{DealID: deal, Revision: 4}, Reason: "price"})
	require.NoError(t, err)
	for event, want := range map[string]string{
		events.DealClosing.Name(): `{"deal_id":"` + deal.String() + `"}`, events.DealAmended.Name(): `{"revision":4}`, events.DealLost.Name(): `{"lost":true}`,
	} {
		actions, err := closure.Process.On(event, data)
		require.NoError(t, err)
		require.Len(t, actions, 1)
		require.Equal(t, deal.String(), actions[0].Subject)
		require.JSONEq(t, want, string(actions[0].Data))
	}
}

// The event of a second closing may be delivered while the run of the first is still about to end.
func TestAClosingJoinsNoOther(t *testing.T) {
	t.Parallel()
	d := closure.Process.Describe()
	require.NotEqual(t, d.WorkflowID(deal.String(), "first"), d.WorkflowID(deal.String(), "second"))
}
