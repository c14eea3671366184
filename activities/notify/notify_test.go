package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/webhook"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// provider stands at the far end of both channels: it keeps what arrives and answers as told.
type testProvider struct {
	mu      sync.Mutex
	mails   []email.Mail
	hooks   []string // webhook ids
	bodies  [][]byte
	answers []error
}

func (p *testProvider) Send(_ context.Context, m email.Mail) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return m.ID, p.answer()
}

func (p *testProvider) Post(_ context.Context, _, id string, _ time.Time, body []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hooks, p.bodies = append(p.hooks, id), append(p.bodies, body)
	return p.answer()
}

func (p *testProvider) answer() error {
	if len(p.answers) == 0 {
		return nil
	}
	err := p.answers[0]
	p.answers = p.answers[1:]
	return err
}

type fixture struct {
	pool     *pgxpool.Pool
	provider *testProvider
	service  *Service
	user     uuid.UUID
	lead     uuid.UUID
	contact  uuid.UUID
	task     uuid.UUID
}

func setup(t *testing.T, answers ...error) *fixture {
	t.Helper()
	f := &fixture{pool: dbtest.New(t), provider: &testProvider{answers: answers},
		user: uuid.New(), lead: uuid.New(), contact: uuid.New(), task: uuid.New()}
	f.service = New(Options{Pool: f.pool, Clock: clock.Clock{}, Mailer: f.provider, Caller: f.provider, PublicURL: "https://perdura.example.com"})
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{`insert into users (id, display_name, email, role, team, time_zone, webhook_url, created_at)
		  values ($1, 'Representative One', 'rep1@example.com', 'representative', 'sales', 'Europe/Madrid', 'https://hooks.example.com/rep1', $2)`, []any{f.user, at}},
		{`insert into contacts (id, email, first_name, last_name, company, created_at, updated_at)
		  values ($1, 'ada@example.org', 'Ada', 'Example <b>', 'Example & Co', $2, $2)`, []any{f.contact, at}},
		{`insert into leads (id, status, submission, source, channel, contact_id, score, tier, submitted_at)
		  values ($1, 'captured', '{"message": "Please call\nme <today>"}', 'website', 'form', $2, 81, 'hot', $3)`, []any{f.lead, f.contact, at}},
		{`insert into tasks (id, key, kind, title, state, lead_id, due_at, created_at)
		  values ($1, 'k', 'lead-follow-up', 'Follow up', 'open', $2, $3, $3)`, []any{f.task, f.lead, at}},
	} {
		_, err := f.pool.Exec(context.Background(), statement.sql, statement.args...)
		require.NoError(t, err)
	}
	return f
}

func (f *fixture) message(template Template, channel Channel) Message {
	return Message{Template: template, Channel: channel, UserID: f.user, LeadID: f.lead, TaskID: f.task}
}

const key = "lead-capture:1/e/notify.1"

func (f *fixture) send(m Message) (Receipt, error) {
	return f.service.send(process.WithKey(context.Background(), key), m)
}

func (f *fixture) ledger(t *testing.T) (state, reason string, attempts int) {
	t.Helper()
	require.NoError(t, f.pool.QueryRow(context.Background(),
		`select state, coalesce(reason, ''), attempts from messages`).Scan(&state, &reason, &attempts))
	return state, reason, attempts
}

func TestTheSameStepSendsOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	second, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Len(t, f.provider.mails, 1)
	state, _, attempts := f.ledger(t)
	require.Equal(t, "sent", state)
	require.Equal(t, 1, attempts)
}

func TestTheMailSaysWhoAndWhenAndEscapes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	mail := f.provider.mails[0]
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
	for _, template := range []Template{LeadAssigned, LeadReassigned, LeadAskedAgain, LeadQueued, MergeReview, DataRequest,
		HandoffOverdue, ImportDigest, ImportCompleted, FirstContact} {
		ctx := process.WithKey(context.Background(), "lead-capture:1/e/"+string(template)+".1")
		_, err := f.service.send(ctx, f.message(template, Email))
		require.NoError(t, err, template)
		mail := f.provider.mails[len(f.provider.mails)-1]
		require.NotEmpty(t, mail.Subject, template)
		require.NotContains(t, mail.Subject+mail.Text, "<no value>", template)
		require.True(t, strings.HasPrefix(mail.Text, "Hello "), template)
	}
}

func TestTheWebhookHoldsNothingPersonal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(f.message(LeadAssigned, Webhook))
	require.NoError(t, err)
	body := f.provider.bodies[0]
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
		"mail":    {Email, email.Rejected{Code: 550}, "smtp-550"},
		"webhook": {Webhook, webhook.Rejected{Status: 410}, "http-410"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, c.answer)
			receipt, err := f.send(f.message(LeadAssigned, c.channel))
			require.NoError(t, err)
			require.Equal(t, Refused, receipt.State)
			require.Equal(t, c.reason, receipt.Reason)
			again, err := f.send(f.message(LeadAssigned, c.channel))
			require.NoError(t, err)
			require.Equal(t, receipt, again)
			require.Len(t, append(f.provider.hooks, idsOf(f.provider.mails)...), 1)
		})
	}
}

func TestADoubtfulMailIsMarkedAndSentAgainUnderItsID(t *testing.T) {
	t.Parallel()
	f := setup(t, email.Unknown{})
	_, err := f.send(f.message(LeadAssigned, Email))
	require.Error(t, err)
	state, reason, _ := f.ledger(t)
	require.Equal(t, "unknown", state)
	require.Equal(t, "no-answer", reason)

	receipt, err := f.send(f.message(LeadAssigned, Email))
	require.NoError(t, err)
	require.Equal(t, Sent, receipt.State)
	require.Len(t, f.provider.mails, 2)
	require.Equal(t, f.provider.mails[0].ID, f.provider.mails[1].ID)
	state, _, attempts := f.ledger(t)
	require.Equal(t, "sent", state)
	require.Equal(t, 2, attempts)
}

func TestRateLimitsAndOutagesAreTriedAgain(t *testing.T) {
	t.Parallel()
	f := setup(t, webhook.RateLimited{After: 7 * time.Second}, errors.New("down"))
	_, err := f.send(f.message(LeadAssigned, Webhook))
	require.True(t, process.IsType(err, process.TypeRateLimited))
	_, err = f.send(f.message(LeadAssigned, Webhook))
	require.ErrorContains(t, err, "down")
	receipt, err := f.send(f.message(LeadAssigned, Webhook))
	require.NoError(t, err)
	require.Equal(t, Sent, receipt.State)
	require.Equal(t, f.provider.hooks[0], f.provider.hooks[2], "receivers recognise the repeat by its id")
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
	require.Empty(t, f.provider.hooks)
}

func TestAMessageToThePersonGoesToThePerson(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.send(Message{Template: FirstContact, Channel: Email, ContactID: f.contact, UserID: f.user, LeadID: f.lead})
	require.NoError(t, err)
	require.Equal(t, "ada@example.org", f.provider.mails[0].To)
	require.Contains(t, f.provider.mails[0].Text, "Representative One will answer you shortly.")
}

func TestASendWithoutAKeyIsInvalid(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.service.send(context.Background(), f.message(LeadAssigned, Email))
	require.True(t, process.IsType(err, process.TypeInvalid))
}

func idsOf(mails []email.Mail) []string {
	var ids []string
	for _, m := range mails {
		ids = append(ids, m.ID)
	}
	return ids
}
