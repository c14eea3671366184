package resend_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/resend"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, resend.Process)
}

func TestHowLongTheManagerIsWaitedFor(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		after  time.Duration
		fact   process.Signal[resend.Nothing]
		want   resend.Outcome
		tasks  int
		lasted time.Duration
	}{
		"sent at once":        {time.Hour, resend.SentAgain, resend.Outcome{Status: resend.Sent}, 0, time.Hour},
		"after a second call": {3 * day, resend.SentAgain, resend.Outcome{Status: resend.Sent, Escalated: true}, 1, 3 * day},
		"cancelled":           {time.Hour, resend.Revoke, resend.Outcome{Status: resend.Cancelled}, 0, time.Hour},
		"never":               {9 * day, resend.SentAgain, resend.Outcome{Status: resend.NotSent, Escalated: true}, 1, 4 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := processtest.New(t, resend.Process)
			start := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
			env.SetStartTime(start)
			in := resend.Input{OrderID: "order-1", ContactID: uuid.New()}
			said := processtest.Stub(env, messages.Send, processtest.Returns[messages.Message](messages.Receipt{State: messages.Sent}))
			opened := processtest.Stub(env, tasks.OpenForContact, processtest.Returns[tasks.ContactRequest](tasks.Opened{TaskID: uuid.New(), AssigneeID: uuid.New()}))
			processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
			env.After(test.after, func() { processtest.Signal(env, test.fact, "", resend.Nothing{}) })
			env.Run(resend.Process, in)
			require.NoError(t, env.GetWorkflowError())
			var out resend.Outcome
			require.NoError(t, env.GetWorkflowResult(&out))
			require.Equal(t, test.want, out)
			require.Equal(t, test.tasks, opened.Count())
			require.Equal(t, out.Status == resend.Sent, said.Count() == 1, "the customer is told when it is on its way, and only then")
			require.Equal(t, test.lasted, env.Ended().At.Sub(start).Round(time.Minute))
		})
	}
}
