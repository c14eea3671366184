package delivery

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

var ctx = context.Background()

func mail(script ...answer) *carrier {
	return &carrier{name: "smtp", channel: provider.Email, script: script}
}

func TestTheLedgerSaysEverything(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.core(f.pool, mail()).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	rows, err := f.pool.Query(ctx, `select * from messages`)
	require.NoError(t, err)
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
	require.NoError(t, err)
	for column, want := range map[string]any{
		"key": stepKey, "process": "nurture", "run": "nurture:3f0e8f0a-3c4f-4a4e-9a57-0e60a1d1a111", "step": "say-it.1/message",
		"subject": "3f0e8f0a-3c4f-4a4e-9a57-0e60a1d1a111", "class": "marketing", "purpose": "email_marketing", "topic": "news",
		"department": "marketing", "priority": int32(7), "policy_version": int32(3), "template": "welcome", "template_version": int32(4),
		"language": "en", "channel": "email", "recipient": "ada@example.org", "provider": "smtp", "state": "sent", "attempts": int32(1),
		"test": false, "resends": int32(0),
	} {
		require.Equal(t, want, m[column], column)
	}
	require.NotNil(t, m["slot_at"])
	require.NotNil(t, m["handed_at"])
	require.Nil(t, m["words"])
}

func TestTwoTriesAtOnceHandOverOnce(t *testing.T) {
	t.Parallel()
	for _, class := range []string{gate.Internal, gate.Transactional} {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			p := mail()
			var wg sync.WaitGroup
			for range 8 {
				core := f.core(f.pool, p)
				wg.Go(func() {
					if _, err := core.Deliver(ctx, f.order(class)); err != nil && !process.IsType(err, process.TypeRateLimited) {
						t.Errorf("a try that lost must come back later: %v", err)
					}
				})
			}
			wg.Wait()
			calls, _ := p.count()
			require.Equal(t, 1, calls)
			require.Equal(t, Sent, f.insist(t, f.order(class), p).State)
			calls, _ = p.count()
			require.Equal(t, 1, calls)
		})
	}
}

// A try that was thought dead comes back after the next one has taken over: what it says then changes nothing.
func TestAnOutdatedTryCannotUndoALaterOne(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail()
	p.script = []answer{{err: errDown, before: func(context.Context) error {
		f.age(t)
		r, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Transactional))
		require.NoError(t, err)
		require.Equal(t, Sent, r.State)
		return nil
	}}}
	_, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Transactional))
	require.Error(t, err)
	require.Equal(t, "sent", f.ledger(t).State)
	require.Equal(t, Sent, f.insist(t, f.order(gate.Transactional), p).State)
	calls, _ := p.count()
	require.Equal(t, 2, calls)
}

func TestAFinderThatAnswersLateIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := &faithful{carrier: mail(answer{take: true, err: provider.Unknown{}}), late: 2, settled: time.Minute}
	for range 3 { // the call, and two questions
		_, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
		require.True(t, process.IsType(err, process.TypeRateLimited), "%v", err)
		require.Equal(t, "unknown", f.ledger(t).State)
	}
	r, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.Equal(t, Sent, r.State)
	calls, _ := p.count()
	require.Equal(t, 1, calls)
	require.Equal(t, "id-"+r.MessageID.String(), f.ledger(t).ProviderID)
}

// What surely has not left is decided anew before it is sent again: the person opted out in between.
func TestWhatWasNotFoundPassesTheGateAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := &faithful{carrier: mail(answer{err: provider.Unknown{}}), settled: time.Minute}
	_, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.Error(t, err)
	f.age(t)
	f.gate = gateFunc(func(gate.Request) gate.Verdict { return gate.Verdict{Answer: gate.Refuse, Reason: gate.NoConsent} })
	r, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.Equal(t, Receipt{MessageID: r.MessageID, State: Refused, Reason: gate.NoConsent, Channel: provider.Email}, r)
	calls, taken := p.count()
	require.Equal(t, 1, calls)
	require.Zero(t, taken)
}

func TestWhatMayHaveLeftIsNotCalledRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail(answer{take: true, err: provider.Unknown{}})
	_, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Transactional))
	require.Error(t, err)
	f.gate = gateFunc(func(gate.Request) gate.Verdict { return gate.Verdict{Answer: gate.Refuse, Reason: gate.Suppressed} })
	r, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Transactional))
	require.NoError(t, err)
	require.Equal(t, Unknown, r.State)
}

func TestRetryAfterIsHonouredByEverybody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail(answer{err: provider.RateLimited{After: 7 * time.Second}})
	make := func() *Core {
		return New(Options{Pool: f.pool, Clock: clock.Clock{}, Providers: []provider.Provider{p}, Gate: f.gate, Limits: map[string]float64{"smtp": 100}})
	}
	_, err := make().Deliver(ctx, f.order(gate.Transactional))
	require.Equal(t, 7*time.Second, nextTry(t, err))
	row := f.ledger(t)
	require.Equal(t, "reserved", row.State)

	urgent := f.order(gate.Transactional)
	urgent.Key, urgent.Urgency = "other:1/e/say.1", Now
	_, err = make().Deliver(ctx, urgent)
	require.Greater(t, nextTry(t, err), 6*time.Second, "another worker leaves the provider alone too")
	calls, _ := p.count()
	require.Equal(t, 1, calls)
}

func nextTry(t *testing.T, err error) time.Duration {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, process.TypeRateLimited, app.Type())
	return app.NextRetryDelay()
}

func TestARefusalTeachesTheHouse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rejected provider.Rejected
		reason   string
		source   string
	}{
		"no such address": {provider.Rejected{Code: "smtp-550", Address: true}, "bounce", "bounce"},
		"told to stop":    {provider.Rejected{Code: "twilio-21610", OptedOut: true}, "unsubscribe", "stop"},
		"bad content":     {provider.Rejected{Code: "smtp-554"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.exec(t, `insert into contact_identities (kind, value, contact_id) values ('email', 'ada@example.org', $1)`, f.contact)
			p := mail(answer{err: c.rejected})
			r, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
			require.NoError(t, err)
			require.Equal(t, Failed, r.State)
			require.Equal(t, c.rejected.Code, r.Reason)
			require.Equal(t, r, f.insist(t, f.order(gate.Marketing), p))
			calls, _ := p.count()
			require.Equal(t, 1, calls)
			var reasons string
			require.NoError(t, f.pool.QueryRow(ctx, `select coalesce(string_agg(reason || '/' || source, ','), '') from suppressions`).Scan(&reasons))
			if c.reason == "" {
				require.Empty(t, reasons)
			} else {
				require.Equal(t, c.reason+"/"+c.source, reasons)
			}
		})
	}
}

func TestShiftedThenResumed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail()
	until := time.Now().Add(9 * time.Hour).UTC().Truncate(time.Microsecond)
	f.gate = gateFunc(func(gate.Request) gate.Verdict {
		return gate.Verdict{Answer: gate.Shift, Reason: gate.QuietHours, Until: until, Channel: provider.Email, Address: "ada@example.org"}
	})
	shifted, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.Equal(t, Receipt{MessageID: shifted.MessageID, State: Shifted, Reason: gate.QuietHours, Channel: provider.Email, Until: until}, shifted)
	again, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.Equal(t, shifted, again, "a retry of the step that shifted it decides nothing anew")

	resume := f.order(gate.Marketing)
	resume.Key, resume.Resume = "nurture:3f0e8f0a-3c4f-4a4e-9a57-0e60a1d1a111/entry/say-it.2/message", shifted.MessageID
	f.gate = gateFunc(open)
	for range 2 {
		r, err := f.core(f.pool, p).Deliver(ctx, resume)
		require.NoError(t, err)
		require.Equal(t, Receipt{MessageID: shifted.MessageID, State: Sent, Channel: provider.Email}, r)
	}
	calls, _ := p.count()
	require.Equal(t, 1, calls)

	foreign := resume
	foreign.Key = "other:1/e/say.1"
	_, err = f.core(f.pool, p).Deliver(ctx, foreign)
	require.True(t, process.IsType(err, process.TypeInvalid), "a run resumes its own messages only")
}

func TestWithdrawnThenResumed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail()
	f.gate = gateFunc(func(gate.Request) gate.Verdict {
		return gate.Verdict{Answer: gate.Shift, Reason: gate.QuietHours, Until: time.Now().Add(time.Hour), Channel: provider.Email}
	})
	core := f.core(f.pool, p)
	shifted, err := core.Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.NoError(t, core.Withdraw(ctx, Withdrawal{Key: "other:1/e/take-it-back.1", MessageID: shifted.MessageID, Reason: "not yours"}))
	require.Equal(t, "shifted", f.ledger(t).State)
	require.NoError(t, core.Withdraw(ctx, Withdrawal{Key: stepKey, MessageID: shifted.MessageID, Reason: "replied"}))
	f.gate = gateFunc(open)
	resume := f.order(gate.Marketing)
	resume.Resume = shifted.MessageID
	r, err := f.core(f.pool, p).Deliver(ctx, resume)
	require.NoError(t, err)
	require.Equal(t, Receipt{MessageID: shifted.MessageID, State: Refused, Reason: "replied", Channel: provider.Email}, r)
	calls, _ := p.count()
	require.Zero(t, calls)
}

// With the real gate: between shift and resume the person opts out.
func TestOptedOutBetweenShiftAndResume(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail()
	f.exec(t, `insert into contact_identities (kind, value, contact_id) values ('email', 'ada@example.org', $1)`, f.contact)
	f.exec(t, `insert into consents (contact_id, purpose, granted, source, at) values ($1, 'email_marketing', true, 'api', '2026-03-02')`, f.contact)
	at := func(business time.Time) *Core {
		clk, err := clock.New(time.Now(), business, 1)
		require.NoError(t, err)
		return New(Options{Pool: f.pool, Clock: clk, Providers: []provider.Provider{p}, Gate: gate.New()})
	}
	night := time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC) // a Wednesday, three o'clock in Madrid
	shifted, err := at(night).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.Equal(t, Shifted, shifted.State, shifted.Reason)
	require.NoError(t, db.InTx(ctx, f.pool, func(tx pgx.Tx) error {
		return consent.OptOut(ctx, tx, night.Add(time.Minute), events.Choice{ContactID: f.contact, Purpose: "email_marketing"}, consent.By{Source: "one-click", Actor: audit.Record{ActorKind: audit.Person, ActorID: f.contact.String()}})
	}))
	resume := f.order(gate.Marketing)
	resume.Resume = shifted.MessageID
	r, err := at(shifted.Until.Add(time.Minute)).Deliver(ctx, resume)
	require.NoError(t, err)
	require.Equal(t, Refused, r.State)
	require.Equal(t, gate.NoConsent, r.Reason)
	calls, _ := p.count()
	require.Zero(t, calls)
}

func TestAMessageThatWaitedIsDecidedAnew(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := mail(answer{err: errDown})
	_, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.ErrorIs(t, err, errDown)
	f.gate = gateFunc(func(gate.Request) gate.Verdict { return gate.Verdict{Answer: gate.Refuse, Reason: gate.TopicOptOut} })
	r, err := f.core(f.pool, p).Deliver(ctx, f.order(gate.Marketing))
	require.NoError(t, err)
	require.Equal(t, gate.TopicOptOut, r.Reason)
	calls, _ := p.count()
	require.Equal(t, 1, calls)
}

func TestWhoCannotBeReachedIsARefusal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	nowhere := f.order(gate.Internal)
	nowhere.Address = ""
	r, err := f.core(f.pool, mail()).Deliver(ctx, nowhere)
	require.NoError(t, err)
	require.Equal(t, Receipt{MessageID: r.MessageID, State: Refused, Reason: gate.NoAddress, Channel: provider.Email}, r)

	text := f.order(gate.Marketing)
	text.Key, text.Channel = "nurture:1/e/text.1", provider.SMS
	r, err = f.core(f.pool, mail()).Deliver(ctx, text)
	require.NoError(t, err)
	require.Equal(t, gate.NotConfigured, r.Reason)

	nobody := f.order(gate.Marketing)
	nobody.Key, nobody.ContactID = "nurture:2/e/mail.1", uuid.New()
	f.gate = gateFunc(func(gate.Request) gate.Verdict { return gate.Verdict{Answer: gate.Refuse, Reason: gate.NoContact} })
	r, err = f.core(f.pool, mail()).Deliver(ctx, nobody)
	require.NoError(t, err)
	require.Equal(t, gate.NoContact, r.Reason)
}

func TestTestSendsPassTheGateByAndShowNowhere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.gate = gateFunc(func(gate.Request) gate.Verdict { panic("a test send does not come to the gate") })
	p := mail()
	o := f.order(gate.Marketing)
	o.Test, o.Channel, o.Address, o.UserID = true, provider.Email, "rep1@example.com", f.user
	r, err := f.core(f.pool, p).Deliver(ctx, o)
	require.NoError(t, err)
	require.Equal(t, Sent, r.State)
	require.Equal(t, "rep1@example.com", p.taken[0].To)
	var shown int
	require.NoError(t, f.pool.QueryRow(ctx, `select count(*) from interactions`).Scan(&shown))
	require.Zero(t, shown)
}
