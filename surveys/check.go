package surveys

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/definitions"
)

// Bounds of a survey: what a person would still fill in, and what a page can hold.
const (
	maxQuestions = 50
	maxOptions   = 30
	maxReminders = 5
	longest      = 365 * 24 * time.Hour
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// checker gathers problems by the path of their field.
type checker struct {
	survey    Survey
	languages []string
	problems  []definitions.Problem
}

func (c *checker) note(field, format string, args ...any) {
	c.problems = append(c.problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

// Check tells what is wrong with a survey; nothing when it can be sent.
func Check(s Survey) []definitions.Problem {
	c := &checker{survey: s, languages: slices.Sorted(maps.Keys(s.Title))}
	c.words()
	if len(s.Questions) == 0 || len(s.Questions) > maxQuestions {
		c.note("questions", "must be 1 to %d questions", maxQuestions)
	}
	for i := range s.Questions {
		c.question(i)
	}
	seen := map[string]bool{}
	for i, b := range s.Branches {
		c.branch(fmt.Sprintf("branches[%d]", i), b, seen)
	}
	c.times()
	if !slices.Contains([]string{"", Sale, Service, Retention}, s.StandardFor) {
		c.note("standard_for", "must be sale, service or retention, or be left out")
	}
	return c.problems
}

func (c *checker) words() {
	if len(c.languages) == 0 {
		c.note("title", "must have a text in one language or more")
	}
	for _, l := range c.languages {
		if tag, err := language.Parse(l); err != nil || tag.String() != l {
			c.note("title."+l, "must be a language tag such as en or pt-BR")
		}
	}
	if !slices.Contains(c.languages, c.survey.Fallback) {
		c.note("fallback", "must be one of the languages of title: %s", strings.Join(c.languages, ", "))
	}
	c.texts("title", c.survey.Title)
	c.texts("thanks", c.survey.Thanks)
	if len(c.survey.Intro) > 0 {
		c.texts("intro", c.survey.Intro)
	}
}

// texts wants one text for each language of the survey, and none for another.
func (c *checker) texts(field string, texts map[string]string) {
	for _, l := range c.languages {
		if strings.TrimSpace(texts[l]) == "" {
			c.note(field+"."+l, "must not be empty: the survey speaks this language")
		}
	}
	for _, l := range slices.Sorted(maps.Keys(texts)) {
		if !slices.Contains(c.languages, l) {
			c.note(field+"."+l, "is in a language that title lacks")
		}
	}
}

func (c *checker) question(i int) {
	q, field := c.survey.Questions[i], fmt.Sprintf("questions[%d]", i)
	if !idForm.MatchString(q.ID) {
		c.note(field+".id", "must be lower-case letters, digits and hyphens, a letter first, at most 40")
	}
	for _, before := range c.survey.Questions[:i] {
		if before.ID == q.ID {
			c.note(field+".id", "is the id of an earlier question")
			break
		}
	}
	choosing := q.Kind == Choice || q.Kind == Choices
	switch {
	case !slices.Contains([]string{NPS, CSAT, Choice, Choices, Text}, q.Kind):
		c.note(field+".kind", "must be nps, csat, choice, choices or text")
	case choosing && (len(q.Options) < 2 || len(q.Options) > maxOptions):
		c.note(field+".options", "must be 2 to %d options", maxOptions)
	case !choosing && len(q.Options) > 0:
		c.note(field+".options", "belong to choice and choices only")
	}
	for j, option := range q.Options {
		at := fmt.Sprintf("%s.options[%d]", field, j)
		if !idForm.MatchString(option) {
			c.note(at, "must be lower-case letters, digits and hyphens, a letter first, at most 40")
		} else if slices.Contains(q.Options[:j], option) {
			c.note(at, "stands here twice")
		}
	}
	c.labels(field, q)
	if q.ShowIf != nil {
		c.showIf(field+".show_if", i, *q.ShowIf)
	}
}

func (c *checker) labels(field string, q Question) {
	labels := map[string]string{}
	for l, w := range q.Words {
		labels[l] = w.Label
	}
	c.texts(field+".words", labels)
	allowed := q.Options
	if q.Kind == NPS || q.Kind == CSAT {
		allowed = []string{"low", "high"}
	}
	for _, l := range c.languages {
		w, ok := q.Words[l]
		if !ok {
			continue
		}
		at := field + ".words." + l + ".options"
		for _, option := range q.Options {
			if strings.TrimSpace(w.Options[option]) == "" {
				c.note(at+"."+option, "must have a label")
			}
		}
		for _, option := range slices.Sorted(maps.Keys(w.Options)) {
			if !slices.Contains(allowed, option) {
				c.note(at+"."+option, "labels something that the question does not have")
			}
		}
	}
}

// showIf lets a question depend on earlier ones only, so that no two wait for each other.
func (c *checker) showIf(field string, i int, s ShowIf) {
	at := slices.IndexFunc(c.survey.Questions, func(q Question) bool { return q.ID == s.Question })
	switch {
	case at < 0:
		c.note(field+".question", "there is no question %q", s.Question)
		return
	case at == i:
		c.note(field+".question", "a question cannot depend on itself")
		return
	case at > i:
		c.note(field+".question", "must name an earlier question: this one would wait for an answer that comes after it")
		return
	}
	c.options(field+".in", c.survey.Questions[at], s.In)
}

// options wants answers that the question can get.
func (c *checker) options(field string, q Question, in []string) {
	if q.Kind == Text {
		c.note(field, "question %q is answered in free words: they cannot be compared", q.ID)
		return
	}
	if len(in) == 0 {
		c.note(field, "must name one answer or more")
	}
	for j, option := range in {
		if !q.takes(option) {
			c.note(fmt.Sprintf("%s[%d]", field, j), "is no answer to question %q", q.ID)
		}
	}
}

// takes reports whether value is one that the question can be answered with.
func (q Question) takes(value string) bool {
	switch q.Kind {
	case NPS, CSAT:
		low, high := q.scale()
		n, err := strconv.Atoi(value)
		return err == nil && n >= low && n <= high && strconv.Itoa(n) == value
	case Choice, Choices:
		return slices.Contains(q.Options, value)
	}
	return true
}

func (q Question) scale() (low, high int) {
	if q.Kind == NPS {
		return 0, 10
	}
	return 1, 5
}

func (c *checker) branch(field string, b Branch, seen map[string]bool) {
	switch {
	case !idForm.MatchString(b.Word):
		c.note(field+".word", "must be lower-case letters, digits and hyphens, a letter first, at most 40")
	case seen[b.Word]:
		c.note(field+".word", "is the word of an earlier branch: join them with any")
	}
	seen[b.Word] = true
	if !slices.Contains([]string{Thank, Promote, CallBack, Nothing}, b.Then) {
		c.note(field+".then", "must be thank, promote, call-back or nothing")
	}
	if b.Then == Nothing && b.Template != "" {
		c.note(field+".template", "would never be sent: then is nothing")
	}
	if len(b.Any) == 0 {
		c.note(field+".any", "must hold one condition or more")
	}
	for i, cond := range b.Any {
		c.condition(fmt.Sprintf("%s.any[%d]", field, i), cond)
	}
}

func (c *checker) condition(field string, cond Condition) {
	q, ok := c.survey.question(cond.Question)
	if !ok {
		c.note(field+".question", "there is no question %q", cond.Question)
		return
	}
	numbers := cond.AtMost != nil || cond.AtLeast != nil
	switch {
	case numbers && len(cond.In) > 0 || !numbers && len(cond.In) == 0:
		c.note(field, "must have either in, or at_most or at_least")
	case numbers && q.Kind != NPS && q.Kind != CSAT:
		c.note(field, "question %q is not answered with a number: use in", q.ID)
	case numbers:
		low, high := q.scale()
		if n := cond.AtMost; n != nil && (*n < low || *n > high) {
			c.note(field+".at_most", "must be %d to %d", low, high)
		}
		if n := cond.AtLeast; n != nil && (*n < low || *n > high) {
			c.note(field+".at_least", "must be %d to %d", low, high)
		}
		if cond.AtMost != nil && cond.AtLeast != nil && *cond.AtMost < *cond.AtLeast {
			c.note(field, "no number is at least %d and at most %d", *cond.AtLeast, *cond.AtMost)
		}
	default:
		c.options(field+".in", q, cond.In)
	}
}

func (c *checker) times() {
	expires, err := c.survey.Expires.Parse()
	switch {
	case err != nil:
		c.note("expires", "%v", err)
	case expires <= 0 || expires > longest:
		c.note("expires", "must be more than nothing and at most 365d")
	}
	if len(c.survey.Reminders) > maxReminders {
		c.note("reminders", "must be at most %d", maxReminders)
	}
	last := time.Duration(0)
	for i, r := range c.survey.Reminders {
		field := fmt.Sprintf("reminders[%d]", i)
		after, err := r.Parse()
		switch {
		case err != nil:
			c.note(field, "%v", err)
		case after <= last:
			c.note(field, "must be later than the one before, and than the invitation")
		case expires > 0 && after >= expires:
			c.note(field, "must be before the survey expires")
		}
		last = max(last, after)
	}
}
