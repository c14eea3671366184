package surveys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/surveys"
)

func TestTheStandardSurveysAreRight(t *testing.T) {
	t.Parallel()
	names := surveys.Kind.StandardNames()
	require.Len(t, names, 3)
	for _, name := range names {
		body, ok := surveys.Kind.Standard(name)
		require.True(t, ok)
		require.Empty(t, surveys.Kind.Check(body), name)
	}
}

// Each fault is told by the path of its field.
func TestASurveyIsCheckedWhenItIsSaved(t *testing.T) {
	t.Parallel()
	show := func(s *surveys.Survey, i int, on string, in ...string) {
		s.Questions[i].ShowIf = &surveys.ShowIf{Question: on, In: in}
	}
	branch := func(s *surveys.Survey, c ...surveys.Condition) {
		s.Branches = []surveys.Branch{{Word: "low", Then: surveys.Thank, Any: c}}
	}
	for field, spoil := range map[string]func(*surveys.Survey){
		"":                        func(*surveys.Survey) {},
		"title":                   func(s *surveys.Survey) { s.Title = nil },
		"title.en":                func(s *surveys.Survey) { s.Title["en"] = " " },
		"title.EN_us":             func(s *surveys.Survey) { s.Title["EN_us"] = "A" },
		"fallback":                func(s *surveys.Survey) { s.Fallback = "de" },
		"thanks.en":               func(s *surveys.Survey) { s.Thanks = nil },
		"intro.de":                func(s *surveys.Survey) { s.Intro = map[string]string{"en": "A", "de": "B"} },
		"questions":               func(s *surveys.Survey) { s.Questions = nil },
		"questions[0].id":         func(s *surveys.Survey) { s.Questions[0].ID = "Score" },
		"questions[1].id":         func(s *surveys.Survey) { s.Questions[1].ID = "score" },
		"questions[0].kind":       func(s *surveys.Survey) { s.Questions[0].Kind = "stars" },
		"questions[0].options":    func(s *surveys.Survey) { s.Questions[0].Options = []string{"a"} },
		"questions[1].options":    func(s *surveys.Survey) { s.Questions[1] = english("which", surveys.Choice, "a") },
		"questions[1].options[1]": func(s *surveys.Survey) { s.Questions[1].Options[1] = "a" },
		"questions[1].words.en": func(s *surveys.Survey) {
			s.Questions[1].Words["en"] = surveys.Words{Options: map[string]string{"a": "A", "b": "B"}}
		},
		"questions[1].words.en.options.b": func(s *surveys.Survey) { delete(s.Questions[1].Words["en"].Options, "b") },
		"questions[1].words.en.options.c": func(s *surveys.Survey) { s.Questions[1].Words["en"].Options["c"] = "C" },
		"questions[2].show_if.question":   func(s *surveys.Survey) { show(s, 2, "none", "a") },
		"questions[0].show_if.question":   func(s *surveys.Survey) { show(s, 0, "which", "a") },
		"questions[1].show_if.question":   func(s *surveys.Survey) { show(s, 1, "which", "a") },
		"questions[2].show_if.in":         func(s *surveys.Survey) { show(s, 2, "which") },
		"questions[2].show_if.in[1]":      func(s *surveys.Survey) { show(s, 2, "which", "a", "z") },
		"branches[0].word": func(s *surveys.Survey) {
			branch(s, surveys.Condition{Question: "score", AtMost: number(1)})
			s.Branches[0].Word = ""
		},
		"branches[0].then": func(s *surveys.Survey) {
			branch(s, surveys.Condition{Question: "score", AtMost: number(1)})
			s.Branches[0].Then = "shout"
		},
		"branches[0].any": func(s *surveys.Survey) { branch(s) },
		"branches[0].any[0]": func(s *surveys.Survey) {
			branch(s, surveys.Condition{Question: "score", AtMost: number(1), AtLeast: number(2)})
		},
		"branches[0].any[0].question": func(s *surveys.Survey) { branch(s, surveys.Condition{Question: "none", AtMost: number(1)}) },
		"branches[0].any[0].at_most":  func(s *surveys.Survey) { branch(s, surveys.Condition{Question: "score", AtMost: number(11)}) },
		"branches[0].any[0].at_least": func(s *surveys.Survey) { branch(s, surveys.Condition{Question: "score", AtLeast: number(-1)}) },
		"branches[0].any[0].in":       func(s *surveys.Survey) { branch(s, surveys.Condition{Question: "words", In: []string{"a"}}) },
		"branches[0].any[0].in[0]":    func(s *surveys.Survey) { branch(s, surveys.Condition{Question: "which", In: []string{"z"}}) },
		"expires":                     func(s *surveys.Survey) { s.Expires = "366d" },
		"reminders[0]":                func(s *surveys.Survey) { s.Reminders = []definitions.Span{"30d"} },
		"reminders[1]":                func(s *surveys.Survey) { s.Reminders = []definitions.Span{"3d", "3d"} },
		"reminders":                   func(s *surveys.Survey) { s.Reminders = []definitions.Span{"1d", "2d", "3d", "4d", "5d", "6d"} },
		"standard_for":                func(s *surveys.Survey) { s.StandardFor = "christmas" },
	} {
		s := plain(english("score", surveys.NPS), english("which", surveys.Choice, "a", "b"), english("words", surveys.Text))
		spoil(&s)
		var fields []string
		for _, p := range surveys.Check(s) {
			require.NotEmpty(t, p.Message)
			fields = append(fields, p.Field)
		}
		if field == "" {
			require.Empty(t, fields)
			continue
		}
		require.Contains(t, fields, field)
	}
}

// A branch that sends nothing has no letter, and a word stands for one branch.
func TestBranchesThatContradictThemselves(t *testing.T) {
	t.Parallel()
	s := plain(english("score", surveys.NPS))
	low := []surveys.Condition{{Question: "score", AtMost: number(3)}}
	s.Branches = []surveys.Branch{{Word: "low", Then: surveys.Nothing, Template: "letter", Any: low}, {Word: "low", Then: surveys.Thank, Any: low}}
	require.Equal(t, []definitions.Problem{
		{Field: "branches[0].template", Message: "would never be sent: then is nothing"},
		{Field: "branches[1].word", Message: "is the word of an earlier branch: join them with any"},
	}, surveys.Check(s))
}
