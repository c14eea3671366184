package receivable_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/receivables"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/receivable"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, receivable.Process)
}

const day = 24 * time.Hour

var (
	in      = receivable.Input{InvoiceID: uuid.New()}
	morning = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	due     = morning.Add(10 * day)
)

// scene is a run whose invoice is overdue after ten days.
type scene struct {
	*processtest.Env
	stands receivables.Standing
	told   *processtest.Calls[receivables.Passed]
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{Env: processtest.New(t, receivable.Process), stands: receivables.Standing{Stands: receivables.Open, OverdueAt: due}}
	s.SetStartTime(morning)
	processtest.Stub(s.Env, receivables.Look, func(receivables.Invoice) (receivables.Standing, error) { return s.stands, nil })
	s.told = processtest.Stub(s.Env, receivables.Tell, func(p receivables.Passed) (receivables.Told, error) {
		return receivables.Told{Told: s.stands.Stands == receivables.Open && !s.stands.OverdueAt.After(p.At)}, nil
	})
	return s
}

// changes lets the books say something else after a time; the run hears of it unless it is quiet.
func (s *scene) changes(after time.Duration, to receivables.Standing, quiet bool) {
	s.After(after, func() {
		s.stands = to
		if !quiet {
			processtest.Signal(s.Env, receivable.Changed, "", receivable.News{})
		}
	})
}

func TestHowItEnds(t *testing.T) {
	t.Parallel()
	paid, void := receivables.Standing{Stands: receivables.Paid}, receivables.Standing{Stands: receivables.Void}
	open := func(at time.Time) receivables.Standing {
		return receivables.Standing{Stands: receivables.Open, OverdueAt: at}
	}
	for name, test := range map[string]struct {
		happens func(*scene)
		status  string
		lasted  time.Duration
		told    int
	}{
		"nobody pays":                   {func(*scene) {}, receivable.Overdue, 10 * day, 1},
		"it is paid":                    {func(s *scene) { s.changes(day, paid, false) }, receivable.Paid, day, 0},
		"it was paid before the run":    {func(s *scene) { s.stands = paid }, receivable.Paid, 0, 0},
		"it is taken back":              {func(s *scene) { s.changes(day, void, false) }, receivable.Void, day, 0},
		"a part is paid":                {func(s *scene) { s.changes(day, open(due), false) }, receivable.Overdue, 10 * day, 1},
		"its day is later":              {func(s *scene) { s.changes(day, open(due.Add(5*day)), false) }, receivable.Overdue, 15 * day, 1},
		"its day is earlier":            {func(s *scene) { s.changes(4*day, open(morning.Add(2*day)), false) }, receivable.Overdue, 4 * day, 1},
		"paid in the last instant":      {func(s *scene) { s.changes(9*day, paid, true) }, receivable.Paid, 10 * day, 1},
		"a later day, heard of by look": {func(s *scene) { s.changes(9*day, open(due.Add(5*day)), true) }, receivable.Overdue, 15 * day, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.happens(s)
			s.Run(receivable.Process, in)
			require.NoError(t, s.GetWorkflowError())
			var out receivable.Outcome
			require.NoError(t, s.GetWorkflowResult(&out))
			require.Equal(t, test.status, out.Status)
			require.Equal(t, test.lasted, s.Ended().At.Sub(morning).Round(time.Minute))
			require.Equal(t, test.told, s.told.Count())
		})
	}
}

// An invoice that changes without end goes on as a new run.
func TestEndlessChangesGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.SetContinueAsNewSuggested(true)
	s.changes(day, s.stands, false)
	s.Run(receivable.Process, in)
	next, envelope := processtest.Continued[receivable.Input](s.Env)
	require.Equal(t, in, next)

	s = newScene(t)
	s.RunWith(receivable.Process, next, envelope)
	require.Equal(t, receivable.Overdue, s.Ended().Outcome)
}
