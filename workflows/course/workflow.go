package course

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/teaching"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/survey"
)

// longestPause is how long a course waits for a learner who pauses.
const longestPause = 365 * 24 * time.Hour

// lecture is one run.
type lecture struct {
	in Input
	// owed is what the learner waits to be told; empty for nothing.
	owed string
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	l := &lecture{in: in, owed: in.Owed}
	for {
		if process.ShouldContinue(ctx) {
			return Outcome{}, process.Continue(Input{EnrolmentID: in.EnrolmentID, Owed: l.owed})
		}
		out, err := l.step(ctx)
		if ctx.Err() != nil {
			return l.cancelled(ctx)
		}
		if err != nil || out.Status != "" {
			return out, err
		}
	}
}

// step works out what comes next, by the course as it is now, and does it. An outcome without a status says: go on.
func (l *lecture) step(ctx workflow.Context) (Outcome, error) {
	next, err := process.Do(ctx, "Find out what comes next", teaching.Next, teaching.Learner{EnrolmentID: l.in.EnrolmentID})
	if err != nil {
		return Outcome{}, err
	}
	what := process.Decide(ctx, "What comes next?", next.Do, teaching.Give, teaching.Wait, teaching.Paused, Completed, Left, Withdrawn, Unreachable, Cancelled)
	switch {
	case what != teaching.Give && what != teaching.Wait && what != teaching.Paused:
		return l.end(ctx, next)
	case l.owed != "":
		return Outcome{}, l.answer(ctx, next)
	case what == teaching.Give:
		return l.give(ctx, next)
	case what == teaching.Wait:
		l.wait(ctx, "The next lesson waits for its time", process.Until(next.At))
		return Outcome{}, nil
	}
	if l.wait(ctx, "The learner pauses", process.For(longestPause)) != process.TimedOut {
		return Outcome{}, nil
	}
	return l.close(ctx, Left, "paused-too-long")
}

// wait waits for a change, or until the limit passes.
func (l *lecture) wait(ctx workflow.Context, label string, limit process.Limit) string {
	var change Change
	heard := process.AwaitAny(ctx, label, limit, Changed.Into(&change))
	l.hear(heard, change)
	return heard
}

func (l *lecture) hear(heard string, change Change) {
	if heard == Changed.Name() && change.Answer {
		l.owed = change.What
	}
}

// give says the lesson that is due.
func (l *lecture) give(ctx workflow.Context, next teaching.Step) (Outcome, error) {
	m := l.message(next, next.Template)
	m.LessonID = next.LessonID
	receipt, err := l.say(ctx, "Give the lesson", m)
	if err != nil {
		return Outcome{}, err
	}
	noted, err := process.Do(ctx, "Note what became of it", teaching.Note, teaching.Attempt{
		EnrolmentID: l.in.EnrolmentID, LessonID: next.LessonID, MessageID: receipt.MessageID, Left: receipt.Left(), Reason: receipt.Reason,
	})
	if err != nil || noted.Ended == "" {
		return Outcome{}, err
	}
	return Outcome{Status: noted.Ended, Reason: noted.Reason}, nil
}

// answers are the templates by which learners are told what stands.
var answers = map[string]string{
	enrolment.Asked: courses.StandingTemplate, enrolment.Pausing: courses.PausedTemplate, enrolment.Resumed: courses.ResumedTemplate,
	enrolment.Skipped: courses.SkippedTemplate,
}

// answer tells the learner what came of their word; its fate changes nothing.
func (l *lecture) answer(ctx workflow.Context, next teaching.Step) error {
	template := answers[l.owed]
	l.owed = ""
	if template == "" {
		return nil
	}
	_, err := l.say(ctx, "Tell the learner what stands", l.message(next, template))
	return err
}

func (l *lecture) message(next teaching.Step, template string) messages.Message {
	return messages.Message{Template: template, ContactID: next.ContactID, Channel: next.Channel, EnrolmentID: l.in.EnrolmentID, Fence: next.Fence}
}

// say says something for as long as nothing changes.
func (l *lecture) say(ctx workflow.Context, step string, m messages.Message) (messages.Receipt, error) {
	var change Change
	receipt, heard, err := journey.Try(ctx, step, m, Changed.Into(&change))
	l.hear(heard, change)
	return receipt, err
}

// end comes after the last lesson, or when somebody ended the course.
func (l *lecture) end(ctx workflow.Context, next teaching.Step) (Outcome, error) {
	out, err := l.close(ctx, next.Do, next.Reason)
	if err != nil || next.Survey == "" {
		return out, err
	}
	return out, process.Launch(ctx, "Ask how it was", survey.Process, survey.Input{
		Survey: next.Survey, ContactID: next.ContactID, Occasion: "enrolment/" + l.in.EnrolmentID.String(),
	})
}

func (l *lecture) close(ctx workflow.Context, state, reason string) (Outcome, error) {
	_, err := process.Do(ctx, "Close the enrolment", teaching.Close, teaching.End{EnrolmentID: l.in.EnrolmentID, State: state, Reason: reason})
	return Outcome{Status: state, Reason: reason}, err
}

// cancelled closes the enrolment of a run that was cancelled.
func (l *lecture) cancelled(ctx workflow.Context) (Outcome, error) {
	_, err := process.Undo(ctx, "Close the cancelled enrolment", teaching.Close, teaching.End{EnrolmentID: l.in.EnrolmentID, State: Cancelled, Reason: "run-cancelled"})
	return Outcome{Status: Cancelled}, err
}
