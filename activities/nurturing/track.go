package nurturing

import (
	"fmt"
	"slices"
	"time"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// Track is a sequence of messages for leads of one sort, and how their reactions count.
type Track struct {
	// Match lists conditions that a lead must all meet; without any, the track suits every lead.
	Match []Condition `json:"match,omitempty"`
	// Priority decides among tracks that suit: the highest wins.
	Priority int `json:"priority"`
	// OnRequest keeps the track for processes that ask for it by name.
	OnRequest bool   `json:"on_request,omitempty"`
	Steps     []Step `json:"steps"`
	// Listen is how long reactions to the last message are waited for; a week when left out.
	Listen definitions.Span `json:"listen,omitempty"`
	Points Points           `json:"points"`
	// SalesReady is the score from which a lead goes to sales.
	SalesReady int `json:"sales_ready"`
	// MaxDays ends the track, wherever it stands.
	MaxDays int `json:"max_days"`
	// Hours are the local hours in which people are written to, "09:00-19:00"; 08:00-20:00 when left out. The contact
	// policy may be stricter. Weekends allows Saturdays and Sundays.
	Hours    string `json:"hours,omitempty"`
	Weekends bool   `json:"weekends,omitempty"`
}

// Step is one message of a track.
type Step struct {
	Template string `json:"template"`
	// Wait is the time since the step before, or since the beginning.
	Wait definitions.Span `json:"wait"`
	// Channel is email or sms; empty for the one by which the person is best reached.
	Channel provider.Channel `json:"channel,omitempty"`
	// SkipIf passes the step over for people who reacted so to an earlier message of this run.
	SkipIf *Past `json:"skip_if,omitempty"`
}

// Past is a reaction to an earlier message: opened or clicked. Template empty means any of them.
type Past struct {
	Kind     string `json:"kind"`
	Template string `json:"template,omitempty"`
}

// Points are what reactions add to the score.
type Points struct {
	Opened  int `json:"opened"`
	Clicked int `json:"clicked"`
	Replied int `json:"replied"`
}

func (p Points) of(kind string) int {
	return map[string]int{"opened": p.Opened, "clicked": p.Clicked, "replied": p.Replied}[kind]
}

// standardHours is when people are written to unless a track says otherwise.
const standardHours = "08:00-20:00"

func (t Track) hours() string {
	if t.Hours == "" {
		return standardHours
	}
	return t.Hours
}

func (t Track) listen() time.Duration {
	if t.Listen == "" {
		return 7 * 24 * time.Hour
	}
	return t.Listen.Duration()
}

// wait is the time between the step before and this one; after the last step, how long reactions are waited for.
func (t Track) wait(step int) time.Duration {
	if step >= len(t.Steps) {
		return t.listen()
	}
	return t.Steps[step].Wait.Duration()
}

// suits reports whether a lead meets every condition.
func (t Track) suits(facts Facts) bool {
	return !slices.ContainsFunc(t.Match, func(c Condition) bool { return !c.holds(facts) })
}

const (
	maxSteps = 50
	maxDays  = 2 * 365
	// longest keeps a slip of the pen from stopping a run for ever.
	longest = maxDays * 24 * time.Hour
)

func checkTrack(t Track) (problems []definitions.Problem) {
	wrong := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	for i, c := range t.Match {
		if problem := c.problem(); problem != "" {
			wrong(fmt.Sprintf("match[%d]", i), "%s", problem)
		}
	}
	if len(t.Steps) == 0 || len(t.Steps) > maxSteps {
		wrong("steps", "there are %d; give 1 to %d", len(t.Steps), maxSteps)
	}
	earlier := map[string]bool{}
	for i, s := range t.Steps {
		at := fmt.Sprintf("steps[%d].", i)
		if s.Template == "" {
			wrong(at+"template", "name a communication template")
		}
		if problem := spanProblem(s.Wait); problem != "" {
			wrong(at+"wait", "%s", problem)
		}
		if s.Channel != "" && s.Channel != provider.Email && s.Channel != provider.SMS {
			wrong(at+"channel", "%q is no channel: write email or sms, or leave it out", s.Channel)
		}
		if s.SkipIf != nil {
			if s.SkipIf.Kind != "opened" && s.SkipIf.Kind != "clicked" {
				wrong(at+"skip_if.kind", "%q is not known: write opened or clicked", s.SkipIf.Kind)
			}
			if s.SkipIf.Template != "" && !earlier[s.SkipIf.Template] {
				wrong(at+"skip_if.template", "no earlier step sends %q", s.SkipIf.Template)
			}
		}
		earlier[s.Template] = true
	}
	if t.Points.Opened < 0 || t.Points.Clicked < 0 || t.Points.Replied < 0 {
		wrong("points", "a reaction never counts against a person: give 0 or more")
	}
	if t.SalesReady < 1 || t.SalesReady > 100 {
		wrong("sales_ready", "is %d; scores go from 0 to 100", t.SalesReady)
	}
	if t.MaxDays < 1 || t.MaxDays > maxDays {
		wrong("max_days", "is %d; give 1 to %d", t.MaxDays, maxDays)
	}
	if problem := spanProblem(t.Listen); problem != "" {
		wrong("listen", "%s", problem)
	}
	if _, err := calendar.ParseSpan(t.hours()); err != nil {
		wrong("hours", "%v", err)
	}
	return problems
}

// spanProblem says what is wrong with a length of time; empty when nothing is.
func spanProblem(s definitions.Span) string {
	d, err := s.Parse()
	switch {
	case err != nil:
		return err.Error()
	case d > longest:
		return "is longer than two years"
	}
	return ""
}

// Tracks are the nurture tracks. A run stays with the version that it began with.
var Tracks = definitions.NewKind("nurture-track", "Which messages a lead gets that is not ready for sales, and how its reactions count.",
	checkTrack, standardTracks)

var standardPoints = Points{Opened: 3, Clicked: 10, Replied: 25}

var standardTracks = map[string]Track{
	"intro": {
		Points: standardPoints, SalesReady: 60, MaxDays: 60,
		Steps: []Step{
			{Template: "nurture-intro-1"},
			{Template: "nurture-intro-2", Wait: "4d"},
			{Template: "nurture-intro-3", Wait: "7d", SkipIf: &Past{Kind: "clicked", Template: "nurture-intro-2"}},
			{Template: "nurture-intro-4", Wait: "10d"},
		},
	},
	"technical": {
		Match:    []Condition{{Attribute: "attribute.interest", In: []string{"technical", "integration", "api"}}},
		Priority: 10, Points: standardPoints, SalesReady: 60, MaxDays: 60,
		Steps: []Step{
			{Template: "nurture-technical-1"},
			{Template: "nurture-technical-2", Wait: "5d"},
			{Template: "nurture-technical-3", Wait: "9d"},
		},
	},
	"recycled": {
		OnRequest: true, Points: standardPoints, SalesReady: 60, MaxDays: 120,
		Steps: []Step{
			{Template: "nurture-recycled-1"},
			{Template: "nurture-recycled-2", Wait: "14d"},
			{Template: "nurture-recycled-3", Wait: "28d"},
		},
	},
}
