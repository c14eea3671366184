package courses_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/courses"
)

func TestStandardCoursesAreRight(t *testing.T) {
	t.Parallel()
	for _, name := range courses.Kind.StandardNames() {
		raw, ok := courses.Kind.Standard(name)
		require.True(t, ok)
		require.Empty(t, courses.Kind.Check(raw), name)
	}
}

// sound is a course with nothing wrong; change spoils it.
func sound(change func(*courses.Course)) courses.Course {
	c := courses.Course{
		Title: map[string]string{"en": "Juggling"}, Languages: []string{"en", "de"}, Owner: uuid.Max,
		Keywords: []courses.Keyword{{Word: "JUGGLE", Language: "en"}, {Word: "JONGLIEREN", Language: "de"}},
		Lessons: []courses.Lesson{
			{Key: "one", Text: map[string]string{"en": "One ball."}},
			{Key: "two", Text: map[string]string{"en": "Two balls."}, When: courses.When{After: "1d", At: "09:00"}},
		},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func TestWhatIsWrongWithACourseIsNamed(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*courses.Course){
		"": nil,
		"languages": func(c *courses.Course) {
			*c = sound(nil)
			c.Languages, c.Title, c.Keywords = nil, nil, nil
			c.Lessons = []courses.Lesson{{Key: "one", Template: "course-lesson"}}
		},
		"languages[1]":                func(c *courses.Course) { c.Languages[1] = "no such tongue"; c.Keywords = c.Keywords[:1] },
		"title.en":                    func(c *courses.Course) { c.Title = nil },
		"title.fr":                    func(c *courses.Course) { c.Title["fr"] = "Jongler" },
		"spacing":                     func(c *courses.Course) { c.Spacing = "2s" },
		"keywords[0].word":            func(c *courses.Course) { c.Keywords[0].Word = "Stop!" },
		"keywords[1].word":            func(c *courses.Course) { c.Keywords[1].Word = "¡júggle!" },
		"keywords[1].language":        func(c *courses.Course) { c.Keywords[1].Language = "fr" },
		"lessons":                     func(c *courses.Course) { c.Lessons = nil },
		"lessons[1].key":              func(c *courses.Course) { c.Lessons[1].Key = "one" },
		"lessons[0].text":             func(c *courses.Course) { c.Lessons[0].Text = nil },
		"lessons[0].material.en":      func(c *courses.Course) { c.Lessons[0].Material = map[string]string{"en": "javascript:alert(1)"} },
		"lessons[0].when.after":       func(c *courses.Course) { c.Lessons[0].When.After = "soon" },
		"lessons[0].when.since":       func(c *courses.Course) { c.Lessons[0].When.Since = "birth" },
		"lessons[1].when.at":          func(c *courses.Course) { c.Lessons[1].When.At = "25:00" },
		"lessons[1].when.weekdays[0]": func(c *courses.Course) { c.Lessons[1].When.Weekdays = []string{"Moonday"} },
		"lessons[0].when.at":          func(c *courses.Course) { c.Lessons[0].When.Weekdays = []string{"monday"} },
	} {
		raw, err := json.Marshal(sound(change))
		require.NoError(t, err)
		var fields []string
		for _, p := range courses.Kind.Check(raw) {
			fields = append(fields, p.Field)
		}
		if field == "" {
			require.Empty(t, fields)
			continue
		}
		require.Equal(t, []string{field}, fields)
	}
}

func TestReservedWords(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"STOP", "stopp", "Start", "HELP", "hilfe", "Pause", "WEITER", "überspringen", "Yes", "nein", "arrêt", "Skip."} {
		require.True(t, courses.Reserved(word), word)
	}
	for _, word := range []string{"SLIDES", "Folien", "guide", "Anleitung", "Vortrag 7"} {
		require.False(t, courses.Reserved(word), word)
	}
}

func TestAKeywordIsKnownHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	all := map[string]courses.Course{
		"juggling": sound(nil),
		"coffee":   sound(func(c *courses.Course) { c.Keywords = []courses.Keyword{{Word: "CAFÉ NOIR", Language: "en"}} }),
		"closed":   sound(func(c *courses.Course) { c.Keywords[0].Word, c.Closed = "GONE", true }),
	}
	for text, want := range map[string][2]string{
		"juggle": {"juggling", "en"}, " \"JUGGLE!\" ": {"juggling", "en"}, "Jönglieren.": {"juggling", "de"}, "cafe  noir": {"coffee", "en"},
		"Café-Noir": {"coffee", "en"}, "gone": {}, "juggle please": {}, "": {}, "!!!": {},
	} {
		name, language, found := courses.Match(all, text)
		require.Equal(t, want, [2]string{name, language}, text)
		require.Equal(t, want[0] != "", found, text)
	}
}

// A teacher may turn the lessons around as they like: what was given is not given again, and what is gone is not given.
func TestTheNextLesson(t *testing.T) {
	t.Parallel()
	lessons := func(keys ...string) courses.Course {
		c := courses.Course{}
		for _, k := range keys {
			c.Lessons = append(c.Lessons, courses.Lesson{Key: k})
		}
		return c
	}
	given := map[string]bool{"a": true, "b": true}
	for name, tc := range map[string]struct {
		course courses.Course
		want   string
	}{
		"as it was":         {lessons("a", "b", "c", "d"), "c"},
		"one was put in":    {lessons("a", "b", "x", "c"), "x"},
		"one went":          {lessons("a", "b", "d"), "d"},
		"turned around":     {lessons("d", "c", "b", "a"), "d"},
		"given ones went":   {lessons("c"), "c"},
		"nothing is left":   {lessons("b", "a"), ""},
		"put in before all": {lessons("x", "a", "b", "c"), "x"},
	} {
		next, ok := tc.course.Next(given)
		require.Equal(t, tc.want, next.Key, name)
		require.Equal(t, tc.want != "", ok, name)
	}
}
