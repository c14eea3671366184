package teaching_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/teaching"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/process"
)

// monday is one on which it is nine in Berlin.
var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

var actor = audit.Record{ActorKind: audit.System, ActorID: "test"}

type school struct {
	t    *testing.T
	pool *pgxpool.Pool
	now  time.Time
}

func open(t *testing.T) *school {
	t.Helper()
	return &school{t, dbtest.New(t), monday}
}

func (s *school) clock() clock.Clock {
	return clock.Clock{Origin: time.Now(), Business: s.now, Speed: 1e-9}
}

func (s *school) tx(do func(tx pgx.Tx) error) error { return db.InTx(s.t.Context(), s.pool, do) }

func (s *school) person() uuid.UUID {
	s.t.Helper()
	id := uuid.New()
	dbtest.Exec(s.t, s.pool, `insert into contacts (id, phone, time_zone, language, created_at, updated_at) values ($1, $2, 'Europe/Berlin', 'de', $3, $3)`, id, "+44163296"+id.String()[:4], monday)
	return id
}

// publishes writes a course by the way that the API takes, too.
func (s *school) publishes(name string, c courses.Course) []definitions.Problem {
	s.t.Helper()
	raw, err := json.Marshal(c)
	require.NoError(s.t, err)
	require.Empty(s.t, courses.Kind.Check(raw))
	var problems []definitions.Problem
	require.NoError(s.t, s.tx(func(tx pgx.Tx) (err error) {
		if _, err = definitions.Put(s.t.Context(), tx, s.now, definitions.Change{Kind: courses.Kind.Name(), Name: name, Body: raw}); err != nil {
			return err
		}
		problems, err = courses.Kind.Settle(s.t.Context(), tx, s.now, name, raw)
		return err
	}))
	return problems
}

func course(keys ...string) courses.Course {
	c := courses.Course{Title: map[string]string{"en": "Juggling", "de": "Jonglieren"}, Languages: []string{"en", "de"}}
	for i, key := range keys {
		l := courses.Lesson{Key: key, Title: map[string]string{"en": key}, Text: map[string]string{"en": key, "de": key + " auf Deutsch"}}
		if i > 0 {
			l.When = courses.When{After: "1d", At: "09:00"}
		}
		c.Lessons = append(c.Lessons, l)
	}
	return c
}

func (s *school) enrols(contact uuid.UUID, name string) query.Enrolment {
	s.t.Helper()
	var row query.Enrolment
	require.NoError(s.t, s.tx(func(tx pgx.Tx) (err error) {
		row, _, err = courses.Enrol(s.t.Context(), tx, s.now, courses.Asking{ID: uuid.New(), Course: name, ContactID: contact, Channel: "sms", Language: "de", Source: "api"}, actor)
		return err
	}))
	return row
}

func (s *school) next(id uuid.UUID) teaching.Step {
	s.t.Helper()
	step, err := teaching.New(s.pool, s.clock()).Next(s.t.Context(), teaching.Learner{EnrolmentID: id})
	require.NoError(s.t, err)
	return step
}

func (s *school) note(a teaching.Attempt) teaching.Noted {
	s.t.Helper()
	noted, err := teaching.New(s.pool, s.clock()).Note(s.t.Context(), a)
	require.NoError(s.t, err)
	return noted
}

// given tells that the lesson of a step left.
func (s *school) given(id uuid.UUID, step teaching.Step) {
	s.t.Helper()
	require.Equal(s.t, teaching.Give, step.Do)
	require.Zero(s.t, s.note(teaching.Attempt{EnrolmentID: id, LessonID: step.LessonID, Left: true}))
}

func (s *school) words(step teaching.Step) string {
	s.t.Helper()
	return dbtest.One[string](s.t, s.pool, `select words from enrolment_lessons where id = $1`, step.LessonID)
}

func (s *school) moves(id uuid.UUID, move string) error {
	return s.tx(func(tx pgx.Tx) error {
		_, err := courses.Make(s.t.Context(), tx, s.now, id, move, courses.MoveOptions{}, actor)
		return err
	})
}

func TestACourseFromTheFirstLessonToTheLast(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.Empty(t, s.publishes("juggling", course("one", "two")))
	e := s.enrols(s.person(), "juggling")
	first := s.next(e.ID)
	require.Equal(t, first, s.next(e.ID), "a step that runs again decides the same")
	require.Equal(t, "one auf Deutsch", s.words(first))
	require.Equal(t, courses.LessonTemplate, first.Template)
	s.given(e.ID, first)
	s.given(e.ID, first)
	wait := s.next(e.ID)
	require.Equal(t, teaching.Wait, wait.Do)
	require.Equal(t, monday.Add(24*time.Hour), wait.At.UTC(), "at nine, where the learner lives")
	require.Equal(t, "two", dbtest.One[string](t, s.pool, `select next_lesson from enrolments`))
	s.now = wait.At
	s.given(e.ID, s.next(e.ID))
	require.Equal(t, enrolment.Completed, s.next(e.ID).Do)
	_, err := teaching.New(s.pool, s.clock()).Close(t.Context(), teaching.End{EnrolmentID: e.ID, State: enrolment.Completed})
	require.NoError(t, err)
	require.Equal(t, enrolment.Completed, s.next(e.ID).Do, "also when the step runs again")
	require.ErrorIs(t, s.moves(e.ID, courses.Pause), courses.ErrEnded)
	_, err = teaching.New(s.pool, s.clock()).Next(t.Context(), teaching.Learner{EnrolmentID: uuid.New()})
	require.Equal(t, "not-found", process.Code(err))
}

// What a teacher changes counts for those who are learning: by the lesson's key.
func TestAChangeReachesLearners(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.publishes("juggling", course("one", "two", "three"))
	e := s.enrols(s.person(), "juggling")
	s.given(e.ID, s.next(e.ID))
	s.now = s.now.Add(24 * time.Hour)
	before := s.next(e.ID)
	require.Equal(t, "two auf Deutsch", s.words(before))

	changed := course("new", "three", "one")
	changed.Lessons[0].When = courses.When{}
	require.Empty(t, s.publishes("juggling", changed))
	stands, err := before.Fence.Stands(t.Context(), s.pool)
	require.NoError(t, err)
	require.False(t, stands, "what was decided before does not leave")
	require.Equal(t, 1, dbtest.One[int](t, s.pool, `select count(*) from events where type = 'enrolment.changed' and subject = $1`, e.ID.String()))
	after := s.next(e.ID)
	require.Equal(t, "new auf Deutsch", s.words(after))
	require.Zero(t, s.note(teaching.Attempt{EnrolmentID: e.ID, LessonID: before.LessonID, Reason: "overtaken"}))
	s.given(e.ID, after)
	s.now = s.now.Add(24 * time.Hour)
	s.given(e.ID, s.next(e.ID))
	require.Equal(t, enrolment.Completed, s.next(e.ID).Do, "one is not given again, two not at all")

	changed.Closed = true
	s.publishes("juggling", changed)
	require.Equal(t, enrolment.Withdrawn, s.next(e.ID).Do)
}

func TestPauseSkipAndLeave(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.publishes("juggling", course("one", "two", "three"))
	e := s.enrols(s.person(), "juggling")
	first := s.next(e.ID)
	require.NoError(t, s.moves(e.ID, courses.Pause))
	require.Equal(t, teaching.Paused, s.next(e.ID).Do)
	stands, err := first.Fence.Stands(t.Context(), s.pool)
	require.NoError(t, err)
	require.False(t, stands)
	s.now = s.now.Add(30 * 24 * time.Hour)
	require.NoError(t, s.moves(e.ID, courses.Resume))
	require.NoError(t, s.moves(e.ID, courses.Resume))
	require.NoError(t, s.moves(e.ID, courses.Skip))
	wait := s.next(e.ID)
	require.Equal(t, teaching.Wait, wait.Do, "what was skipped counts like what was given")
	require.NoError(t, s.moves(e.ID, courses.Leave))
	require.NoError(t, s.moves(e.ID, courses.Leave))
	require.Equal(t, enrolment.Left, s.next(e.ID).Do)
	require.ErrorIs(t, s.moves(uuid.New(), courses.Pause), courses.ErrNoEnrolment)
	require.Equal(t, []string{"skipped"}, dbtest.One[[]string](t, s.pool, `select array_agg(state) from enrolment_lessons where state <> 'due'`))
}

func TestWhatBecomesOfALessonThatDidNotLeave(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.publishes("juggling", course("one", "two"))
	for reason, ended := range map[string]string{"no-address": enrolment.Unreachable, "suppressed": enrolment.Unreachable, "expired": "", "not-sent": ""} {
		e := s.enrols(s.person(), "juggling")
		step := s.next(e.ID)
		require.Equal(t, ended, s.note(teaching.Attempt{EnrolmentID: e.ID, LessonID: step.LessonID, Reason: reason}).Ended, reason)
		want := teaching.Wait
		if ended != "" {
			want = ended
		}
		require.Equal(t, want, s.next(e.ID).Do, reason)
	}
}

// Two courses do not share a word, and what a course names has to be there.
func TestACourseIsHeldAgainstTheOthers(t *testing.T) {
	t.Parallel()
	s := open(t)
	c := course("one")
	c.Keywords = []courses.Keyword{{Word: "Slídes", Language: "en"}, {Word: "JUGGLE", Language: "en"}}
	c.Owner, c.Survey = uuid.New(), "no-such-survey"
	var fields []string
	for _, p := range s.publishes("juggling", c) {
		fields = append(fields, p.Field)
	}
	require.Equal(t, []string{"keywords[0].word", "owner", "survey"}, fields)
}

// An order that arrived begins the course of its product, once.
func TestAnEventEnrols(t *testing.T) {
	t.Parallel()
	s := open(t)
	each, mine := course("one"), course("one")
	each.StartsOn, mine.StartsOn = []courses.Start{{Event: "order.delivery-confirmed"}}, []courses.Start{{Event: "order.delivery-confirmed", Product: "balls"}}
	s.publishes("any", each)
	s.publishes("balls", mine)
	door := teaching.NewDoor(s.pool, s.clock(), slog.New(slog.DiscardHandler))
	hear := func(event, who uuid.UUID, product string) {
		raw, err := json.Marshal(map[string]any{"order_id": "order-1", "contact_id": who, "product": product})
		require.NoError(t, err)
		require.NoError(t, door.Hear(t.Context(), event, "order.delivery-confirmed", raw))
	}
	in := func(who uuid.UUID) []string {
		return dbtest.One[[]string](t, s.pool, `select coalesce(array_agg(course order by course), '{}') from enrolments where contact_id = $1`, who)
	}
	ada, event := s.person(), uuid.New()
	hear(event, ada, "balls")
	require.Equal(t, []string{"any", "balls"}, in(ada))
	dbtest.Exec(t, s.pool, `update enrolments set state = 'completed'`)
	hear(event, ada, "balls")
	require.Equal(t, []string{"any", "balls"}, in(ada), "the event is told again")
	hear(uuid.New(), ada, "hats")
	require.Equal(t, []string{"any", "any", "balls"}, in(ada), "another order")

	hear(uuid.New(), uuid.New(), "balls") // nobody we know
	stopped := s.person()
	dbtest.Exec(t, s.pool, `insert into contact_identities (kind, value, contact_id) values ('phone', '+441632960001', $1)`, stopped)
	dbtest.Exec(t, s.pool, `insert into suppressions (id, channel, address, reason, scope, source, created_at) values (gen_random_uuid(), 'sms', '+441632960001', 'unsubscribe', 'marketing', 'stop', $1)`, monday)
	hear(uuid.New(), stopped, "balls")
	require.Empty(t, in(stopped), "a STOP stands")
	require.NoError(t, door.Hear(t.Context(), uuid.New(), "order.delivery-confirmed", json.RawMessage(`{"contact_id": 5}`)))
}
