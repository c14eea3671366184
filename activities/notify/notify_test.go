package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/process"
)

func TestTheSameStepSendsOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	second, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Len(t, f.mail.calls, 1)
	require.Equal(t, first.MessageID, f.mail.calls[0].ID)
	state, _, attempts := f.ledger(t)
	require.Equal(t, "sent", state)
	require.Equal(t, 1, attempts)
}

func TestTheMailSaysWhoAndWhenAndEscapes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	mail := f.mail.calls[0]
	require.Equal(t, "rep1@example.com", mail.To)
	require.Equal(t, "New hot lead: Ada Example <b> (score 81)", mail.Subject)
	require.Contains(t, mail.Text, "Get in touch by Mon 2 Mar 2026 11:00 CET.", "due times are in the reader's zone")
	require.Contains(t, mail.Text, "https://perdura.example.com/v1/leads/"+f.lead.String())
	require.NotContains(t, mail.Text, "\n\n\n")
	require.Contains(t, mail.HTML, "me &lt;today&gt;")
	require.NotContains(t, mail.HTML, "<b>")
}

func TestEveryTemplateRenders(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, template := range []Template{LeadAssigned, LeadReassigned, LeadAskedAgain, LeadQueued, LeadReturned, LeadReplied,
		MergeReview, DataRequest, HandoffOverdue, ImportDigest, ImportCompleted, FirstContact, DeliveryMissing, DeliveryUnclear,
		TaskGiven, TaskDue, TaskOverdue, TaskEscalated, ApprovalAsked, ApprovalReminder, ApprovalEscalated, DealStalled, DealMoved, DealWon, DealLost} {
		ctx := process.WithKey(context.Background(), "lead-capture:1/e/"+string(template)+".1")
		receipt, err := f.service.send(ctx, f.message(template, Email))
		require.NoError(t, err, template)
		require.Equal(t, Sent, receipt.State, template)
		mail := f.mail.calls[len(f.mail.calls)-1]
		require.NotEmpty(t, mail.Subject, template)
		require.NotContains(t, mail.Subject+mail.Text, "<no value>", template)
		require.True(t, strings.HasPrefix(mail.Text, "Hello "), template)
	}
}

func TestTheMailSaysWhatIsToBeApproved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(Message{Template: ApprovalAsked, Channel: Email, UserID: f.user, ApprovalID: f.approval})
	require.NoError(t, err)
	mail := f.mail.calls[0]
	require.Equal(t, "Your decision is needed: price, 1299.00 EUR", mail.Subject)
	for _, want := range []string{"Representative One asks", "discount of 25.0 %", "Mon 2 Mar 2026 11:00 CET", "https://perdura.example.com/v1/approvals/" + f.approval.String()} {
		require.Contains(t, mail.Text, want)
	}
}

func TestWhatIsSaidOfADeal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	about := Message{UserID: f.user, DealID: f.deal, TaskID: f.task}
	for template, subject := range map[Template]string{
		DealStalled: "Nobody works on a deal: Fleet <1>", DealMoved: "A deal has moved: Fleet <1> is at proposal",
		DealWon: "Won: Fleet <1>, 12500.50 EUR", DealLost: "Lost: Fleet <1>, 12500.50 EUR",
	} {
		about.Template, about.Channel = template, Email
		_, err := f.service.send(process.WithKey(context.Background(), "deal:1/e/"+string(template)), about)
		require.NoError(t, err)
		mail := f.mail.calls[len(f.mail.calls)-1]
		require.Equal(t, subject, mail.Subject)
		require.Contains(t, mail.Text, "https://perdura.example.com/v1/deals/"+f.deal.String())
		require.Contains(t, mail.Text, "Owner: Representative One")
		require.Equal(t, template == DealLost, strings.Contains(mail.Text, "Reason: price."))
		require.Equal(t, template == DealStalled, strings.Contains(mail.Text, "Mon 2 Mar 2026 11:00 CET"))
		about.Channel = Webhook
		_, err = f.service.send(process.WithKey(context.Background(), "deal:1/e/"+string(template)), about)
		require.NoError(t, err)
		body := string(f.hook.calls[len(f.hook.calls)-1].Body)
		require.Contains(t, body, `"stage":"proposal"`)
		require.Contains(t, body, f.deal.String())
		require.NotContains(t, body, "Fleet", "names stay in the house")
	}
}

func TestTheWebhookHoldsNothingPersonal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(f.message(LeadAssigned, Webhook))
	require.NoError(t, err)
	require.Equal(t, "https://hooks.example.com/rep1", f.hook.calls[0].To)
	body := f.hook.calls[0].Body
	require.True(t, json.Valid(body))
	require.Contains(t, string(body), f.lead.String())
	for _, personal := range []string{"Ada", "example.org", "call", "Example & Co"} {
		require.NotContains(t, string(body), personal)
	}
}

func TestAProviderThatRefusesIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		channel Channel
		answer  error
		reason  string
	}{
		"mail":    {Email, provider.Rejected{Code: "smtp-550"}, "smtp-550"},
		"webhook": {Webhook, provider.Rejected{Code: "http-410", Address: true}, "http-410"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.mail.answers, f.hook.answers = []error{c.answer}, []error{c.answer}
			receipt, err := f.send(f.message(LeadAssigned, c.channel))
			require.NoError(t, err)
			require.Equal(t, Refused, receipt.State)
			require.Equal(t, c.reason, receipt.Reason)
			again, err := f.send(f.message(LeadAssigned, c.channel))
			require.NoError(t, err)
			require.Equal(t, receipt, again)
			require.Len(t, append(f.mail.calls, f.hook.calls...), 1)
			state, reason, _ := f.ledger(t)
			require.Equal(t, "failed", state)
			require.Equal(t, c.reason, reason)
		})
	}
}

func TestADoubtfulMailIsMarkedAndSentAgainUnderItsID(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.mail.answers = []error{provider.Unknown{}}
	_, err := f.send(f.message(LeadAssigned, Email))
	require.True(t, process.IsType(err, process.TypeRateLimited), "%v", err)
	state, reason, _ := f.ledger(t)
	require.Equal(t, "unknown", state)
	require.Equal(t, "no-answer", reason)

	receipt, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	require.Equal(t, Sent, receipt.State)
	require.Len(t, f.mail.calls, 2)
	require.Equal(t, f.mail.calls[0].ID, f.mail.calls[1].ID)
	state, _, attempts := f.ledger(t)
	require.Equal(t, "sent", state)
	require.Equal(t, 2, attempts)
	var resends int
	require.NoError(t, f.pool.QueryRow(context.Background(), `select resends from messages`).Scan(&resends))
	require.Equal(t, 1, resends, "the ledger owns up to it")
}

func TestRateLimitsAndOutagesAreTriedAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.hook.answers = []error{provider.RateLimited{After: 7 * time.Second}, errors.New("down")}
	_, err := f.send(f.message(LeadAssigned, Webhook))
	require.True(t, process.IsType(err, process.TypeRateLimited))
	_, err = f.send(f.message(LeadAssigned, Webhook))
	require.ErrorContains(t, err, "down")
	receipt, err := f.send(f.message(LeadAssigned, Webhook))
	require.NoError(t, err)
	require.Equal(t, Sent, receipt.State)
	require.Len(t, f.hook.calls, 3)
	require.Equal(t, f.hook.calls[0].ID, f.hook.calls[2].ID, "receivers recognise the repeat by its id")
}

func TestWhoCannotBeReachedIsARefusal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.pool.Exec(context.Background(), `update users set webhook_url = null`)
	require.NoError(t, err)
	receipt, err := f.send(f.message(LeadAssigned, Webhook))
	require.NoError(t, err)
	require.Equal(t, Receipt{MessageID: receipt.MessageID, State: Refused, Reason: "no-address"}, receipt)
	state, reason, _ := f.ledger(t)
	require.Equal(t, "refused", state)
	require.Equal(t, "no-address", reason)
	require.Empty(t, f.hook.calls)
}

func TestAMessageToThePersonGoesToThePerson(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(Message{Template: FirstContact, Channel: Email, ContactID: f.contact, UserID: f.user, LeadID: f.lead})
	require.NoError(t, err)
	require.Equal(t, "ada@example.org", f.mail.calls[0].To)
	require.Contains(t, f.mail.calls[0].Text, "Representative One will answer you shortly.")
}

func TestASendWithoutAKeyIsInvalid(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.service.send(context.Background(), f.message(LeadAssigned, Email))
	require.True(t, process.IsType(err, process.TypeInvalid))
}
