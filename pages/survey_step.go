package pages

import (
	"net/url"
	"slices"
	"strings"

	"github.com/perdura/perdura/surveys"
)

// step is where somebody stands in a survey. Without scripts, a question that depends on an answer can only be shown once
// the answer is there: the first step asks what everybody is asked, each further one what follows from it. Everything that
// was answered travels along in the form, and nothing is kept before the last step.
type step struct {
	form    surveys.Form
	answers map[string][]string
	// asked are the questions of earlier steps, now those of this one.
	asked, now []string
	wrong      map[string]string // key of the words by question
	turnBack   bool
}

// prefix keeps the names of questions apart from those of the form's own fields.
const prefix = "q."

func firstStep(f surveys.Form) *step {
	s := &step{form: f}
	s.now = s.unasked()
	return s
}

// readStep reads what was posted. What it says about earlier steps is taken as it comes: whoever changes it changes
// nothing but which questions they see, and the answers are checked as a whole.
func readStep(f surveys.Form, posted url.Values) *step {
	s := &step{form: f, answers: map[string][]string{}, turnBack: posted.Get("do") == "back"}
	for _, q := range f.Questions {
		values := slices.DeleteFunc(slices.Clone(posted[prefix+q.ID]), func(v string) bool { return strings.TrimSpace(v) == "" })
		if len(values) > 0 {
			s.answers[q.ID] = values
		}
	}
	s.asked, s.now = s.known(posted.Get("asked")), s.known(posted.Get("now"))
	if len(s.now) == 0 {
		s.now = firstStep(f).now
	}
	s.now = slices.DeleteFunc(s.now, func(id string) bool { return slices.Contains(s.asked, id) })
	return s
}

// known reads a list of questions.
func (s *step) known(list string) []string {
	var ids []string
	for id := range strings.SplitSeq(list, " ") {
		if s.has(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *step) has(id string) bool {
	return slices.ContainsFunc(s.form.Questions, func(q surveys.FormQuestion) bool { return q.ID == id })
}

// visible reports whether a question is asked of somebody who answered so.
func (s *step) visible(q surveys.FormQuestion) bool {
	if q.ShowIf == nil {
		return true
	}
	// A question that is not shown itself has no answer that counts.
	i := slices.IndexFunc(s.form.Questions, func(on surveys.FormQuestion) bool { return on.ID == q.ShowIf.Question })
	return i >= 0 && s.visible(s.form.Questions[i]) && slices.ContainsFunc(s.answers[q.ShowIf.Question], func(a string) bool {
		return slices.Contains(q.ShowIf.In, a)
	})
}

// unasked are the questions that the answers lead to and no step has shown.
func (s *step) unasked() []string {
	var ids []string
	for _, q := range s.form.Questions {
		if s.visible(q) && !slices.Contains(s.asked, q.ID) && !slices.Contains(s.now, q.ID) {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// next goes on to further questions.
func (s *step) next(more []string) { s.asked, s.now = append(s.asked, s.now...), more }

// back returns to everything that was asked before this step, if that was wished.
func (s *step) back() bool {
	if s.turnBack && len(s.asked) > 0 {
		s.asked, s.now = nil, s.asked
	}
	return s.turnBack
}

// problemWords are what the page says of the codes of surveys.
var problemWords = map[string]string{
	surveys.Required: "survey.error.required", surveys.NotOption: "survey.error.option", surveys.TooMany: "survey.error.many",
	surveys.TooLong: "survey.error.long",
}

// blame notes what is wrong with questions that have been shown, and shows those again. It reports whether there were any.
func (s *step) blame(problems []surveys.Problem) bool {
	s.wrong = map[string]string{}
	for _, p := range problems {
		if !slices.Contains(s.asked, p.Question) && !slices.Contains(s.now, p.Question) {
			continue // it is yet to be asked
		}
		words, ok := problemWords[p.Code]
		if !ok {
			words = "survey.error.other"
		}
		s.wrong[p.Question] = words
		if i := slices.Index(s.asked, p.Question); i >= 0 {
			s.asked, s.now = slices.Delete(s.asked, i, i+1), append(s.now, p.Question)
		}
	}
	return len(s.wrong) > 0
}

// view is the step as its page shows it.
func (s *step) view() surveyView {
	v := surveyView{
		State: "open", Title: s.form.Title, Intro: s.form.Intro, Language: s.form.Language, First: len(s.asked) == 0,
		Last: true, Wrong: len(s.wrong) > 0, MaxText: surveys.MaxText,
	}
	if len(s.asked) > 0 {
		v.Carried = append(v.Carried, field{"asked", strings.Join(s.asked, " ")})
	}
	v.Carried = append(v.Carried, field{"now", strings.Join(s.now, " ")})
	for _, q := range s.form.Questions {
		switch {
		case slices.Contains(s.now, q.ID):
			v.Questions = append(v.Questions, s.question(q))
		case slices.Contains(s.asked, q.ID):
			for _, answer := range s.answers[q.ID] {
				v.Carried = append(v.Carried, field{prefix + q.ID, answer})
			}
		default:
			// One that depends on a question of this step may follow.
			v.Last = v.Last && !(q.ShowIf != nil && slices.Contains(s.now, q.ShowIf.Question))
		}
	}
	return v
}

func (s *step) question(q surveys.FormQuestion) questionView {
	v := questionView{
		FormQuestion: q, Name: prefix + q.ID, Anchor: "q-" + q.ID, Scale: q.Kind == surveys.NPS || q.Kind == surveys.CSAT, Error: s.wrong[q.ID],
	}
	var described []string
	if q.Help != "" {
		described = append(described, v.Anchor+"-help")
	}
	if v.Error != "" {
		described = append(described, v.Anchor+"-error")
	}
	v.Described = strings.Join(described, " ")
	if q.Kind == surveys.Text && len(s.answers[q.ID]) > 0 {
		v.Text = s.answers[q.ID][0]
	}
	for i, o := range q.Options {
		view := optionView{ID: o.ID, Label: o.Label, Chosen: slices.Contains(s.answers[q.ID], o.ID)}
		if v.Scale {
			view.Label, view.End = o.ID, end(o)
			switch i {
			case 0:
				v.Low = view.End
			case len(q.Options) - 1:
				v.High = view.End
			}
		}
		v.Options = append(v.Options, view)
	}
	return v
}
