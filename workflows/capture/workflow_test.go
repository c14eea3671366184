package capture_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/capture"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, capture.Process)
}

var (
	lead, contact, review, rep, boss, task = uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()

	day = 24 * time.Hour
)

// scene is a run whose activities answer as the tests say.
type scene struct {
	*processtest.Env
	sent      *processtest.Calls[notify.Message]
	opened    *processtest.Calls[tasks.Request]
	dismissed *processtest.Calls[records.Dismissal]
	settled   *processtest.Calls[records.Settlement]
	apart     *processtest.Calls[records.Lead]
	followed  *processtest.Calls[records.Lead]
}

// newScene checks with the given verdicts, one after the other, and resolves as found.
func newScene(t *testing.T, found records.Resolution, checks ...string) *scene {
	t.Helper()
	env := processtest.New(t, capture.Process)
	s := &scene{Env: env}
	processtest.Stub(env, records.Check, func(records.Lead) (records.Checked, error) {
		verdict := checks[0]
		if len(checks) > 1 {
			checks = checks[1:]
		}
		return records.Checked{Verdict: verdict}, nil
	})
	processtest.Stub(env, records.Resolve, processtest.Returns[records.Lead](found))
	created := records.Resolution{Verdict: records.Created, ContactID: contact}
	s.settled = processtest.Stub(env, records.Settle, processtest.Returns[records.Settlement](created))
	s.apart = processtest.Stub(env, records.KeepApart, processtest.Returns[records.Lead](created))
	processtest.Stub(env, records.Score, processtest.Returns[records.Lead](records.Scored{Score: 80, Tier: "hot"}))
	processtest.Stub(env, records.Assign, processtest.Returns[records.Lead](records.Assigned{Queue: records.WithRepresentative, AssigneeID: rep}))
	s.followed = processtest.Stub(env, records.FollowUp, processtest.Returns[records.Lead](records.FollowedUp{TaskID: task, Greet: true}))
	processtest.Stub(env, records.Renew, processtest.Returns[records.Lead](records.Renewed{LeadID: review, AssigneeID: rep, TaskID: task}))
	s.dismissed = processtest.Stub(env, records.Dismiss, processtest.Returns[records.Dismissal](struct{}{}))
	processtest.Stub(env, tasks.Withdraw, processtest.Returns[tasks.Withdrawal](struct{}{}))
	s.opened = processtest.Stub(env, tasks.Open, func(r tasks.Request) (tasks.Opened, error) {
		// Working days without weekends, for the test's sake.
		return tasks.Opened{TaskID: task, AssigneeID: boss, DueAt: env.Now().Add(r.Within + time.Duration(r.Days)*day)}, nil
	})
	s.sent = processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	return s
}

func (s *scene) run() { s.Run(capture.Process, capture.Input{LeadID: lead}) }

func (s *scene) outcome(t *testing.T) capture.Outcome {
	t.Helper()
	require.NoError(t, s.GetWorkflowError())
	var out capture.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	require.Equal(t, out.Status, s.Ended().Outcome)
	return out
}

func (s *scene) said(template notify.Template) (channels []notify.Channel) {
	for _, m := range s.sent.Args() {
		if m.Template == template {
			channels = append(channels, m.Channel)
		}
	}
	slices.Sort(channels)
	return channels
}

var fresh = records.Resolution{Verdict: records.Created, ContactID: contact}

func TestANewLeadIsCapturedAndAnnounced(t *testing.T) {
	t.Parallel()
	s := newScene(t, fresh, records.Usable)
	s.run()
	require.Equal(t, capture.Outcome{Status: capture.Captured, ContactID: contact, AssigneeID: rep, TaskID: task, Tier: "hot"}, s.outcome(t))
	require.Equal(t, []notify.Channel{notify.Email, notify.Webhook}, s.said(notify.LeadAssigned))
	require.Equal(t, []notify.Channel{notify.Email}, s.said(notify.FirstContact))
}

func TestAFailedMessageLosesNoLead(t *testing.T) {
	t.Parallel()
	s := newScene(t, fresh, records.Complete)
	s.sent = processtest.Stub(s.Env, notify.Send, func(m notify.Message) (notify.Receipt, error) {
		if m.Channel == notify.Webhook {
			return notify.Receipt{}, process.Invalid("gone", "the endpoint is gone")
		}
		return notify.Receipt{State: notify.Sent}, nil
	})
	s.run()
	require.Equal(t, capture.Captured, s.outcome(t).Status)
	var results []string
	for _, v := range s.Ended().Trail {
		if v.Step == "Tell whoever has it/By webhook: Notify the representative" {
			results = append(results, v.Result)
		}
	}
	require.Equal(t, []string{"refused: gone"}, results, "%+v", s.Ended().Trail)
	require.Equal(t, []notify.Channel{notify.Email}, s.said(notify.FirstContact))
}

func TestWhoAsksAgainJoinsTheirLead(t *testing.T) {
	t.Parallel()
	s := newScene(t, records.Resolution{Verdict: records.Repeated, ContactID: contact, DuplicateOf: review}, records.Complete)
	s.run()
	out := s.outcome(t)
	require.Equal(t, capture.Outcome{Status: capture.Merged, ContactID: contact, AssigneeID: rep, TaskID: task, DuplicateOf: review}, out)
	require.Equal(t, []notify.Channel{notify.Email, notify.Webhook}, s.said(notify.LeadAskedAgain))
	require.Zero(t, s.followed.Count())
}

func TestCompletionRequest(t *testing.T) {
	t.Parallel()
	t.Run("answered at once", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, fresh, records.Missing, records.Complete)
		s.After(day, func() { processtest.Signal(s.Env, capture.Amended, "e1", capture.Amendment{}) })
		s.run()
		require.Equal(t, capture.Captured, s.outcome(t).Status)
		require.Zero(t, s.opened.Count(), "nobody had to be reminded")
	})
	t.Run("answered after the reminder", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, fresh, records.Malformed, records.Complete)
		s.After(10*day, func() {
			require.Equal(t, "amended", s.Status().WaitingFor)
			processtest.Signal(s.Env, capture.Amended, "e1", capture.Amendment{})
		})
		s.run()
		require.Equal(t, capture.Captured, s.outcome(t).Status)
		require.Equal(t, []tasks.Request{{Kind: tasks.LeadData, For: tasks.Owner, LeadID: lead, Within: 4 * time.Hour}}, s.opened.Args())
		require.Equal(t, []notify.Channel{notify.Email}, s.said(notify.DataRequest))
	})
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, fresh, records.Missing)
		began := s.Now()
		s.run()
		require.Equal(t, capture.Incomplete, s.outcome(t).Status)
		require.WithinDuration(t, began.Add(14*day), s.Ended().At, time.Hour)
		require.Equal(t, []records.Dismissal{{LeadID: lead}}, s.dismissed.Args())
	})
	t.Run("amended without end", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, fresh, records.Malformed)
		for i := range 5 {
			s.After(time.Duration(i+1)*time.Hour, func() { processtest.Signal(s.Env, capture.Amended, "", capture.Amendment{}) })
		}
		s.run()
		require.Equal(t, capture.Rejected, s.outcome(t).Status)
		require.Equal(t, []records.Dismissal{{LeadID: lead, Status: capture.Rejected}}, s.dismissed.Args())
	})
}

func TestMergeReview(t *testing.T) {
	t.Parallel()
	similar := records.Resolution{Verdict: records.InReview, ContactID: contact, ReviewID: review}
	t.Run("decided", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, similar, records.Complete)
		s.After(time.Hour, func() {
			processtest.Signal(s.Env, capture.MergeDecided, "", capture.Decision{ReviewID: uuid.New(), Decision: records.Merge}) // another review
			processtest.Signal(s.Env, capture.MergeDecided, "", capture.Decision{ReviewID: review, Decision: "perhaps"})
		})
		s.After(2*time.Hour, func() {
			processtest.Signal(s.Env, capture.MergeDecided, "", capture.Decision{Decision: records.Separate})
		})
		s.run()
		require.Equal(t, capture.Captured, s.outcome(t).Status)
		require.Equal(t, []records.Settlement{{LeadID: lead, ReviewID: review, Decision: records.Separate}}, s.settled.Args())
		require.Equal(t, 1, s.opened.Count())
	})
	t.Run("escalated, then apart", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, similar, records.Complete)
		began := s.Now()
		s.run()
		require.Equal(t, capture.Captured, s.outcome(t).Status)
		require.Equal(t, []tasks.Recipient{tasks.Owner, tasks.Manager}, []tasks.Recipient{s.opened.Args()[0].For, s.opened.Args()[1].For})
		require.WithinDuration(t, began.Add(5*day), s.Ended().At, time.Hour)
		require.Equal(t, 1, s.apart.Count())
		require.Equal(t, []notify.Channel{notify.Email, notify.Email}, s.said(notify.MergeReview))
	})
	t.Run("one after the other, but not for ever", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, similar, records.Complete)
		s.settled = processtest.Stub(s.Env, records.Settle, processtest.Returns[records.Settlement](similar))
		for i := range 3 {
			s.After(time.Duration(i+1)*time.Hour, func() {
				processtest.Signal(s.Env, capture.MergeDecided, "", capture.Decision{ReviewID: review, Decision: records.Separate})
			})
		}
		s.run()
		require.Equal(t, capture.Captured, s.outcome(t).Status)
		require.Equal(t, 3, s.settled.Count())
		require.Equal(t, 1, s.apart.Count())
	})
	t.Run("of an import, without e-mail", func(t *testing.T) {
		t.Parallel()
		bulk := similar
		bulk.Bulk = true
		s := newScene(t, bulk, records.Complete)
		s.run()
		require.Empty(t, s.said(notify.MergeReview))
	})
}

func TestCancellationWithdrawsTheLead(t *testing.T) {
	t.Parallel()
	s := newScene(t, fresh, records.Missing)
	s.After(day, s.CancelWorkflow)
	s.run()
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Equal(t, []records.Dismissal{{LeadID: lead, Status: capture.Rejected}}, s.dismissed.Args())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	id := lead.String()
	for name, test := range map[string]struct {
		event, data, signal string
		none                bool
	}{
		"submitted":         {events.LeadSubmitted.Name(), `{"lead_id":"` + id + `"}`, "", false},
		"of nobody":         {events.LeadSubmitted.Name(), `{}`, "", true},
		"amended":           {events.LeadAmended.Name(), `{"lead_id":"` + id + `"}`, "amended", false},
		"decided":           {events.MergeDecided.Name(), `{"lead_id":"` + id + `","decision":"merge"}`, "merge-decided", false},
		"decided otherwise": {events.MergeDecided.Name(), `{"lead_id":"` + id + `","decision":"maybe"}`, "", true},
		"decided by task":   {events.TaskCompleted.Name(), `{"lead_id":"` + id + `","kind":"merge-review","outcome":"merge"}`, "merge-decided", false},
		"another task":      {events.TaskCompleted.Name(), `{"lead_id":"` + id + `","kind":"lead-follow-up","outcome":"merge"}`, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actions, err := capture.Process.On(test.event, []byte(test.data))
			require.NoError(t, err)
			if test.none {
				require.Empty(t, actions)
				return
			}
			require.Len(t, actions, 1)
			require.Equal(t, id, actions[0].Subject)
			require.Equal(t, test.signal, actions[0].Signal)
		})
	}
}

// Errors of a database step that a retry may mend are tried again, under the same key.
func TestAShortOutageIsSatOut(t *testing.T) {
	t.Parallel()
	s := newScene(t, fresh, records.Complete)
	failures := 5
	scored := processtest.Stub(s.Env, records.Score, func(records.Lead) (records.Scored, error) {
		if failures--; failures >= 0 {
			return records.Scored{}, errors.New("connection refused")
		}
		return records.Scored{Score: 10, Tier: "cold"}, nil
	})
	s.run()
	require.Equal(t, "cold", s.outcome(t).Tier)
	require.Equal(t, 6, scored.Count())
	keys := scored.Keys()
	slices.Sort(keys)
	require.Len(t, slices.Compact(keys), 1)
}
