package survey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/survey"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, survey.Process, explore.Paths(20_000))
	for _, limit := range r.Limits {
		require.False(t, strings.HasPrefix(limit, "the search stopped"), "the search was not cut short: %s", limit)
	}
}

func TestTheSilentAreRemindedUntilTheFormCloses(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.Equal(t, survey.Outcome{Status: survey.Silent}, s.end(t))
	require.Equal(t, []letter{{"invitation", 0}, {"reminder", 3 * day}, {"reminder", 7 * day}}, s.left)
	require.Equal(t, 30*day, s.lasted())
	for _, m := range s.sent.Args() {
		require.Equal(t, messages.Message{
			Template: m.Template, ContactID: in.ContactID, InvitationID: in.InvitationID(), Department: "customer-service", ExpiresAt: closes,
		}, m, "nothing of this is worth sending once the form has closed")
	}
	require.Len(t, unique(s.sent.Keys()), 3, "each is a message of its own")
	require.Zero(t, s.opened.Count())
}

func unique(keys []string) map[string]bool {
	seen := map[string]bool{}
	for _, k := range keys {
		seen[k] = true
	}
	return seen
}

func TestWhenReminded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after []time.Duration
		open  time.Duration
		held  time.Duration // until when after the start the policy holds the first reminder back
		want  []letter
	}{
		"never":                   {open: 30 * day, want: []letter{{"invitation", 0}}},
		"not after it closed":     {after: []time.Duration{day, 9 * day}, open: 9 * day, want: []letter{{"invitation", 0}, {"reminder", day}}},
		"later, by the policy":    {after: []time.Duration{day}, open: 9 * day, held: 2 * day, want: []letter{{"invitation", 0}, {"reminder", 2 * day}}},
		"never two in a row":      {after: []time.Duration{day, 3 * day}, open: 30 * day, held: 5 * day, want: []letter{{"invitation", 0}, {"reminder", 5 * day}, {"reminder", 7 * day}}},
		"not pushed past closing": {after: []time.Duration{day, 3 * day}, open: 6 * day, held: 5 * day, want: []letter{{"invitation", 0}, {"reminder", 5 * day}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.invitation.RemindAfter, s.invitation.ExpiresAt = test.after, monday.Add(test.open)
			s.receipt = func(m messages.Message, try int) (messages.Receipt, error) {
				if until := monday.Add(test.held); m.Template == "reminder" && s.Now().Before(until) {
					return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Reason: "quiet-hours", Until: until}, nil
				}
				return takes(m, try)
			}
			require.Equal(t, survey.Silent, s.end(t).Status)
			require.Equal(t, test.want, s.left)
			require.Equal(t, test.open, s.lasted())
		})
	}
}

// The days to the reminder are counted from when the invitation left, not from when it was meant to.
func TestAnInvitationThatWaitsForAGoodTime(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	first := messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Until: monday.Add(2 * day)}
	s.receipt = func(m messages.Message, try int) (messages.Receipt, error) {
		if try == 1 {
			return first, nil
		}
		return takes(m, try)
	}
	s.end(t)
	require.Equal(t, []letter{{"invitation", 2 * day}, {"reminder", 5 * day}, {"reminder", 9 * day}}, s.left)
	require.Equal(t, first.MessageID, s.sent.Args()[1].Resume, "it is the same message that leaves later")
}

func TestACancelledRunTakesItsMessageBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	held := messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Until: monday.Add(2 * day)}
	s.receipt = func(messages.Message, int) (messages.Receipt, error) { return held, nil }
	s.After(day, s.CancelWorkflow)
	s.Run(survey.Process, in)
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Equal(t, []messages.Withdrawal{{MessageID: held.MessageID, Reason: "cancelled"}}, s.taken.Args())
	require.Empty(t, s.left)
}

func TestTheWishIsHandedOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Run(survey.Process, survey.Input{Survey: "course", ContactID: in.ContactID, Occasion: "lesson-3", Test: true})
	require.Equal(t, []surveying.Ask{{Survey: "course", ContactID: in.ContactID, Occasion: "lesson-3", Test: true}}, s.invited.Args())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	ended := []byte(`{"contact_id":"` + in.ContactID.String() + `","reference":"order-1"}`)
	for event, occasion := range map[string]string{events.SaleCompleted.Name(): surveys.Sale, events.ServiceEnded.Name(): surveys.Service} {
		actions, err := survey.Process.On(event, ended)
		require.NoError(t, err)
		require.Len(t, actions, 1, event)
		require.Empty(t, actions[0].Signal)
		want := survey.Input{For: occasion, ContactID: in.ContactID, Occasion: "order-1"}
		require.Equal(t, want.InvitationID().String(), actions[0].Subject, "the same sale told twice is the same subject, and asked about once")
		for _, nobody := range []string{`{"contact_id":"` + in.ContactID.String() + `","reference":" "}`, `{"reference":"order-1"}`} {
			actions, err = survey.Process.On(event, []byte(nobody))
			require.NoError(t, err)
			require.Empty(t, actions)
		}
	}
	require.Equal(t, process.OnceEver, survey.Process.Describe().Reentry)

	actions, err := survey.Process.On(events.SurveyAnswered.Name(), []byte(`{"invitation_id":"`+in.InvitationID().String()+`"}`))
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Equal(t, survey.Replied.Name(), actions[0].Signal)
	require.Equal(t, in.InvitationID().String(), actions[0].Subject)
}

// A run that is told of answers without end, where there are none, goes on as a new one at the place where it stood.
func TestEndlessWordsOfAnswersGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after time.Duration
		left  []letter
	}{
		"before the first reminder":  {day, []letter{{"reminder", 3 * day}, {"reminder", 7 * day}}},
		"before the second reminder": {4 * day, []letter{{"reminder", 7 * day}}},
		"before the form closes":     {8 * day, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.After(test.after, func() {
				s.SetContinueAsNewSuggested(true)
				processtest.Signal(s.Env, survey.Replied, "", events.Answered{})
			})
			s.Run(survey.Process, in)
			next, envelope := processtest.Continued[survey.Input](s.Env)
			require.Equal(t, in.InvitationID(), next.InvitationID())

			s = newScene(t)
			s.SetStartTime(monday.Add(test.after))
			s.RunWith(survey.Process, next, envelope)
			require.Equal(t, survey.Silent, s.Ended().Outcome)
			require.Equal(t, test.left, s.left)
			require.Equal(t, 30*day, s.lasted())
			require.Zero(t, s.invited.Count())
		})
	}
}
