package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
)

// scene is everything that Decide is told. What the tests expect of the verdict they work out themselves, from clocks and
// by counting, and not with the gate's own means.
type scene struct {
	p   gate.Policy
	f   gate.Facts
	r   gate.Request
	now time.Time
}

func (s scene) decide() gate.Verdict { return gate.Decide(s.p, s.f, s.r, s.now) }

func (s scene) deadline() time.Time {
	if !s.r.ExpiresAt.IsZero() {
		return s.r.ExpiresAt
	}
	return s.r.AskedAt.Add(time.Duration(s.p.LongestShiftHours) * time.Hour)
}

var (
	homes     = map[string]string{"DE": "Europe/Berlin", "US": "America/New_York", "NZ": "Pacific/Auckland", "KE": "Africa/Nairobi"}
	oddZones  = []string{"Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "America/Santiago", "Asia/Kathmandu"}
	weekOrder = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

// location is the person's zone; nil when none is known.
func (s scene) location(t require.TestingT) *time.Location {
	name := s.f.TimeZone
	if name == "" && s.p.TimeZone.GuessFromCountry {
		name = homes[s.f.Country]
	}
	if name == "" {
		name = s.p.TimeZone.Default
	}
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}

// arbitrary draws a scene in which each rule has a say now and then, and all agree often enough.
func arbitrary(t *rapid.T) scene {
	s := scene{now: someTime(t), p: somePolicy(t)}
	s.f = someone(t, s.now)
	s.r = gate.Request{
		MessageID: uuid.UUID{1}, ContactID: uuid.UUID{2}, Channel: rapid.SampledFrom([]provider.Channel{"", "", provider.Email, provider.SMS}).Draw(t, "channel"),
		Channels:   rapid.SampledFrom([][]provider.Channel{{provider.Email, provider.SMS}, {provider.SMS, provider.Email}, {provider.Email}}).Draw(t, "channels"),
		Class:      rapid.SampledFrom([]string{gate.Marketing, gate.Marketing, gate.Marketing, gate.Transactional}).Draw(t, "class"),
		Purpose:    rapid.SampledFrom([]string{"newsletter", "newsletter", "newsletter", "", "email_marketing", "sms_marketing"}).Draw(t, "purpose"),
		Topic:      rapid.SampledFrom([]string{"news", "offers", ""}).Draw(t, "topic"),
		Department: rapid.SampledFrom([]string{"sales", "marketing"}).Draw(t, "department"),
		Template:   rapid.SampledFrom([]string{"hello", "bye"}).Draw(t, "template"),
		AskedAt:    s.now.Add(-time.Duration(rapid.SampledFrom([]int{0, 1, 30, 600, 2000}).Draw(t, "asked minutes ago")) * time.Minute),
	}
	if rapid.IntRange(0, 5).Draw(t, "expires") == 5 {
		s.r.ExpiresAt = s.now.Add(time.Duration(rapid.IntRange(-60, 14*24*60).Draw(t, "expires in minutes")) * time.Minute)
	}
	return s
}

// someTime draws seconds of 2025 to 2028, many of them near holidays and changes of the clocks.
func someTime(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "any time") {
		return time.Unix(rapid.Int64Range(1735689600, 1861919999).Draw(t, "now"), 0).UTC()
	}
	near := rapid.SampledFrom([]string{"2026-12-25", "2027-01-01", "2026-04-05", "2026-05-01", "2026-07-04", "2026-11-26", "2027-04-25",
		"2026-03-08", "2026-03-29", "2026-04-04", "2026-04-24", "2026-09-05", "2026-09-27", "2026-10-04", "2026-10-25", "2026-10-30", "2026-11-01"}).Draw(t, "near")
	day, err := time.Parse(time.DateOnly, near)
	require.NoError(t, err)
	return day.Add(time.Duration(rapid.IntRange(-2*24*3600, 3*24*3600).Draw(t, "seconds")) * time.Second)
}

func somePolicy(t *rapid.T) gate.Policy {
	p := gate.Policy{
		CustomerLifecycles: []string{"customer"}, Departments: map[string]int{"sales": 30, "marketing": 10},
		TimeZone: gate.ZoneRule{GuessFromCountry: rapid.Bool().Draw(t, "guess"), Default: rapid.SampledFrom([]string{"", "UTC", "UTC", "Asia/Kathmandu"}).Draw(t, "default zone")},
		Collisions: gate.Collisions{
			WindowMinutes: rapid.SampledFrom([]int{0, 15, 120}).Draw(t, "window"), MaxPerDay: rapid.IntRange(0, 3).Draw(t, "max per day"),
			Overflow:      rapid.SampledFrom([]string{gate.OverflowShift, gate.OverflowRefuse}).Draw(t, "overflow"),
			PatienceHours: rapid.SampledFrom([]int{0, 24, 100}).Draw(t, "patience"),
		},
		LongestShiftHours: rapid.IntRange(48, 30*24).Draw(t, "longest shift"),
		Tracking:          gate.Tracking{Mode: gate.TrackWithConsent, Purpose: "tracking"},
	}
	for range rapid.IntRange(0, 2).Draw(t, "bases") {
		p.LegalBases = append(p.LegalBases, gate.LegalBasis{
			Purpose:   rapid.SampledFrom([]string{"", "newsletter", "email_marketing", "sms_marketing"}).Draw(t, "basis of"),
			Countries: rapid.SampledFrom([][]string{nil, {"DE"}, {"US", "NZ"}}).Draw(t, "basis in"),
			Basis:     rapid.SampledFrom([]gate.Basis{gate.Consent, gate.SoftOptIn, gate.LegitimateInterest, gate.LegitimateInterest, gate.NoBasis}).Draw(t, "basis"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "hours") {
		p.Hours = append(p.Hours, gate.HoursRule{
			Class:     rapid.SampledFrom([]string{gate.Marketing, gate.Transactional}).Draw(t, "hours of"),
			Topics:    rapid.SampledFrom([][]string{nil, nil, {"news"}, {"offers"}}).Draw(t, "hours about"),
			Channels:  rapid.SampledFrom([][]provider.Channel{nil, {provider.SMS}, {provider.Email}}).Draw(t, "hours on"),
			Countries: rapid.SampledFrom([][]string{nil, nil, {"DE", "NZ"}}).Draw(t, "hours in"),
			Open:      someWeek(t), QuietOnHolidays: rapid.Bool().Draw(t, "quiet on holidays"),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "caps") {
		c := gate.Cap{
			Channel:    rapid.SampledFrom([]provider.Channel{"", provider.Email, provider.SMS}).Draw(t, "cap on"),
			Department: rapid.SampledFrom([]string{"", "", "sales"}).Draw(t, "cap of"),
			Topic:      rapid.SampledFrom([]string{"", "", "news"}).Draw(t, "cap about"),
			Template:   rapid.SampledFrom([]string{"", "", "hello"}).Draw(t, "cap with"),
			Per:        rapid.SampledFrom([]string{gate.PerDay, gate.PerWeek, gate.PerHours}).Draw(t, "per"), Max: rapid.IntRange(1, 3).Draw(t, "max"),
		}
		if c.Per == gate.PerHours {
			c.Hours = rapid.IntRange(1, 100).Draw(t, "of hours")
		}
		p.Caps = append(p.Caps, c)
	}
	if rapid.IntRange(0, 3).Draw(t, "newcomers") == 3 {
		p.Newcomers = []gate.Newcomer{{
			Topics: rapid.SampledFrom([][]string{nil, {"offers"}}).Draw(t, "newcomers' topics"), Days: rapid.IntRange(1, 10).Draw(t, "days"),
			Then: rapid.SampledFrom([]string{gate.OverflowShift, gate.OverflowRefuse}).Draw(t, "then"),
		}}
	}
	return p
}

// someWeek is open at odd half hours on most days.
func someWeek(t *rapid.T) map[string][]string {
	week := map[string][]string{}
	for _, day := range weekOrder {
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 48), 0, 4, rapid.ID[int]).Draw(t, day)
		slices.Sort(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			week[day] = append(week[day], fmt.Sprintf("%02d:%02d-%02d:%02d", cuts[i]/2, cuts[i]%2*30, cuts[i+1]/2, cuts[i+1]%2*30))
		}
	}
	week[rapid.SampledFrom(weekOrder).Draw(t, "surely")] = []string{"00:00-24:00"}
	return week
}

func someone(t *rapid.T, now time.Time) gate.Facts {
	ago := func(name string, hours int) time.Time {
		return now.Add(-time.Duration(rapid.IntRange(0, hours*3600).Draw(t, name)) * time.Second)
	}
	f := gate.Facts{
		Known: rapid.IntRange(0, 19).Draw(t, "known") < 19, Lifecycle: rapid.SampledFrom([]string{"lead", "customer"}).Draw(t, "lifecycle"),
		Country:   rapid.SampledFrom([]string{"DE", "US", "NZ", "KE", ""}).Draw(t, "country"),
		TimeZone:  rapid.SampledFrom(append([]string{"", "", ""}, oddZones...)).Draw(t, "zone"),
		Preferred: rapid.SampledFrom([]provider.Channel{"", provider.Email, provider.SMS}).Draw(t, "preferred"),
		Addresses: map[provider.Channel]string{}, Consents: map[string]bool{}, Topics: map[string]bool{},
	}
	if rapid.Bool().Draw(t, "since is known") {
		f.LifecycleSince = ago("since", 20*24)
	}
	for channel, address := range map[provider.Channel]string{provider.Email: "ada@example.com", provider.SMS: "+4930901820"} {
		f.Addresses[channel] = address
	}
	if lost := rapid.SampledFrom([]provider.Channel{"", "", "", provider.Email, provider.SMS}).Draw(t, "no address"); lost != "" {
		delete(f.Addresses, lost)
	}
	for _, purpose := range []string{"newsletter", "email_marketing", "sms_marketing", "tracking"} {
		if said := rapid.SampledFrom([]string{"yes", "yes", "yes", "yes", "no", ""}).Draw(t, purpose); said != "" {
			f.Consents[purpose] = said == "yes"
		}
	}
	if said := rapid.SampledFrom([]string{"", "", "yes", "no"}).Draw(t, "news"); said != "" {
		f.Topics["news"] = said == "yes"
	}
	for range max(0, rapid.IntRange(-3, 1).Draw(t, "suppressions")) {
		f.Suppressed = append(f.Suppressed, gate.Standing{Channel: rapid.SampledFrom([]provider.Channel{provider.Email, provider.SMS}).Draw(t, "suppressed on"),
			Reason: "manual", Scope: rapid.SampledFrom([]string{"all", "marketing"}).Draw(t, "scope")})
	}
	for range rapid.IntRange(0, 5).Draw(t, "sent") {
		f.Sent = append(f.Sent, gate.Sent{
			At: ago("sent at", 8*24), Channel: rapid.SampledFrom([]provider.Channel{provider.Email, provider.SMS}).Draw(t, "sent on"),
			Department: rapid.SampledFrom([]string{"sales", "marketing"}).Draw(t, "sent by"), Topic: rapid.SampledFrom([]string{"news", "offers"}).Draw(t, "sent about"),
			Template: rapid.SampledFrom([]string{"hello", "bye"}).Draw(t, "sent with"),
		})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "bids") {
		f.Bids = append(f.Bids, gate.Bid{ID: uuid.UUID{9, byte(i)}, AskedAt: ago("bid asked", 48), DueAt: ago("bid due", 36).Add(24 * time.Hour),
			Department: rapid.SampledFrom([]string{"sales", "marketing"}).Draw(t, "bid of")})
	}
	return f
}

// inScenes checks a property in three hundred scenes, unless told otherwise by -rapid.checks.
func inScenes(t *testing.T, property func(*rapid.T, scene)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		for range 3 {
			property(t, arbitrary(t))
		}
	})
}

// tally makes sure that a property was asked about something.
type tally map[gate.Answer]int

func (n tally) has(t *testing.T, answers ...gate.Answer) {
	t.Helper()
	for _, a := range answers {
		require.Positive(t, n[a], "no verdict was %q: the property says nothing (%v)", a, maps.Collect(maps.All(n)))
	}
}

// ownPurpose is the purpose that has to be lawful on a channel, written out.
func ownPurpose(purpose string, on provider.Channel) string {
	switch purpose {
	case "", "email_marketing", "sms_marketing":
		return string(on) + "_marketing"
	default:
		return purpose
	}
}

func TestMarketingNeverLeavesWithoutALegalBasis(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		s.r.Class = gate.Marketing
		v := s.decide()
		n[v.Answer]++
		if v.Answer == gate.Refuse {
			return
		}
		// What is shifted holds a place in the queue: it has to be as lawful as what leaves.
		require.True(t, s.f.Known)
		require.NotEmpty(t, v.Address)
		require.Equal(t, s.f.Addresses[v.Channel], v.Address)
		require.False(t, slices.ContainsFunc(s.f.Suppressed, func(x gate.Standing) bool { return x.Channel == v.Channel }), "it is suppressed")
		wanted, chosen := s.f.Topics[s.r.Topic]
		require.False(t, chosen && !wanted, "the person does not want the topic")
		purpose := ownPurpose(s.r.Purpose, v.Channel)
		agreed, decided := s.f.Consents[purpose]
		require.False(t, decided && !agreed, "the person withdrew %s", purpose)
		if agreed {
			require.NotEqual(t, gate.NoBasis, s.basis(purpose))
			return
		}
		all, said := s.f.Consents[string(v.Channel)+"_marketing"]
		require.False(t, said && !all, "the person objected to the channel")
		switch basis := s.basis(purpose); basis {
		case gate.SoftOptIn:
			require.Equal(t, "customer", s.f.Lifecycle)
		default:
			require.Equal(t, gate.LegitimateInterest, basis, "nobody agreed")
		}
	})
	n.has(t, gate.Allow, gate.Shift, gate.Refuse)
}

// basis goes through the policy from its end, so that the first that fits stays.
func (s scene) basis(purpose string) gate.Basis {
	found := gate.Consent
	for _, b := range slices.Backward(s.p.LegalBases) {
		if strings.Contains("|"+purpose, "|"+b.Purpose) && (b.Countries == nil || slices.Contains(b.Countries, s.f.Country)) {
			found = b.Basis
		}
	}
	return found
}

func TestANoAlwaysCounts(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		s.r.Class = gate.Marketing
		v := s.decide()
		n[v.Answer]++
		if v.Answer == gate.Refuse {
			return
		}
		s.r.Channel = v.Channel
		require.Equal(t, v, s.decide(), "the channel that was chosen is as good when it is asked for")
		for _, no := range []struct {
			reason string
			say    func(*gate.Facts)
		}{
			{gate.NoConsent, func(f *gate.Facts) { f.Consents[ownPurpose(s.r.Purpose, v.Channel)] = false }},
			{gate.NoConsent, func(f *gate.Facts) { // to the channel as such, and nothing was agreed to by name
				delete(f.Consents, ownPurpose(s.r.Purpose, v.Channel))
				f.Consents[string(v.Channel)+"_marketing"] = false
			}},
			{gate.TopicOptOut, func(f *gate.Facts) { f.Topics[s.r.Topic] = false }},
			{gate.Suppressed, func(f *gate.Facts) {
				f.Suppressed = append(f.Suppressed, gate.Standing{Channel: v.Channel, Reason: "unsubscribe", Scope: "marketing"})
			}},
			{gate.NoAddress, func(f *gate.Facts) { delete(f.Addresses, v.Channel) }},
			{gate.NoContact, func(f *gate.Facts) { *f = gate.Facts{} }},
		} {
			if no.reason == gate.TopicOptOut && s.r.Topic == "" {
				continue
			}
			after := s
			after.f.Consents, after.f.Topics, after.f.Addresses = maps.Clone(s.f.Consents), maps.Clone(s.f.Topics), maps.Clone(s.f.Addresses)
			after.f.Suppressed = slices.Clone(s.f.Suppressed)
			no.say(&after.f)
			got := after.decide()
			require.Equal(t, gate.Refuse, got.Answer)
			require.Equal(t, no.reason, got.Reason)
		}
	})
	n.has(t, gate.Allow, gate.Shift)
}

// withinCaps counts the message at an instant together with all that left.
func (s scene) withinCaps(t require.TestingT, on provider.Channel, at time.Time) {
	zone := s.location(t)
	onDay := func(x time.Time) bool { return x.In(zone).Format(time.DateOnly) == at.In(zone).Format(time.DateOnly) }
	for _, c := range s.p.Caps {
		speaksOf := func(channel provider.Channel, department, topic, template string) bool {
			return !(c.Channel != "" && c.Channel != channel || c.Department != "" && c.Department != department ||
				c.Topic != "" && c.Topic != topic || c.Template != "" && c.Template != template)
		}
		if !speaksOf(on, s.r.Department, s.r.Topic, s.r.Template) {
			continue
		}
		count := 1
		for _, x := range s.f.Sent {
			inReach := map[string]bool{gate.PerDay: onDay(x.At), gate.PerWeek: at.Sub(x.At) < 168*time.Hour, gate.PerHours: at.Sub(x.At) < time.Duration(c.Hours)*time.Hour}
			if speaksOf(x.Channel, x.Department, x.Topic, x.Template) && inReach[c.Per] {
				count++
			}
		}
		require.LessOrEqual(t, count, c.Max, "%+v at %s", c, at.In(zone))
	}
	if most := s.p.Collisions.MaxPerDay; most > 0 {
		count := 1
		for _, x := range s.f.Sent {
			if onDay(x.At) {
				count++
			}
		}
		require.LessOrEqual(t, count, most, "messages on the day of %s", at.In(zone))
	}
}

func TestNoCapIsEverBroken(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		s.r.Class = gate.Marketing
		v := s.decide()
		n[v.Answer]++
		switch v.Answer {
		case gate.Allow:
			s.withinCaps(t, v.Channel, s.now)
		case gate.Shift:
			s.withinCaps(t, v.Channel, v.Until)
		}
	})
	n.has(t, gate.Allow, gate.Shift)
}

// withinHours looks at the clock on the person's wall. Where clocks go back, an hour that was reached stays reached.
func (s scene) withinHours(t require.TestingT, on provider.Channel, at time.Time) {
	var rule *gate.HoursRule
	for i, h := range slices.Backward(s.p.Hours) {
		if h.Class == s.r.Class && (h.Topics == nil || slices.Contains(h.Topics, s.r.Topic)) && (h.Channels == nil || h.Channels[0] == on) && (h.Countries == nil || slices.Contains(h.Countries, s.f.Country)) {
			rule = &s.p.Hours[i]
		}
	}
	if rule == nil {
		return
	}
	zone := s.location(t)
	require.NotNil(t, zone, "there are hours to keep, and nobody knows where")
	wall := at.In(zone)
	clock := wall.Format("15:04:05")
	if start, _ := wall.ZoneBounds(); !start.IsZero() {
		if before := start.Add(-1).In(zone); before.Format(time.DateOnly) == wall.Format(time.DateOnly) {
			clock = max(clock, before.Format("15:04:05"))
		}
	}
	require.True(t, slices.ContainsFunc(rule.Open[strings.ToLower(wall.Weekday().String())], func(span string) bool {
		from, to, _ := strings.Cut(span, "-")
		return from+":00" <= clock && clock < to+":00"
	}), "%s is quiet: %v", wall, rule.Open)
	require.False(t, rule.QuietOnHolidays && holiday(s.f.Country, wall), "%s is a holiday in %s", wall, s.f.Country)
}

// holiday knows all holidays of the whole of Germany, and some of others.
func holiday(country string, day time.Time) bool {
	y := day.Year()
	fixed := map[string]string{"DE": "01-01 05-01 10-03 12-25 12-26", "US": "01-01 07-04 12-25", "NZ": "01-01 01-02 02-06 04-25 12-25 12-26"}
	if strings.Contains(fixed[country], day.Format("01-02")) {
		return true
	}
	if country == "US" {
		return day.Month() == time.November && day.Weekday() == time.Thursday && (day.Day()-1)/7 == 3
	}
	easter := map[int]int{2025: 110, 2026: 95, 2027: 87, 2028: 107, 2029: 91}[y] // day of the year
	since := day.YearDay() - easter
	return country == "DE" && slices.Contains([]int{-2, 1, 39, 50}, since)
}

func TestNobodyIsDisturbedAtQuietHours(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		v := s.decide()
		n[v.Answer]++
		switch v.Answer {
		case gate.Allow:
			s.withinHours(t, v.Channel, s.now)
		case gate.Shift:
			s.withinHours(t, v.Channel, v.Until)
		}
	})
	n.has(t, gate.Allow, gate.Shift)
}

func TestAShiftGoesToTheFirstInstantThatWillDo(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		if rapid.Bool().Draw(t, "a cap that ends at night") { // several rules have to agree
			s.p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: always("10:00-12:00")}}
			s.p.Caps = append(s.p.Caps, gate.Cap{Per: gate.PerHours, Hours: rapid.IntRange(1, 48).Draw(t, "cap of hours"), Max: 1})
		}
		v := s.decide()
		n[v.Answer]++
		if v.Answer != gate.Shift {
			require.Zero(t, v.Until)
			require.Equal(t, v.Answer == gate.Allow, v.Reason == "")
			return
		}
		require.NotEmpty(t, v.Reason)
		require.True(t, v.Until.After(s.now), "%s is not after %s", v.Until, s.now)
		require.False(t, v.Until.After(s.deadline()), "%s is after the deadline %s", v.Until, s.deadline())
		s.withinHours(t, v.Channel, v.Until)
		if s.r.Class == gate.Marketing && s.p.Collisions.MaxPerDay > 0 {
			return // others may come in between
		}
		s.r.Channel = v.Channel
		between := s
		between.now = s.now.Add(time.Duration(rapid.Int64Range(0, int64(v.Until.Sub(s.now))-1).Draw(t, "between")))
		require.NotEqual(t, gate.Allow, between.decide().Answer, "%s would have done", between.now)
		s.now = v.Until
		require.Equal(t, gate.Allow, s.decide().Answer)
	})
	n.has(t, gate.Allow, gate.Shift, gate.Refuse)
}

func TestWhatIsOwedNeedsNoConsent(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		s.r.Class = gate.Transactional
		v := s.decide()
		n[v.Answer]++
		// Neither what the person said nor what left before makes a difference.
		said := s
		said.f.Consents = map[string]bool{"newsletter": false, "email_marketing": false, "sms_marketing": false, "tracking": s.f.Consents["tracking"]}
		said.f.Topics = map[string]bool{"news": false, "offers": false}
		said.f.Sent, said.f.Bids, said.p.Newcomers = nil, nil, nil
		said.p.LegalBases = []gate.LegalBasis{{Basis: gate.NoBasis}}
		said.p.Caps = []gate.Cap{{Per: gate.PerDay, Max: 1}}
		said.f.Sent = []gate.Sent{{At: s.now, Channel: provider.Email}, {At: s.now, Channel: provider.SMS}}
		require.Equal(t, v, said.decide())
		if v.Answer == gate.Refuse {
			require.Contains(t, []string{gate.NoContact, gate.NoAddress, gate.NotConfigured, gate.Suppressed, gate.QuietHours, gate.Expired, gate.UnknownTime}, v.Reason)
		}
	})
	n.has(t, gate.Allow, gate.Shift, gate.Refuse)
}

// Internal messages do not come to the gate, and so need no consent. A class that the gate does not know gets no
// privilege: it is held to all that marketing is held to.
func TestAnyOtherClassIsTakenForMarketing(t *testing.T) {
	t.Parallel()
	n := tally{}
	inScenes(t, func(t *rapid.T, s scene) {
		s.r.Class = gate.Marketing
		v := s.decide()
		n[v.Answer]++
		s.r.Class = rapid.SampledFrom([]string{"", gate.Internal, "Transactional"}).Draw(t, "another class")
		require.Equal(t, v, s.decide())
	})
	n.has(t, gate.Allow, gate.Shift, gate.Refuse)
}

func TestDecideIsPure(t *testing.T) {
	t.Parallel()
	inScenes(t, func(t *rapid.T, s scene) {
		before := fmt.Sprintf("%+v", s)
		v := s.decide()
		explained, findings := gate.Explain(s.p, s.f, s.r, s.now)
		require.Equal(t, before, fmt.Sprintf("%+v", s), "it changes nothing that it was given")
		require.Equal(t, v, s.decide())
		require.Equal(t, v, explained)
		if v.Answer == gate.Allow {
			for _, f := range findings {
				require.Equal(t, gate.Allow, f.Answer, "%+v", f)
			}
		} else {
			require.True(t, slices.ContainsFunc(findings, func(f gate.Finding) bool { return f.Reason == v.Reason }), "%s is in none of %+v", v.Reason, findings)
		}
		elsewhere := s
		elsewhere.now = s.now.In(time.FixedZone("", 5*3600))
		require.Equal(t, v, elsewhere.decide(), "an instant is the same in every zone")
	})
}
