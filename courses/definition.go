// Package courses teaches people by text message and mail: a course is a definition that its teacher changes at any time,
// an enrolment says where one learner stands in it.
package courses

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/definitions"
)

// Course is what is taught, and when.
type Course struct {
	// Title by language; the first language of Languages has to be among them.
	Title     map[string]string `json:"title"`
	Languages []string          `json:"languages"`
	// Owner is the teacher, a user of the house.
	Owner uuid.UUID `json:"owner,omitzero"`
	// Keywords enrol whoever sends one by text message, and settle the language.
	Keywords []Keyword `json:"keywords,omitempty"`
	// StartsOn enrols the customer of an event.
	StartsOn []Start  `json:"starts_on,omitempty"`
	Lessons  []Lesson `json:"lessons"`
	// Spacing is the least time between two lessons, whatever they say; an hour when it is empty.
	Spacing definitions.Span `json:"spacing,omitempty"`
	// Survey is asked after the last lesson; empty for none.
	Survey string `json:"survey,omitempty"`
	// Closed ends the course: nobody enrols any more, and nobody gets another lesson.
	Closed bool `json:"closed,omitempty"`
}

// Keyword is a word, or a few, in one of the languages.
type Keyword struct {
	Word     string `json:"word" jsonschema:"minLength=2,maxLength=40"`
	Language string `json:"language"`
}

// Start names an event whose data has a contact_id. Product is the one that the data has to name; empty for any.
type Start struct {
	Event   string `json:"event" jsonschema:"minLength=1,maxLength=200"`
	Product string `json:"product,omitempty" jsonschema:"maxLength=200"`
}

// Lesson is one thing that is taught. Its key stays while its place and words change: what was given under a key is not
// given again.
type Lesson struct {
	Key string `json:"key" jsonschema:"pattern=^[a-z0-9][a-z0-9-]{0\\,62}$"`
	// Template carries the lesson; empty for course-lesson.
	Template string            `json:"template,omitempty"`
	Title    map[string]string `json:"title,omitempty"`
	Text     map[string]string `json:"text,omitempty"`
	// Material is an address that the lesson links to, by language.
	Material map[string]string `json:"material,omitempty"`
	When     When              `json:"when,omitzero"`
}

// When says when a lesson is given. The zero When is at once, no sooner than Spacing after the one before.
type When struct {
	// After so long; whole days are days of the calendar where the learner lives, if At is given.
	After definitions.Span `json:"after,omitempty"`
	// Since is what After counts from: the lesson before, or the enrolment. Empty is the lesson before.
	Since string `json:"since,omitempty" jsonschema:"enum=previous,enum=enrolment,enum="`
	// At is the hour of the day where the learner lives; empty for any.
	At string `json:"at,omitempty"`
	// Weekdays are those on which the lesson may come, by their English names; empty for all. They need At.
	Weekdays []string `json:"weekdays,omitempty"`
}

// What After counts from.
const (
	Previous  = "previous"
	Enrolment = "enrolment"
)

// The templates that courses speak with unless a lesson names its own.
const (
	LessonTemplate   = "course-lesson"
	StandingTemplate = "course-standing"
	PausedTemplate   = "course-paused"
	ResumedTemplate  = "course-resumed"
	SkippedTemplate  = "course-skipped"
	HelpTemplate     = "course-help"
)

const kindName = "course"

// ProcessName is the process that gives lessons, Department the one that speaks.
const (
	ProcessName = "course"
	Department  = "customer-service"
)

// Kind is the kind of definition that holds courses.
var Kind = definitions.NewKind(kindName, "What is taught by text message and mail, lesson by lesson. A change reaches those who are learning.",
	check, standard).Settling(settle)

// Say picks the words of a language from a text by language: the language's own, those of its base ("de" for "de-AT"), or
// those of the course's first.
func (c Course) Say(texts map[string]string, language string) string {
	for _, l := range []string{language, base(language), first(c.Languages)} {
		if text, ok := texts[l]; ok && text != "" {
			return text
		}
	}
	return ""
}

// Next is the first lesson of the course that was not given yet, by the keys of those that were; false when there is none.
func (c Course) Next(given map[string]bool) (Lesson, bool) {
	for _, l := range c.Lessons {
		if !given[l.Key] {
			return l, true
		}
	}
	return Lesson{}, false
}

func base(language string) string {
	for i, r := range language {
		if r == '-' {
			return language[:i]
		}
	}
	return language
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// On reports whether the course starts on an event that names a product.
func (c Course) On(eventType, product string) bool {
	for _, s := range c.StartsOn {
		if s.Event == eventType && (s.Product == "" || s.Product == product) {
			return true
		}
	}
	return false
}
