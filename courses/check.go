package courses

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// The bounds of a course.
const (
	maxLessons = 500
	maxText    = 1200 // of a lesson, in characters: eight parts of a text message
	maxTitle   = 120
	maxAfter   = 400 * day
)

// check returns what is wrong with a course by itself.
func check(c Course) (problems []definitions.Problem) {
	wrong := func(field, message string) {
		problems = append(problems, definitions.Problem{Field: field, Message: message})
	}
	for i, l := range c.Languages {
		if _, err := language.Parse(l); err != nil {
			wrong(fmt.Sprintf("languages[%d]", i), "must be a tag of BCP 47 such as en")
		}
	}
	if len(c.Languages) == 0 {
		wrong("languages", "must name at least one")
	} else if c.Title[c.Languages[0]] == "" {
		wrong("title."+c.Languages[0], "is missing: it is the course's first language")
	}
	spoken(c, "title", c.Title, maxTitle, wrong)
	if d, err := c.Spacing.Parse(); err != nil || c.Spacing != "" && (d < time.Minute || d > 30*day) {
		wrong("spacing", "must be a span from 1m to 30d")
	}
	checkKeywords(c, wrong)
	for i, s := range c.StartsOn {
		switch {
		case s.Event == "":
			wrong(fmt.Sprintf("starts_on[%d].event", i), "is missing")
		case strings.HasPrefix(s.Event, "enrolment."):
			wrong(fmt.Sprintf("starts_on[%d].event", i), "is an event of courses themselves, which would begin one for ever")
		}
	}
	if n := len(c.Lessons); n == 0 || n > maxLessons {
		wrong("lessons", fmt.Sprintf("must be from 1 to %d", maxLessons))
	}
	keys := map[string]bool{}
	for i, l := range c.Lessons {
		at := fmt.Sprintf("lessons[%d]", i)
		if keys[l.Key] {
			wrong(at+".key", "is the key of another lesson, too")
		}
		keys[l.Key] = true
		checkLesson(c, l, at, wrong)
	}
	return problems
}

func checkKeywords(c Course, wrong func(field, message string)) {
	seen := map[string]bool{}
	for i, k := range c.Keywords {
		at, folded := fmt.Sprintf("keywords[%d]", i), Fold(k.Word)
		switch {
		case len(folded) < 2:
			wrong(at+".word", "must have two letters or digits at least")
		case Reserved(k.Word):
			wrong(at+".word", "is taken: it means something else to whoever sends it")
		case seen[folded]:
			wrong(at+".word", "stands twice, apart from case, accents and punctuation")
		}
		seen[folded] = true
		if !slices.Contains(c.Languages, k.Language) {
			wrong(at+".language", "must be one of the course's languages")
		}
	}
}

func checkLesson(c Course, l Lesson, at string, wrong func(field, message string)) {
	spoken(c, at+".title", l.Title, maxTitle, wrong)
	spoken(c, at+".text", l.Text, maxText, wrong)
	spoken(c, at+".material", l.Material, 2000, wrong)
	if l.Template == "" && c.Say(l.Text, "") == "" {
		wrong(at+".text", "is missing in the course's first language: give it, or name a template")
	}
	for _, lang := range slices.Sorted(maps.Keys(l.Material)) {
		address := l.Material[lang]
		if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			wrong(at+".material."+lang, "must be an http or https address")
		}
	}
	w := l.When
	if d, err := w.After.Parse(); err != nil || d > maxAfter {
		wrong(at+".when.after", "must be a span of 400d at most, such as 3d or 36h")
	}
	if w.Since != "" && w.Since != Previous && w.Since != Enrolment {
		wrong(at+".when.since", "must be previous or enrolment")
	}
	if clock, err := calendar.ParseClock(w.At); w.At != "" && (err != nil || clock >= calendar.EndOfDay) {
		wrong(at+".when.at", "must be a time of day such as 09:00")
	}
	for i, name := range w.Weekdays {
		if _, ok := weekdays[name]; !ok {
			wrong(fmt.Sprintf("%s.when.weekdays[%d]", at, i), "must be a weekday such as monday")
		}
	}
	if len(w.Weekdays) > 0 && w.At == "" {
		wrong(at+".when.at", "is missing: weekdays need an hour")
	}
}

// spoken checks texts by language.
func spoken(c Course, at string, texts map[string]string, most int, wrong func(field, message string)) {
	for _, lang := range slices.Sorted(maps.Keys(texts)) {
		text := texts[lang]
		switch {
		case !slices.Contains(c.Languages, lang):
			wrong(at+"."+lang, "must be in one of the course's languages")
		case len([]rune(text)) > most:
			wrong(at+"."+lang, fmt.Sprintf("must have %d characters at most", most))
		}
	}
}
