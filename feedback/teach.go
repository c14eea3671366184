package feedback

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// lesson is what a text message wants of the house's courses; zero when it wants nothing.
type lesson struct {
	course, language string // a keyword asks for the course
	move             string // a learner pauses, resumes or skips
	lost             bool   // nobody understands it
}

// taken reports whether a reply speaks to a course: then it is no answer to anything else.
func (l lesson) taken() bool { return l.course != "" || l.move != "" }

// texts reports whether a report is a text message that a person wrote.
func (r *report) texts() bool { return r.Reply != nil && r.Channel == "sms" && !r.Reply.Automatic }

// holdTexters holds the numbers of text messages: of a keyword and a STOP that come from an unknown number at once, the
// one sees what the other did.
func (b *batch) holdTexters() error {
	var numbers []string
	for _, r := range b.reports {
		if a, ok := r.address(); ok && r.texts() {
			numbers = append(numbers, a.value)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	return courses.Hold(b.ctx, b.tx, "phone", numbers...)
}

// understand finds out what text messages want of courses, and makes contacts of those who are not known.
func (b *batch) understand() error {
	var all map[string]courses.Course
	for _, r := range b.reports {
		a, ok := r.address()
		if !ok || !r.texts() || r.keyword() == Stop {
			continue
		}
		if all == nil {
			var err error
			if all, err = courses.All(b.ctx, b.tx); err != nil {
				return err
			}
		}
		var found bool
		r.lesson.course, r.lesson.language, found = courses.Match(all, r.Reply.Text)
		r.lesson.move = courses.Move(r.Reply.Text)
		if !found && (r.keyword() != "" || r.lesson.move != "") && r.contact == uuid.Nil {
			continue
		}
		if err := b.meet(r, a, found); err != nil {
			return err
		}
	}
	return nil
}

// meet makes sure of the person behind a text message, and of what a learner's word can mean.
func (b *batch) meet(r *report, a address, found bool) (err error) {
	if r.contact == uuid.Nil {
		r.lesson.lost = !found
		r.contact, err = courses.Person(b.ctx, b.tx, b.now, "phone", a.value, r.lesson.language, byText(r))
		return err
	}
	if found {
		return nil
	}
	live, err := query.New().ListLiveEnrolments(b.ctx, b.tx, query.ListLiveEnrolmentsParams{ContactID: r.contact, Channel: "sms"})
	if err != nil {
		return err
	}
	if len(live) == 0 {
		r.lesson.move = ""
		return nil
	}
	r.lesson.lost = r.lesson.move == "" && r.keyword() == ""
	return nil
}

// teach does what text messages want of courses, after every STOP of the batch was heeded.
func (b *batch) teach() error {
	for _, r := range b.reports {
		if !r.fresh || r.Filtered != "" || r.contact == uuid.Nil {
			continue
		}
		var err error
		switch l := r.lesson; {
		case l.course != "":
			err = b.enrol(r)
		case l.move != "":
			err = b.moveEnrolments(r)
		case l.lost:
			err = b.help(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) enrol(r *report) error {
	row, fresh, err := courses.Enrol(b.ctx, b.tx, b.now, courses.Asking{
		ID: r.id, Course: r.lesson.course, ContactID: r.contact, Channel: "sms", Language: r.lesson.language, Source: courses.ByKeyword,
	}, byText(r))
	switch {
	case errors.Is(err, courses.ErrDeclined), errors.Is(err, courses.ErrClosed), errors.Is(err, courses.ErrUnknown):
		return nil // a STOP stands, or the course went a moment ago
	case err != nil || fresh:
		return err
	}
	return courses.Ask(b.ctx, b.tx, b.now, row)
}

func (b *batch) moveEnrolments(r *report) error {
	live, err := query.New().ListLiveEnrolments(b.ctx, b.tx, query.ListLiveEnrolmentsParams{ContactID: r.contact, Channel: "sms"})
	if err != nil {
		return err
	}
	for _, row := range live {
		_, err := courses.Make(b.ctx, b.tx, b.now, row.ID, r.lesson.move, courses.MoveOptions{Answer: true}, byText(r))
		if err != nil && !errors.Is(err, courses.ErrEnded) && !errors.Is(err, courses.ErrNoEnrolment) {
			return err
		}
	}
	return nil
}

// helpEvery is how long somebody whom nobody understands waits for the next answer: two machines do not talk for ever.
const helpEvery = 24 * time.Hour

// help tells which words there are, unless what was written answers something else than a course.
func (b *batch) help(r *report) error {
	if e := b.entries[r.message]; e != nil && e.Process != courseProcess {
		return nil
	}
	n, err := query.New().NoteHelp(b.ctx, b.tx, query.NoteHelpParams{ContactID: r.contact, Now: b.now, NotSince: b.now.Add(-helpEvery)})
	if err != nil || n == 0 {
		return err
	}
	if _, err := query.New().AddMessageRequest(b.ctx, b.tx, query.AddMessageRequestParams{
		ID: r.id, ContactID: r.contact, Template: courses.HelpTemplate, Channel: "sms", Department: courses.Department, CreatedAt: b.now,
	}); err != nil {
		return err
	}
	return inbox.Emit(b.ctx, b.tx, b.now, "message-request/"+r.id.String(), r.id.String(), events.MessageRequested, events.Requested{RequestID: r.id})
}

// courseProcess is the name of the process that gives lessons.
const courseProcess = courses.ProcessName

func byText(r *report) audit.Record {
	return audit.Record{ActorKind: audit.System, ActorID: "feedback", Reason: "a text message by " + r.Provider}
}
