package gate

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

var (
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	wordForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)
)

// checker gathers what is wrong with a policy.
type checker struct{ problems []definitions.Problem }

func (c *checker) say(field, format string, args ...any) {
	c.problems = append(c.problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) oneOf(field, value string, options ...string) {
	if !slices.Contains(options, value) {
		c.say(field, "must be one of %v", options)
	}
}

func (c *checker) between(field string, value, low, high int) {
	if value < low || value > high {
		c.say(field, "must be %d to %d", low, high)
	}
}

// word refuses names that cannot be those of a purpose, topic, department or template. Empty ones pass.
func (c *checker) word(field, value string) {
	if value != "" && !wordForm.MatchString(value) {
		c.say(field, "is not a name: write lower-case letters, digits and . _ -, at most 100")
	}
}

func (c *checker) countries(field string, list []string) {
	for i, country := range list {
		if !countryForm.MatchString(country) || zoneOf[country] == "" {
			c.say(fmt.Sprintf("%s[%d]", field, i), "is not a country: write a code of ISO 3166-1 such as DE")
		}
	}
}

// checkPolicy returns what is wrong with a policy, by the paths of its fields.
func checkPolicy(p Policy) []definitions.Problem {
	c := &checker{}
	for i, b := range p.LegalBases {
		at := fmt.Sprintf("legal_bases[%d]", i)
		c.word(at+".purpose", b.Purpose)
		c.countries(at+".countries", b.Countries)
		c.oneOf(at+".basis", string(b.Basis), string(Consent), string(SoftOptIn), string(LegitimateInterest), string(NoBasis))
	}
	for i, lifecycle := range p.CustomerLifecycles {
		if lifecycle == "" {
			c.say(fmt.Sprintf("customer_lifecycles[%d]", i), "must not be empty")
		}
	}
	if p.TimeZone.Default != "" {
		if _, err := calendar.LoadZone(p.TimeZone.Default); err != nil {
			c.say("time_zone.default", "is not a time zone: write an IANA name such as Europe/Berlin")
		}
	}
	for i, h := range p.Hours {
		c.hours(fmt.Sprintf("hours[%d]", i), h)
	}
	for i, rule := range p.Caps {
		c.rule(fmt.Sprintf("caps[%d]", i), rule)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Departments)) {
		c.word("department_priorities."+name, name)
		c.between("department_priorities."+name, p.Departments[name], -1000, 1000)
	}
	c.between("collisions.window_minutes", p.Collisions.WindowMinutes, 0, 1440)
	c.between("collisions.max_per_day", p.Collisions.MaxPerDay, 0, 100)
	c.oneOf("collisions.overflow", p.Collisions.Overflow, OverflowShift, OverflowRefuse)
	c.between("collisions.patience_hours", p.Collisions.PatienceHours, 0, 8760)
	for i, n := range p.Newcomers {
		at := fmt.Sprintf("newcomers[%d]", i)
		for j, topic := range n.Topics {
			c.word(fmt.Sprintf("%s.topics[%d]", at, j), topic)
		}
		c.between(at+".days", n.Days, 1, 3650)
		c.oneOf(at+".then", n.Then, OverflowShift, OverflowRefuse)
	}
	c.between("longest_shift_hours", p.LongestShiftHours, 1, 8760)
	if p.LongestShiftHours*60 <= p.Collisions.WindowMinutes && p.LongestShiftHours > 0 {
		c.say("longest_shift_hours", "must be longer than collisions.window_minutes: everything would expire while it is held")
	}
	c.oneOf("tracking.mode", p.Tracking.Mode, TrackAlways, TrackWithConsent, TrackNever)
	c.word("tracking.purpose", p.Tracking.Purpose)
	if p.Tracking.Mode == TrackWithConsent && p.Tracking.Purpose == "" {
		c.say("tracking.purpose", "is missing: name the purpose that people agree to")
	}
	return c.problems
}

func (c *checker) hours(at string, h HoursRule) {
	c.oneOf(at+".class", h.Class, Marketing, Transactional)
	for i, topic := range h.Topics {
		c.word(fmt.Sprintf("%s.topics[%d]", at, i), topic)
	}
	for i, channel := range h.Channels {
		c.oneOf(fmt.Sprintf("%s.channels[%d]", at, i), string(channel), string(provider.Email), string(provider.SMS), string(provider.Webhook))
	}
	c.countries(at+".countries", h.Countries)
	_, err := calendar.New(calendar.Definition{Zone: "UTC", Week: h.Open})
	for _, wrong := range fieldErrors(err) {
		// The calendar calls "week" what is "open" here.
		c.say(at+".open"+wrong.Field[len("week"):], "%s", wrong.Message)
	}
}

func fieldErrors(err error) (all []calendar.FieldError) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	}
	var field calendar.FieldError
	if errors.As(err, &field) {
		all = append(all, field)
	}
	return all
}

func (c *checker) rule(at string, rule Cap) {
	if rule.Channel != "" {
		c.oneOf(at+".channel", string(rule.Channel), string(provider.Email), string(provider.SMS), string(provider.Webhook))
	}
	c.word(at+".department", rule.Department)
	c.word(at+".topic", rule.Topic)
	c.word(at+".template", rule.Template)
	c.oneOf(at+".per", rule.Per, PerDay, PerWeek, PerHours)
	switch {
	case rule.Per == PerHours:
		c.between(at+".hours", rule.Hours, 1, 8760)
	case rule.Hours != 0:
		c.say(at+".hours", "goes with per hours only: leave it out")
	}
	c.between(at+".max", rule.Max, 1, 1000)
}
