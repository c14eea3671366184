package collecting

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/perdura/perdura/definitions"
)

const (
	day      = 24 * time.Hour
	maxSteps = 30
	// longest keeps a slip of the pen from stopping a run for years.
	longest  = 366 * day
	maxGrace = 60
)

var templateForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

func checkPlan(p Plan) (problems []definitions.Problem) {
	wrong := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	checkMatch(p.Match, wrong)
	if len(p.Steps) == 0 || len(p.Steps) > maxSteps {
		wrong("steps", "there are %d; give 1 to %d", len(p.Steps), maxSteps)
	}
	for i, s := range p.Steps {
		checkStep(s, func(field, format string, args ...any) { wrong(fmt.Sprintf("steps[%d].%s", i, field), format, args...) })
	}
	if p.Team == "" {
		wrong("team", "name the team that gets the calls")
	}
	if p.Finance == "" {
		wrong("finance", "name the team that gets refunds and claims")
	}
	if p.GraceDays < 0 || p.GraceDays > maxGrace {
		wrong("grace_days", "is %d; give 0 to %d", p.GraceDays, maxGrace)
	}
	checkSpan(wrong, "promise_within", p.PromiseWithin, day)
	oneOf(wrong, "on_broken", p.OnBroken, "", OnBrokenMessage, OnBrokenCall)
	checkSpan(wrong, "write_off.wait", p.WriteOff.Wait, 0)
	checkBounds(wrong, "write_off.", p.WriteOff.FromMinor, p.WriteOff.ToMinor)
	if p.WriteOff.Never && (p.WriteOff.FromMinor != 0 || p.WriteOff.ToMinor != 0) {
		wrong("write_off.never", "leaves no amounts to propose: leave from_minor and to_minor out")
	}
	return problems
}

// What may follow a broken promise.
const (
	OnBrokenMessage = "message"
	OnBrokenCall    = "call"
)

func checkMatch(m Match, wrong func(string, string, ...any)) {
	for i, segment := range m.Segments {
		if segment == "" {
			wrong(fmt.Sprintf("match.segments[%d]", i), "must not be empty")
		}
	}
	if m.Currency != "" {
		if _, err := currency.ParseISO(m.Currency); err != nil || strings.ToUpper(m.Currency) != m.Currency {
			wrong("match.currency", "must be a code of ISO 4217 such as EUR")
		}
	} else if m.FromMinor != 0 || m.ToMinor != 0 {
		wrong("match.currency", "is missing: amounts mean nothing without it")
	}
	checkBounds(wrong, "match.", m.FromMinor, m.ToMinor)
}

func checkStep(s Step, wrong func(string, string, ...any)) {
	oneOf(wrong, "channel", s.Channel, Email, SMS, Call, Notice)
	switch {
	case s.Channel == Call && (s.Tone != "" || s.Template != ""):
		wrong("tone", "belongs to messages: leave tone and template out of a call")
	case s.Channel == Notice && s.Tone != "" && s.Tone != Final:
		wrong("tone", "a notice is final: write final, or leave it out")
	case s.Channel == Email || s.Channel == SMS:
		if s.Template == "" || s.Tone != "" {
			oneOf(wrong, "tone", s.Tone, tones...)
		}
	}
	if s.Template != "" && !templateForm.MatchString(s.Template) {
		wrong("template", "is not the name of a template")
	}
	checkSpan(wrong, "wait", s.Wait, 0)
	oneOf(wrong, "when", s.When, Always, NotOpened, OpenedOnly)
	oneOf(wrong, "broken_promise", s.Broken, "", BrokenToo, BrokenOnly, BrokenNever)
}

func checkSpan(wrong func(string, string, ...any), field string, s definitions.Span, least time.Duration) {
	switch d, err := s.Parse(); {
	case err != nil:
		wrong(field, "%v", err)
	case d < least:
		wrong(field, "must be %dd or more", least/day)
	case d > longest:
		wrong(field, "is longer than a year")
	}
}

func checkBounds(wrong func(string, string, ...any), at string, from, to int64) {
	if from < 0 {
		wrong(at+"from_minor", "must not be negative")
	}
	if to < 0 || to > 0 && to < from {
		wrong(at+"to_minor", "must be 0 for no bound, or not less than from_minor")
	}
}

func oneOf(wrong func(string, string, ...any), field, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	named := slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return s == "" })
	wrong(field, "%q is not known: write %s", value, strings.Join(named, ", "))
}
