package appointments

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

var (
	word  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`)
	phone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// Maps are the services that a place's map link can lead to.
const (
	Google = "google"
	Waze   = "waze"
)

const day = 24 * time.Hour

// check says what is wrong with a type, by field.
func check(t Type) []definitions.Problem {
	c := &checker{}
	c.text("title", t.Title, 200)
	c.span("duration", t.Duration, time.Minute, day)
	c.span("before", t.Before, 0, day)
	c.span("after", t.After, 0, day)
	c.span("grid", t.Grid, 5*time.Minute, day)
	c.span("earliest", t.Earliest, 0, longestDays*day)
	c.span("latest", t.Latest, time.Hour, longestDays*day)
	if t.Latest.Duration() <= t.Earliest.Duration() {
		c.note("latest", "must be longer than earliest")
	}
	c.span("cancel_before", t.CancelBefore, 0, longestDays*day)
	c.span("settle_after", t.SettleAfter, time.Minute, 30*day)
	c.givers(t.Givers)
	c.place(t.Place)
	if t.Phone != "" && !phone.MatchString(t.Phone) {
		c.note("phone", "must be an international number such as +441632960100")
	}
	if t.Remind.DaysBefore < 0 || t.Remind.DaysBefore > 30 {
		c.note("remind.days_before", "must be from 0 to 30")
	}
	if t.Remind.At != "" {
		if at, err := calendar.ParseClock(t.Remind.At); err != nil || at == calendar.EndOfDay {
			c.note("remind.at", "must be a time of day such as 18:00")
		}
	}
	if t.NoShow.Template != "" && !word.MatchString(t.NoShow.Template) {
		c.note("no_show.template", "must be the name of a template")
	}
	if t.NoShow.CallAfter < 0 || t.NoShow.CallAfter > 100 {
		c.note("no_show.call_after", "must be from 0 to 100; 0 for never")
	}
	if t.Survey != "" && !word.MatchString(t.Survey) {
		c.note("survey", "must be the name of a survey")
	}
	c.upsell(t)
	return c.problems
}

type checker struct{ problems []definitions.Problem }

func (c *checker) note(field, format string, args ...any) {
	c.problems = append(c.problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) text(field, s string, most int) {
	if strings.TrimSpace(s) == "" || len(s) > most || strings.ContainsAny(s, "\r\n") {
		c.note(field, "must be a text of one line, of at most %d bytes", most)
	}
}

func (c *checker) span(field string, s definitions.Span, least, most time.Duration) {
	if d, err := s.Parse(); err != nil || d < least || d > most {
		c.note(field, "must be a span such as 30m, 4h or 2d, from %s to %s", least, most)
	}
}

func (c *checker) givers(g Givers) {
	if len(g.Teams)+len(g.Roles)+len(g.Users)+len(g.Resources) == 0 {
		c.note("givers", "must name a team, a role, a user or a resource")
	}
	for i, role := range g.Roles {
		if !slices.Contains([]string{"representative", "manager", "admin"}, role) {
			c.note(fmt.Sprintf("givers.roles[%d]", i), "must be representative, manager or admin")
		}
	}
	for i, team := range g.Teams {
		if team == "" {
			c.note(fmt.Sprintf("givers.teams[%d]", i), "must be the name of a team")
		}
	}
	for i, user := range g.Users {
		if user == uuid.Nil {
			c.note(fmt.Sprintf("givers.users[%d]", i), "must be a user's id")
		}
	}
	for i, name := range g.Resources {
		if !word.MatchString(name) {
			c.note(fmt.Sprintf("givers.resources[%d]", i), "must be a word such as room-1")
		}
	}
}

func (c *checker) place(p Place) {
	if len(p.Address) > 500 || strings.ContainsAny(p.Address, "\r\n") {
		c.note("place.address", "must be a text of one line, of at most 500 bytes")
	}
	if p.URL != "" {
		if u, err := url.Parse(p.URL); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			c.note("place.url", "must be an https address")
		}
	}
	if (p.Latitude == nil) != (p.Longitude == nil) {
		c.note("place.longitude", "stands with a latitude, or not at all")
	}
	if p.Latitude != nil && (*p.Latitude < -90 || *p.Latitude > 90) {
		c.note("place.latitude", "must be from -90 to 90")
	}
	if p.Longitude != nil && (*p.Longitude < -180 || *p.Longitude > 180) {
		c.note("place.longitude", "must be from -180 to 180")
	}
	if p.Map != "" && p.Map != Google && p.Map != Waze {
		c.note("place.map", "must be google or waze")
	}
}

func (c *checker) upsell(t Type) {
	if t.Upsell == (Upsell{}) {
		return
	}
	c.text("upsell.title", t.Upsell.Title, 200)
	if t.Survey == "" {
		c.note("upsell", "needs a survey: it follows the answer of a promoter")
	}
}
