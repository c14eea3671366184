package course_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/teaching"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/course"
	"github.com/perdura/perdura/workflows/survey"
)

const day = 24 * time.Hour

var (
	in      = course.Input{EnrolmentID: uuid.New()}
	learner = uuid.New()
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// school stands for the tables: lessons a day apart, the first at once.
type school struct {
	*processtest.Env
	t       *testing.T
	lessons []string
	given   []string // key and day
	due     time.Time
	state   string
	reason  string
	version int64
	survey  string
	put     map[uuid.UUID]string
	receipt func(m messages.Message) messages.Receipt
	said    *processtest.Calls[messages.Message]
	taken   *processtest.Calls[messages.Withdrawal]
}

func open(t *testing.T) *school {
	t.Helper()
	s := &school{
		Env: processtest.New(t, course.Process, survey.Process), t: t, lessons: []string{"one", "two", "three"}, due: start, state: enrolment.Active,
		put: map[uuid.UUID]string{},
	}
	s.SetStartTime(start)
	s.receipt = func(messages.Message) messages.Receipt {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}
	}
	processtest.Stub(s.Env, teaching.Next, func(teaching.Learner) (teaching.Step, error) { return s.next(), nil })
	processtest.Stub(s.Env, teaching.Note, func(a teaching.Attempt) (teaching.Noted, error) { return s.note(a), nil })
	processtest.Stub(s.Env, teaching.Close, func(e teaching.End) (struct{}, error) {
		if enrolment.Live(s.state) {
			s.state, s.reason = e.State, e.Reason
		}
		return struct{}{}, nil
	})
	s.said = processtest.Stub(s.Env, messages.Send, func(m messages.Message) (messages.Receipt, error) {
		if m.Fence.Version != s.version {
			return messages.Receipt{State: messages.Refused, Reason: messages.Overtaken}, nil
		}
		return s.receipt(m), nil
	})
	s.taken = processtest.Stub(s.Env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	return s
}

func (s *school) next() teaching.Step {
	step := teaching.Step{ContactID: learner, Channel: "sms", Fence: fence.Token{Kind: enrolment.Fence, ID: in.EnrolmentID, Version: s.version}}
	switch {
	case !enrolment.Live(s.state):
		step.Do, step.Reason = s.state, s.reason
	case len(s.lessons) == 0:
		step.Do, step.Survey = enrolment.Completed, s.survey
	case s.state == enrolment.Paused:
		step.Do = teaching.Paused
	case s.due.After(s.Now()):
		step.Do, step.At = teaching.Wait, s.due
	default:
		step.Do, step.LessonID, step.Template = teaching.Give, uuid.New(), courses.LessonTemplate
		s.put[step.LessonID] = s.lessons[0]
	}
	return step
}

func (s *school) note(a teaching.Attempt) teaching.Noted {
	switch {
	case a.Reason == messages.Overtaken, a.Reason == teaching.Changed:
		return teaching.Noted{}
	case !a.Left:
		s.state, s.reason = enrolment.Unreachable, a.Reason
		return teaching.Noted{Ended: s.state, Reason: a.Reason}
	}
	key := s.put[a.LessonID]
	s.given = append(s.given, key+"@"+s.Now().Sub(start).Round(time.Minute).String())
	s.drop(key)
	s.due = s.Now().Add(day)
	return teaching.Noted{}
}

func (s *school) drop(key string) {
	for i, l := range s.lessons {
		if l == key {
			s.lessons = append(s.lessons[:i:i], s.lessons[i+1:]...)
			return
		}
	}
}

// changes does something to the tables so long after the start, and tells the run.
func (s *school) changes(after time.Duration, what string, answer bool, do func()) {
	s.After(after, func() {
		do()
		s.version++
		processtest.Signal(s.Env, course.Changed, "", course.Change{What: what, Answer: answer})
	})
}

func (s *school) pauses(after time.Duration) {
	s.changes(after, enrolment.Pausing, true, func() { s.state = enrolment.Paused })
}
func (s *school) resumes(after time.Duration) {
	s.changes(after, enrolment.Resumed, true, func() { s.state = enrolment.Active })
}
func (s *school) stops(after time.Duration) {
	s.changes(after, enrolment.Ended, false, func() { s.state, s.reason = enrolment.Left, "opted-out" })
}

func (s *school) end() course.Outcome {
	s.t.Helper()
	s.Run(course.Process, in)
	require.NoError(s.t, s.GetWorkflowError())
	var out course.Outcome
	require.NoError(s.t, s.GetWorkflowResult(&out))
	return out
}

// templates are what was said, lessons left out.
func (s *school) answers() (names []string) {
	for _, m := range s.said.Args() {
		if m.Template != courses.LessonTemplate {
			names = append(names, m.Template)
		}
	}
	return names
}

func TestLessonsComeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.survey = "service"
	require.Equal(t, course.Outcome{Status: course.Completed}, s.end())
	require.Equal(t, []string{"one@0s", "two@24h0m0s", "three@48h0m0s"}, s.given)
	require.Equal(t, enrolment.Completed, s.state)
	for _, m := range s.said.Args() {
		require.Equal(t, in.EnrolmentID, m.EnrolmentID)
		require.NotZero(t, m.LessonID)
		require.NotZero(t, m.Fence, "nothing leaves that was overtaken")
	}
	require.Len(t, s.Opened(), 1, "they are asked how it was")
}

func TestALearnerPausesAndResumes(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.pauses(day / 2)
	s.resumes(10 * day)
	require.Equal(t, course.Completed, s.end().Status)
	require.Equal(t, []string{"one@0s", "two@240h0m0s", "three@264h0m0s"}, s.given, "one comes at once, not all that were due")
	require.Equal(t, []string{courses.PausedTemplate, courses.ResumedTemplate}, s.answers())
}

func TestALearnerSkips(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.changes(day/2, enrolment.Skipped, true, func() { s.drop("two"); s.due = s.Now().Add(day) })
	require.Equal(t, course.Completed, s.end().Status)
	require.Equal(t, []string{"one@0s", "three@36h0m0s"}, s.given)
	require.Equal(t, []string{courses.SkippedTemplate}, s.answers())
}

// A STOP ends it wherever the run stands, and nothing is said after it.
func TestAStopEndsItAnywhere(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before func(*school)
		at     time.Duration
		said   int
	}{
		"while the next lesson waits": {func(*school) {}, day / 2, 1},
		"while the learner pauses":    {func(s *school) { s.pauses(day / 2) }, 3 * day, 2},
		"while a lesson is put off":   {func(s *school) { s.receipt = putOff(5 * time.Hour) }, time.Hour, 1},
		"while an answer is put off": {func(s *school) {
			s.pauses(day / 2)
			s.After(day/2-time.Minute, func() { s.receipt = putOff(40 * day) })
		}, 3 * day, 2},
		"at the instant of the lesson": {func(*school) {}, day, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			tc.before(s)
			s.stops(tc.at)
			require.Equal(t, course.Outcome{Status: course.Left, Reason: "opted-out"}, s.end())
			left := 0
			for range s.said.Args() {
				left++
			}
			require.LessOrEqual(t, left, tc.said+1)
			require.LessOrEqual(t, len(s.given), 1)
			require.LessOrEqual(t, s.Ended().At.Sub(start), tc.at+time.Minute, "at once")
		})
	}
}

func putOff(d time.Duration) func(messages.Message) messages.Receipt {
	return func(messages.Message) messages.Receipt {
		return messages.Receipt{MessageID: uuid.New(), State: messages.Shifted, Reason: "quiet-hours", Until: start.Add(d)}
	}
}

// A teacher's change while the run waits is what counts at once.
func TestATeacherChangesTheCourse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do   func(*school)
		want []string
	}{
		"one is put in":     {func(s *school) { s.lessons = []string{"new", "two", "three"} }, []string{"one@0s", "new@24h0m0s", "two@48h0m0s", "three@72h0m0s"}},
		"one goes":          {func(s *school) { s.lessons = []string{"three"} }, []string{"one@0s", "three@24h0m0s"}},
		"turned around":     {func(s *school) { s.lessons = []string{"three", "two"} }, []string{"one@0s", "three@24h0m0s", "two@48h0m0s"}},
		"sooner":            {func(s *school) { s.due = start.Add(13 * time.Hour) }, []string{"one@0s", "two@13h0m0s", "three@37h0m0s"}},
		"all that was left": {func(s *school) { s.lessons = nil }, []string{"one@0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.changes(day/2, enrolment.Changed, false, func() { tc.do(s) })
			require.Equal(t, course.Completed, s.end().Status)
			require.Equal(t, tc.want, s.given)
			require.Empty(t, s.answers())
		})
	}
}

// What changes while a lesson is being decided is said as it stands afterwards.
func TestALessonThatWasOvertaken(t *testing.T) {
	t.Parallel()
	s := open(t)
	once := s.receipt
	s.receipt = func(m messages.Message) messages.Receipt {
		if s.version == 0 {
			s.version++
			s.lessons = []string{"better"}
			return messages.Receipt{State: messages.Refused, Reason: messages.Overtaken}
		}
		return once(m)
	}
	require.Equal(t, course.Completed, s.end().Status)
	require.Equal(t, []string{"better@0s"}, s.given)
}

func TestHowElseItEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(*school)
		want    course.Outcome
	}{
		"unreachable": {func(s *school) {
			s.receipt = func(messages.Message) messages.Receipt {
				return messages.Receipt{State: messages.Refused, Reason: "no-address"}
			}
		}, course.Outcome{Status: course.Unreachable, Reason: "no-address"}},
		"closed": {func(s *school) {
			s.changes(day/2, enrolment.Changed, false, func() { s.state, s.reason = enrolment.Withdrawn, "closed" })
		}, course.Outcome{Status: course.Withdrawn, Reason: "closed"}},
		"paused for a year": {func(s *school) { s.pauses(day / 2) }, course.Outcome{Status: course.Left, Reason: "paused-too-long"}},
		"cancelled":         {func(s *school) { s.After(day/2, s.CancelWorkflow) }, course.Outcome{Status: course.Cancelled}},
		"cancelled while a lesson is put off": {func(s *school) {
			s.receipt = putOff(day)
			s.After(time.Hour, s.CancelWorkflow)
		}, course.Outcome{Status: course.Cancelled}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			tc.happens(s)
			require.Equal(t, tc.want, s.end())
			require.Equal(t, tc.want.Status, s.state, "the row says so, too")
		})
	}
}

// A learner who asks without end gets the answer that was owed when the run went on as a new one.
func TestAnAnswerIsOwedAcrossRuns(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.lessons = nil
	s.RunWith(course.Process, course.Input{EnrolmentID: in.EnrolmentID, Owed: enrolment.Asked}, process.Envelope{Entry: processtest.Entry})
	require.Equal(t, enrolment.Completed, s.Ended().Outcome, "nobody is answered whose course has ended")
	require.Zero(t, s.said.Count())

	s = open(t)
	s.After(time.Hour, func() {
		s.SetContinueAsNewSuggested(true)
		processtest.Signal(s.Env, course.Changed, "", course.Change{What: enrolment.Asked, Answer: true})
	})
	s.Run(course.Process, in)
	next, envelope := processtest.Continued[course.Input](s.Env)
	require.Equal(t, enrolment.Asked, next.Owed)

	s = open(t)
	s.lessons, s.due = s.lessons[1:], start.Add(day)
	s.RunWith(course.Process, next, envelope)
	require.Equal(t, courses.StandingTemplate, s.said.Args()[0].Template)
	require.Equal(t, enrolment.Completed, s.Ended().Outcome)
}
