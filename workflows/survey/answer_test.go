package survey_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/survey"
)

var (
	promoter  = surveying.Reply{Word: "promoter", Then: surveys.Promote, Template: "promoter"}
	content   = surveying.Reply{Then: surveys.Thank, Template: "thanks"}
	detractor = surveying.Reply{Word: "detractor", Then: surveys.CallBack, Template: "detractor"}
	reason    = surveying.Reply{Word: "price", Then: surveys.Nothing}
)

func TestEveryAnswerIsAnswered(t *testing.T) {
	t.Parallel()
	called := []tasks.ContactRequest{{
		Kind: tasks.CallBack, For: tasks.Owner, ContactID: in.ContactID, InvitationID: in.InvitationID(), Within: 4 * time.Hour,
	}}
	for name, test := range map[string]struct {
		reply   surveying.Reply
		want    survey.Outcome
		letters []letter
		opened  []tasks.ContactRequest
	}{
		"a promoter":              {promoter, survey.Outcome{Status: survey.AnsweredPromoter, Word: "promoter"}, []letter{{"promoter", day}}, nil},
		"content":                 {content, survey.Outcome{Status: survey.Answered}, []letter{{"thanks", day}}, nil},
		"a detractor":             {detractor, survey.Outcome{Status: survey.AnsweredDetractor, Word: "detractor"}, []letter{{"detractor", day}}, called},
		"for others to answer to": {reason, survey.Outcome{Status: survey.Answered, Word: "price"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.answers(day, test.reply, true)
			require.Equal(t, test.want, s.end(t))
			require.Equal(t, append([]letter{{"invitation", 0}}, test.letters...), s.left, "and nobody is reminded")
			require.ElementsMatch(t, test.opened, s.opened.Args())
			require.Equal(t, day, s.lasted())
			if len(test.letters) > 0 {
				require.Zero(t, s.sent.Args()[1].ExpiresAt, "an answer is worth sending when the form has closed")
			}
		})
	}
}

func TestAnAnswerEndsTheReminders(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.answers(5*day, content, true)
	require.Equal(t, survey.Answered, s.end(t).Status)
	require.Equal(t, []letter{{"invitation", 0}, {"reminder", 3 * day}, {"thanks", 5 * day}}, s.left)
}

// The inbox may lag: before each reminder, and when the form closes, the run looks for itself.
func TestAnAnswerOfWhichTheRunHasNotHeard(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ given, found time.Duration }{
		"before a reminder": {2 * day, 3 * day}, "before the next": {6 * day, 7 * day}, "just before the form closes": {30*day - time.Minute, 30 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.answers(test.given, detractor, false)
			require.Equal(t, survey.AnsweredDetractor, s.end(t).Status)
			require.Equal(t, test.found, s.lasted())
			for _, l := range s.left {
				require.False(t, l.template == "reminder" && l.after >= test.given, "who has answered is not reminded")
			}
			require.Equal(t, 1, s.opened.Count())
		})
	}
}

func TestOneAnswerIsActedOnOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.answers(day, detractor, true)
	s.answers(day, detractor, true)     // the same event, delivered again
	s.reacts(day, journey.Unsubscribed) // in the same moment: who has spoken is answered
	require.Equal(t, survey.AnsweredDetractor, s.end(t).Status)
	require.Equal(t, 1, s.opened.Count())
	require.Equal(t, 2, s.sent.Count())
}

func TestTheFactWithoutAnAnswerIsNone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(day, func() { processtest.Signal(s.Env, survey.Replied, "", events.Answered{}) })
	require.Equal(t, survey.Silent, s.end(t).Status)
	require.Equal(t, []letter{{"invitation", 0}, {"reminder", 3 * day}, {"reminder", 7 * day}}, s.left)
}

func TestAnAnswerWhileAReminderWaitsForAGoodTime(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	held := messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Until: monday.Add(6 * day)}
	s.receipt = func(m messages.Message, try int) (messages.Receipt, error) {
		if m.Template == "reminder" {
			return held, nil
		}
		return takes(m, try)
	}
	s.answers(4*day, content, true)
	require.Equal(t, survey.Answered, s.end(t).Status)
	require.Equal(t, []messages.Withdrawal{{MessageID: held.MessageID, Reason: survey.Replied.Name()}}, s.taken.Args())
	require.Equal(t, []letter{{"invitation", 0}, {"thanks", 4 * day}}, s.left)
}

// What somebody said counts, whether the letter of thanks gets through or not.
func TestALetterOfThanksThatDoesNotLeaveChangesNothing(t *testing.T) {
	t.Parallel()
	for name, receipt := range map[string]func(messages.Message, int) (messages.Receipt, error){
		"refused": func(messages.Message, int) (messages.Receipt, error) {
			return messages.Receipt{State: messages.Refused, Reason: "suppressed"}, nil
		},
		"no such template": func(messages.Message, int) (messages.Receipt, error) {
			return messages.Receipt{}, process.Invalid("unknown-template", "there is no such template")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.receipt = func(m messages.Message, try int) (messages.Receipt, error) {
				if m.Template == "invitation" {
					return takes(m, try)
				}
				return receipt(m, try)
			}
			s.answers(day, detractor, true)
			require.Equal(t, survey.Outcome{Status: survey.AnsweredDetractor, Word: "detractor"}, s.end(t))
			require.Equal(t, 1, s.opened.Count(), "they are called back all the same")
		})
	}
}
