package surveys

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxText is how much somebody may write in answer to one question, in characters.
const MaxText = 4000

// Codes of what can be wrong with an answer.
const (
	Required  = "required"         // it has to be answered
	NotOption = "not-an-option"    // not one of what may be chosen
	TooMany   = "too-many"         // one answer only
	TooLong   = "too-long"         // more than MaxText characters
	NoSuch    = "no-such-question" // the survey does not ask that
)

// Problem is what is wrong with the answer to one question: one of the codes above, and the same in English.
type Problem struct {
	Question string
	Code     string
	Message  string
}

var problemTexts = map[string]string{
	Required: "has to be answered", NotOption: "is not one of what may be chosen", TooMany: "takes one answer only",
	TooLong: "is too long: at most " + strconv.Itoa(MaxText) + " characters are kept", NoSuch: "is not a question of this survey",
}

// reply is what is kept of an answer.
type reply struct {
	Chosen map[string][]string
	Texts  map[string]string
	NPS    *int32
	CSAT   *int32
	Branch Branch // the zero value when none applies
}

// read checks what somebody answered. What was answered to questions that they do not see is dropped.
func (s Survey) read(answers map[string][]string) (reply, []Problem) {
	r := reply{Chosen: map[string][]string{}, Texts: map[string]string{}}
	var problems []Problem
	note := func(question, code string) {
		problems = append(problems, Problem{Question: question, Code: code, Message: problemTexts[code]})
	}
	for _, q := range s.Questions {
		if !r.sees(q) {
			continue
		}
		values := given(answers[q.ID])
		switch {
		case len(values) == 0 && q.Required:
			note(q.ID, Required)
		case len(values) == 0:
		case len(values) > 1 && q.Kind != Choices:
			note(q.ID, TooMany)
		case q.Kind == Text && utf8.RuneCountInString(values[0]) > MaxText:
			note(q.ID, TooLong)
		case q.Kind == Text:
			r.Texts[q.ID] = values[0]
		case slices.ContainsFunc(values, func(v string) bool { return !q.takes(v) }):
			note(q.ID, NotOption)
		default:
			r.choose(q, values)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if _, ok := s.question(id); !ok {
			note(id, NoSuch)
		}
	}
	r.Branch = s.route(r.Chosen)
	return r, problems
}

// given drops what is empty or said twice.
func given(values []string) []string {
	var out []string
	for _, v := range values {
		v = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\x00", ""))
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (r *reply) sees(q Question) bool {
	return q.ShowIf == nil || slices.ContainsFunc(r.Chosen[q.ShowIf.Question], func(v string) bool {
		return slices.Contains(q.ShowIf.In, v)
	})
}

// choose keeps an answer. Of several questions with a number, the first is the one that counts.
func (r *reply) choose(q Question, values []string) {
	r.Chosen[q.ID] = values
	n, err := strconv.ParseInt(values[0], 10, 32)
	if err != nil {
		return
	}
	score := int32(n)
	switch {
	case q.Kind == NPS && r.NPS == nil:
		r.NPS = &score
	case q.Kind == CSAT && r.CSAT == nil:
		r.CSAT = &score
	}
}

// route finds the first branch that applies.
func (s Survey) route(chosen map[string][]string) Branch {
	for _, b := range s.Branches {
		if slices.ContainsFunc(b.Any, func(c Condition) bool { return c.holds(chosen[c.Question]) }) {
			return b
		}
	}
	return Branch{}
}

func (c Condition) holds(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		if len(c.In) > 0 {
			return slices.Contains(c.In, v)
		}
		n, err := strconv.Atoi(v)
		return err == nil && (c.AtMost == nil || n <= *c.AtMost) && (c.AtLeast == nil || n >= *c.AtLeast)
	})
}
