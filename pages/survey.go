package pages

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/surveys"
)

// surveyView is the page behind an invitation to a survey.
type surveyView struct {
	State    string // open, thanks, answered or expired
	Title    string
	Intro    string
	Thanks   string
	Language string // of the survey's own words
	First    bool   // the first step
	Last     bool   // nothing can follow
	Wrong    bool
	MaxText  int
	// Questions of this step, and what the person brought along from earlier ones.
	Questions []questionView
	Carried   []field
}

// field is a hidden part of a form.
type field struct{ Name, Value string }

// questionView is a question with what was answered and what is wrong with it.
type questionView struct {
	surveys.FormQuestion
	Name, Anchor string
	Options      []optionView
	Scale        bool
	Low, High    string // words at the ends of a scale
	Text         string
	Error        string // key of the words
	Described    string // ids of the help and of what is wrong
}

type optionView struct {
	ID, Label, End string
	Chosen         bool
}

// survey shows a form, step by step where answers lead to further questions, and takes the answers. What the link of a
// mail says is chosen already (q and a) is only shown as chosen.
func (v *visit) survey() error {
	ctx, now := v.Context(), v.p.Clock.Now()
	form, err := surveys.Load(ctx, v.p.Pool, v.id)
	if errors.Is(err, surveys.ErrUnknown) {
		return errLink
	}
	if err != nil {
		return err
	}
	answered := surveyView{State: string(surveys.Answered), Language: form.Language}
	expired := surveyView{State: string(surveys.Expired), Language: form.Language}
	switch form.StateAt(now) {
	case surveys.Answered:
		return v.show("survey", form.Language, answered)
	case surveys.Expired:
		return v.showGone("survey", form.Language, expired)
	}
	if !v.posted {
		s := firstStep(form)
		s.answers = preselected(form, v.URL.Query().Get("q"), v.URL.Query().Get("a"))
		return v.show("survey", form.Language, s.view())
	}
	s := readStep(form, v.PostForm)
	if s.back() {
		return v.show("survey", form.Language, s.view())
	}
	more := s.unasked()
	problems, err := v.submit(s, len(more) == 0)
	switch {
	case errors.Is(err, surveys.ErrAnswered):
		return v.show("survey", form.Language, answered)
	case errors.Is(err, surveys.ErrExpired):
		return v.showGone("survey", form.Language, expired)
	case err != nil:
		return err
	}
	if s.blame(problems) {
		return v.show("survey", form.Language, s.view())
	}
	if len(more) > 0 {
		s.next(more)
		return v.show("survey", form.Language, s.view())
	}
	v.p.wake()
	return v.show("survey", form.Language, surveyView{State: "thanks", Thanks: form.Thanks, Language: form.Language})
}

// errRehearsal gives a transaction up that was only to find out what is wrong.
var errRehearsal = errors.New("nothing is to be kept yet")

// submit hands the answers in. Unless they are final, it only learns what is wrong with them.
func (v *visit) submit(s *step, final bool) (problems []surveys.Problem, err error) {
	now := v.p.Clock.Now()
	err = db.InTx(v.Context(), v.p.Pool, func(tx pgx.Tx) error {
		if err := surveys.MarkOpened(v.Context(), tx, now, v.id); err != nil {
			return err
		}
		if final {
			problems, err = surveys.Submit(v.Context(), tx, now, v.id, s.answers)
			return err
		}
		problems, err = rehearse(v.Context(), tx, func(tx pgx.Tx) ([]surveys.Problem, error) {
			return surveys.Submit(v.Context(), tx, now, v.id, s.answers)
		})
		return err
	})
	return problems, err
}

// rehearse does something within tx and takes it back.
func rehearse(ctx context.Context, tx pgx.Tx, do func(pgx.Tx) ([]surveys.Problem, error)) (problems []surveys.Problem, err error) {
	err = pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
		if problems, err = do(inner); err != nil {
			return err
		}
		return errRehearsal
	})
	if errors.Is(err, errRehearsal) {
		err = nil
	}
	return problems, err
}

// preselected is the answer that a link of a mail carries, if the survey takes it.
func preselected(f surveys.Form, question, answer string) map[string][]string {
	i := slices.IndexFunc(f.Questions, func(q surveys.FormQuestion) bool { return q.ID == question })
	if i < 0 || !slices.ContainsFunc(f.Questions[i].Options, func(o surveys.Option) bool { return o.ID == answer }) {
		return nil
	}
	return map[string][]string{question: {answer}}
}

// end cuts the words off that stand at the end of a scale: "0 – not at all" is 0, "not at all".
func end(o surveys.Option) string {
	return strings.TrimPrefix(strings.TrimPrefix(o.Label, o.ID), " – ")
}
