package arrivals_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/arrivals"
	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func person(t *testing.T, pool *pgxpool.Pool, zone, language string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	dbtest.Exec(t, pool, `insert into contacts (id, email, phone, time_zone, language, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)`,
		id, id.String()+"@example.com", "+44163296"+id.String()[:4], zone, language, noon)
	return id
}

// The question comes at six in the evening where the person lives, on both edges of daylight saving and a leap day too.
func TestWhenSomebodyIsAsked(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	a := arrivals.New(pool, clock.Clock{Origin: time.Now(), Business: noon, Speed: 1e-9})
	for _, test := range []struct{ zone, on, want string }{
		{"Europe/Berlin", "2026-03-28", "2026-03-28T17:00:00Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-29T16:00:00Z"}, // the clocks went forward that night
		{"Europe/Berlin", "2026-10-25", "2026-10-25T17:00:00Z"}, // and back
		{"Pacific/Auckland", "2026-03-05", "2026-03-05T05:00:00Z"},
		{"America/Los_Angeles", "2028-02-29", "2028-03-01T02:00:00Z"},
	} {
		plan, err := a.MakePlan(t.Context(), arrivals.Delivery{ContactID: person(t, pool, test.zone, "en"), ArrivesOn: test.on})
		require.NoError(t, err)
		want, err := time.Parse(time.RFC3339, test.want)
		require.NoError(t, err)
		require.Equal(t, arrivals.Plan{AskAt: want, Channel: "sms", RemindAfter: 20 * time.Hour, GiveUpAfter: 48 * time.Hour}, plan, "%s on %s", test.zone, test.on)
	}
	_, err := a.MakePlan(t.Context(), arrivals.Delivery{ContactID: uuid.New(), ArrivesOn: "2026-03-05"})
	require.True(t, process.IsType(err, process.TypeNotFound), "%v", err)
	_, err = a.MakePlan(t.Context(), arrivals.Delivery{ContactID: person(t, pool, "UTC", "en"), ArrivesOn: "tomorrow"})
	require.True(t, process.IsType(err, process.TypeInvalid), "%v", err)
}

func TestOnlyWhatIsNewAndWrittenByAPersonIsUnderstood(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	a := arrivals.New(pool, clock.Clock{Origin: time.Now(), Business: noon, Speed: 1e-9})
	who := person(t, pool, "Europe/Berlin", "de")
	question, other := message(t, pool, who, "a"), message(t, pool, who, "b")
	asked := arrivals.Asked{ContactID: who, Messages: []uuid.UUID{question}}
	read := func() arrivals.Answer {
		t.Helper()
		answer, err := a.Understand(t.Context(), asked)
		require.NoError(t, err)
		asked.Read = answer.InboundID
		return answer
	}
	require.Empty(t, read(), "nobody wrote anything")
	wrote(t, pool, who, other, "ja", false, 1)
	wrote(t, pool, who, question, "Ich bin bis Montag abwesend, ja", true, 2)
	require.Empty(t, read(), "an answer to something else, and an absence note")
	vague := wrote(t, pool, who, question, "Wann kommt es?", false, 3)
	require.Equal(t, arrivals.Answer{Meaning: answers.Unclear, InboundID: vague}, read())
	plain := wrote(t, pool, who, question, "Noch nicht angekommen", false, 4)
	require.Equal(t, arrivals.Answer{Meaning: answers.No, InboundID: plain}, read())
	require.Empty(t, read(), "it was read")
}

func message(t *testing.T, pool *pgxpool.Pool, who uuid.UUID, key string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	dbtest.Exec(t, pool, `insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, created_at)
		values ($1, $2, 'service-arrival', 'run', 'ask', $3, 'sms', 'arrival-question', '+441632960999', 'sent', 'twilio', $4)`, id, key, who, noon)
	return id
}

func wrote(t *testing.T, pool *pgxpool.Pool, who, about uuid.UUID, text string, automatic bool, minute int) uuid.UUID {
	t.Helper()
	id := uuid.New()
	at := noon.Add(time.Duration(minute) * time.Minute)
	dbtest.Exec(t, pool, `insert into inbound_messages (id, provider, external_id, channel, contact_id, message_id, sender, text, automatic, at, received_at)
		values ($1, 'twilio', $2, 'sms', $3, $4, '+441632960999', $5, $6, $7, $7)`, id, id.String(), who, about, text, automatic, at)
	return id
}
