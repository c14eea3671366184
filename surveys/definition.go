// Package surveys keeps what people are asked and what they answered: surveys are definitions with versions, an
// invitation asks one person about one occasion, and it is answered at most once.
package surveys

import (
	"github.com/perdura/perdura/definitions"
)

// Kinds of questions.
const (
	NPS     = "nps"     // how likely to recommend us, 0 to 10
	CSAT    = "csat"    // how satisfied, 1 to 5
	Choice  = "choice"  // one of the options
	Choices = "choices" // any of the options
	Text    = "text"    // in their own words
)

// Occasions that have a standard survey.
const (
	Sale      = "sale"
	Service   = "service"
	Retention = "retention"
)

// What follows an answer.
const (
	Thank    = "thank"     // a letter of thanks
	Promote  = "promote"   // a promoter: a letter that asks for a recommendation
	CallBack = "call-back" // a detractor: a task for somebody of the house, and a letter that says so
	Nothing  = "nothing"   // another process takes it from there
)

// Survey is one version of a questionnaire.
type Survey struct {
	// Title stands above the form, by language (BCP 47). Its languages are those of the survey: everything else has to
	// have them too.
	Title map[string]string `json:"title"`
	// Fallback is the language of everybody whose own the survey does not speak.
	Fallback  string            `json:"fallback"`
	Intro     map[string]string `json:"intro,omitempty"`
	Questions []Question        `json:"questions"`
	// Thanks is what the page says once the answer is in.
	Thanks map[string]string `json:"thanks"`
	// Branches are looked at in their order; the first that applies is taken. Without one, a letter of thanks follows.
	Branches []Branch `json:"branches,omitempty"`

	// Invitation and Reminder are communication templates; the standard ones when empty.
	Invitation string `json:"invitation,omitempty"`
	Reminder   string `json:"reminder,omitempty"`
	// Reminders are how long after the invitation those are reminded who have not answered.
	Reminders []definitions.Span `json:"reminders,omitempty"`
	// Expires is how long after the invitation the form closes.
	Expires definitions.Span `json:"expires"`
	// StandardFor is the occasion at which this survey is sent when none is named: sale, service or retention.
	StandardFor string `json:"standard_for,omitempty" jsonschema:"enum=sale,enum=service,enum=retention,enum="`
}

// Question is one question.
type Question struct {
	ID       string `json:"id"`
	Kind     string `json:"kind" jsonschema:"enum=nps,enum=csat,enum=choice,enum=choices,enum=text"`
	Required bool   `json:"required,omitempty"`
	// Options are the ids of what may be chosen, in the order of the form.
	Options []string         `json:"options,omitempty"`
	Words   map[string]Words `json:"words"`
	ShowIf  *ShowIf          `json:"show_if,omitempty"`
}

// Words are a question in one language. Options holds a label for each option; for nps and csat it may have "low" and
// "high", which stand at the ends of the scale.
type Words struct {
	Label   string            `json:"label"`
	Help    string            `json:"help,omitempty"`
	Options map[string]string `json:"options,omitempty"`
}

// ShowIf shows a question only to those who gave one of these answers to an earlier one. Numbers are written as digits.
type ShowIf struct {
	Question string   `json:"question"`
	In       []string `json:"in"`
}

// Branch routes an answer. Word is what processes and reports know it by.
type Branch struct {
	Word string `json:"word"`
	// Any of these makes the branch apply.
	Any []Condition `json:"any"`
	// Then is what follows: thank, promote, call-back or nothing.
	Then string `json:"then" jsonschema:"enum=thank,enum=promote,enum=call-back,enum=nothing"`
	// Template is the letter to send instead of the usual one; what a person reads follows what they said.
	Template string `json:"template,omitempty"`
}

// Condition is about the answer to one question: a number at most or at least, or one of the options.
type Condition struct {
	Question string   `json:"question"`
	AtMost   *int     `json:"at_most,omitempty"`
	AtLeast  *int     `json:"at_least,omitempty"`
	In       []string `json:"in,omitempty"`
}

// The communication templates that are used where a survey names none.
const (
	TemplateInvitation = "survey-invitation"
	TemplateReminder   = "survey-reminder"
	TemplateThanks     = "survey-thanks"
	TemplateDetractor  = "survey-detractor"
	TemplatePromoter   = "survey-promoter"
)

// Kind is the surveys among the definitions.
var Kind = definitions.NewKind("survey", "What people are asked, in which words, and what follows their answers.", Check, standard)

// question finds a question by its id.
func (s Survey) question(id string) (Question, bool) {
	for _, q := range s.Questions {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}
