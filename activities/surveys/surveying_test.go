package surveying_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// at is the implementation at a business time that stands still.
func at(pool *pgxpool.Pool, now time.Time) *surveying.Surveying {
	return surveying.New(pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9})
}

func person(t *testing.T, pool *pgxpool.Pool) uuid.UUID {
	t.Helper()
	id := uuid.New()
	_, err := pool.Exec(t.Context(), `insert into contacts (id, created_at, updated_at) values ($1, $2, $2)`, id, noon)
	require.NoError(t, err)
	return id
}

func TestAStepInvitesOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	who := person(t, pool)
	ask := surveying.Ask{For: surveys.Sale, ContactID: who, Occasion: "sale-1"}
	first, err := at(pool, noon).Invite(process.WithKey(t.Context(), "survey:1/entry/Invite"), ask)
	require.NoError(t, err)
	require.Equal(t, surveying.Invitation{
		Verdict: surveying.Invited, InvitationID: first.InvitationID, Template: surveys.TemplateInvitation, Reminder: surveys.TemplateReminder,
		RemindAfter: []time.Duration{3 * 24 * time.Hour, 7 * 24 * time.Hour}, ExpiresAt: noon.AddDate(0, 0, 30),
	}, first)
	again, err := at(pool, noon.Add(time.Hour)).Invite(process.WithKey(t.Context(), "survey:1/entry/Invite"), ask)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from audit_logs where action = 'survey_invitation.write' and resource_id = $1`, first.InvitationID.String()))
}

// What cannot be asked is a word to the process, not an error.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	who := person(t, pool)
	s := at(pool, noon)
	_, err := s.Invite(t.Context(), surveying.Ask{For: surveys.Sale, ContactID: who, Occasion: "sale-1"})
	require.NoError(t, err)
	for want, ask := range map[string]surveying.Ask{
		surveying.AskedBefore: {Survey: "satisfaction", ContactID: who, Occasion: "sale-1"},
		surveying.Nobody:      {Survey: "satisfaction", ContactID: uuid.New(), Occasion: "sale-1"},
		surveying.NoSurvey:    {Survey: "none", ContactID: who, Occasion: "sale-1"},
	} {
		got, err := s.Invite(t.Context(), ask)
		require.NoError(t, err)
		require.Equal(t, surveying.Invitation{Verdict: want}, got)
	}
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from survey_invitations`))
}

// The process learns the branch and the letter; what the person wrote stays in PostgreSQL.
func TestReadTellsWhatFollows(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := at(pool, noon)
	for name, tc := range map[string]struct {
		survey  string
		answers map[string][]string
		want    surveying.Reply
	}{
		"promoter": {"satisfaction", map[string][]string{"satisfied": {"5"}, "recommend": {"9"}},
			surveying.Reply{Answered: true, Word: "promoter", Then: surveys.Promote, Template: surveys.TemplatePromoter}},
		"passive": {"satisfaction", map[string][]string{"satisfied": {"3"}, "recommend": {"8"}},
			surveying.Reply{Answered: true, Then: surveys.Thank, Template: surveys.TemplateThanks}},
		"detractor": {"satisfaction", map[string][]string{"satisfied": {"5"}, "recommend": {"6"}},
			surveying.Reply{Answered: true, Word: "detractor", Then: surveys.CallBack, Template: surveys.TemplateDetractor}},
		"not solved": {"service", map[string][]string{"satisfied": {"5"}, "recommend": {"10"}, "solved": {"no"}},
			surveying.Reply{Answered: true, Word: "detractor", Then: surveys.CallBack, Template: surveys.TemplateDetractor}},
		"for others": {"sleepy", map[string][]string{"reason": {"price"}},
			surveying.Reply{Answered: true, Word: "price", Then: surveys.Nothing}},
	} {
		invited, err := s.Invite(t.Context(), surveying.Ask{Survey: tc.survey, ContactID: person(t, pool), Occasion: name})
		require.NoError(t, err)
		i := surveying.Invitee{InvitationID: invited.InvitationID}
		before, err := s.Read(t.Context(), i)
		require.NoError(t, err)
		require.Equal(t, surveying.Reply{}, before)
		require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			problems, err := surveys.Submit(t.Context(), tx, noon, i.InvitationID, tc.answers)
			require.Empty(t, problems)
			return err
		}))
		got, err := s.Read(t.Context(), i)
		require.NoError(t, err)
		require.Equal(t, tc.want, got, name)
	}
	_, err := s.Read(t.Context(), surveying.Invitee{InvitationID: uuid.New()})
	require.True(t, process.IsType(err, process.TypeNotFound))
}

// Somebody who answers in the last moment is heard: reading waits for an answer that is being kept.
func TestReadWaitsForAnAnswerThatIsBeingKept(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := at(pool, noon)
	invited, err := s.Invite(t.Context(), surveying.Ask{Survey: "satisfaction", ContactID: person(t, pool), Occasion: "sale-1"})
	require.NoError(t, err)
	read := make(chan surveying.Reply, 1)
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := surveys.Submit(t.Context(), tx, noon, invited.InvitationID, map[string][]string{"satisfied": {"5"}, "recommend": {"10"}})
		if err != nil {
			return err
		}
		go func() {
			reply, err := s.Read(context.Background(), surveying.Invitee{InvitationID: invited.InvitationID})
			if err != nil {
				reply = surveying.Reply{}
			}
			read <- reply
		}()
		// The reader waits for this transaction: nothing comes before it ends.
		require.Eventually(t, func() bool {
			return dbtest.One[int](t, pool, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) == 1
		}, 10*time.Second, 5*time.Millisecond)
		require.Empty(t, read)
		return nil
	}))
	require.True(t, (<-read).Answered)
}
