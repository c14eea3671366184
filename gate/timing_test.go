package gate_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
)

func TestHoursWhereThePersonLives(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, zone, now string
		span            string
		want            string // empty: now
	}{
		{"within", "Europe/Berlin", "2026-06-10 09:00:00", "09:00-20:00", ""},
		{"a second too early", "Europe/Berlin", "2026-06-10 08:59:59", "09:00-20:00", "2026-06-10 09:00:00 CEST"},
		{"the end is no longer open", "Europe/Berlin", "2026-06-10 20:00:00", "09:00-20:00", "2026-06-11 09:00:00 CEST"},
		{"Auckland", "Pacific/Auckland", "2026-06-10 21:13:07", "09:00-20:00", "2026-06-11 09:00:00 NZST"},
		{"Los Angeles", "America/Los_Angeles", "2026-06-10 05:00:00", "09:00-20:00", "2026-06-10 09:00:00 PDT"},
		{"the clocks skip the opening", "America/Los_Angeles", "2026-03-08 00:30:00", "02:30-04:00", "2026-03-08 03:00:00 PDT"},
		{"after the clocks went forward", "Europe/Berlin", "2026-03-28 21:00:00", "09:00-20:00", "2026-03-29 09:00:00 CEST"},
		{"the first of two half past twos", "Europe/Berlin", "2026-10-24 21:00:00", "02:30-04:00", "2026-10-25 02:30:00 CEST"},
		{"after the clocks went back", "Europe/Berlin", "2026-10-24 21:00:00", "09:00-20:00", "2026-10-25 09:00:00 CET"},
		{"the clocks of Auckland go back", "Pacific/Auckland", "2026-04-04 22:00:00", "09:00-20:00", "2026-04-05 09:00:00 NZST"},
		{"the 29th of February", "Europe/Berlin", "2028-02-28 22:00:00", "09:00-20:00", "2028-02-29 09:00:00 CET"},
		{"half-hour zone", "Asia/Kolkata", "2026-06-10 21:00:00", "09:15-20:00", "2026-06-11 09:15:00 IST"},
	} {
		p, f := open(), ada()
		p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: always(tc.span)}}
		f.TimeZone, f.Country = tc.zone, ""
		v := gate.Decide(p, f, mail(), local(t, tc.zone, tc.now))
		if tc.want == "" {
			require.Equal(t, gate.Allow, v.Answer, tc.name)
			continue
		}
		require.Equal(t, gate.Shift, v.Answer, tc.name)
		require.Equal(t, gate.QuietHours, v.Reason, tc.name)
		require.Equal(t, tc.want, show(t, tc.zone, v.Until), tc.name)
	}
}

func TestWhichHoursCount(t *testing.T) {
	t.Parallel()
	p, f := open(), ada()
	p.Hours = []gate.HoursRule{
		{Class: gate.Marketing, Channels: []provider.Channel{provider.SMS}, Open: always("12:00-13:00")},
		{Class: gate.Marketing, Countries: []string{"FR"}, Open: always("14:00-15:00")},
		{Class: gate.Marketing, Open: always("15:00-16:00")},
		{Class: gate.Transactional, Channels: []provider.Channel{provider.SMS}, Open: always("07:00-22:00")},
	}
	at := local(t, "Europe/Berlin", "2026-06-10 06:00:00")
	for _, tc := range []struct {
		class   string
		channel provider.Channel
		country string
		want    string
	}{
		{gate.Marketing, provider.SMS, "FR", "12:00"}, {gate.Marketing, provider.Email, "FR", "14:00"},
		{gate.Marketing, provider.Email, "DE", "15:00"}, {gate.Transactional, provider.SMS, "DE", "07:00"},
		{gate.Transactional, provider.Email, "DE", "06:00"},
	} {
		r := mail()
		r.Class, r.Channel, f.Country = tc.class, tc.channel, tc.country
		v := gate.Decide(p, f, r, at)
		if v.Answer == gate.Allow {
			v.Until = at
		}
		require.Equal(t, "2026-06-10 "+tc.want+":00 CEST", show(t, "Europe/Berlin", v.Until), "%+v", tc)
	}
}

// A debt is collected by day, whoever is owed something else hears of it at any hour.
func TestNobodyIsRemindedOfADebtAtNight(t *testing.T) {
	t.Parallel()
	require.Empty(t, gate.Kind.Check([]byte(standard(t))), "the standard policy")
	for _, tc := range []struct {
		topic, class string
		channel      provider.Channel
		zone, now    string
		want         string // empty: now
	}{
		{gate.Collections, gate.Transactional, provider.Email, "Europe/Berlin", "2026-06-10 07:59:59", "2026-06-10 08:00:00 CEST"},
		{gate.Collections, gate.Transactional, provider.Email, "Europe/Berlin", "2026-06-10 08:00:00", ""},
		{gate.Collections, gate.Transactional, provider.SMS, "Europe/Berlin", "2026-06-10 20:59:59", ""},
		{gate.Collections, gate.Transactional, provider.SMS, "Europe/Berlin", "2026-06-10 21:00:00", "2026-06-11 08:00:00 CEST"},
		{gate.Collections, gate.Transactional, provider.SMS, "Europe/Berlin", "2026-06-13 20:30:00", ""},
		{gate.Collections, gate.Transactional, provider.SMS, "Europe/Berlin", "2026-06-14 12:00:00", "2026-06-15 08:00:00 CEST"},
		{gate.Collections, gate.Transactional, provider.Email, "Europe/Berlin", "2026-12-25 12:00:00", "2026-12-28 08:00:00 CET"},
		{gate.Collections, gate.Transactional, provider.Email, "Pacific/Auckland", "2026-06-10 21:30:00", "2026-06-11 08:00:00 NZST"},
		{gate.Collections, gate.Transactional, provider.SMS, "Europe/Berlin", "2026-03-28 23:00:00", "2026-03-30 08:00:00 CEST"},
		{"", gate.Transactional, provider.SMS, "Europe/Berlin", "2026-06-14 03:00:00", ""},
		{"arrivals", gate.Transactional, provider.Email, "Europe/Berlin", "2026-06-14 03:00:00", ""},
	} {
		p, f, r := open(), ada(), mail()
		p.Hours = gate.Standard().Hours
		r.Class, r.Topic, r.Channel, f.TimeZone = tc.class, tc.topic, tc.channel, tc.zone
		v := gate.Decide(p, f, r, local(t, tc.zone, tc.now))
		if tc.want == "" {
			require.Equal(t, gate.Allow, v.Answer, "%+v", tc)
			continue
		}
		require.Equal(t, []string{string(gate.Shift), gate.QuietHours, tc.want}, []string{string(v.Answer), v.Reason, show(t, tc.zone, v.Until)}, "%+v", tc)
	}
}

func standard(t *testing.T) string {
	t.Helper()
	raw, ok := gate.Kind.Standard(gate.PolicyName)
	require.True(t, ok)
	return string(raw)
}

func TestTheFirstHoursOfTheTopicCount(t *testing.T) {
	t.Parallel()
	p, f, r := open(), ada(), mail()
	p.Hours = []gate.HoursRule{
		{Class: gate.Marketing, Topics: []string{"offers", "tips"}, Open: always("10:00-11:00")},
		{Class: gate.Marketing, Open: always("12:00-13:00")},
	}
	for topic, want := range map[string]string{"offers": "10:00", "tips": "10:00", "news": "12:00", "": "12:00"} {
		r.Topic = topic
		v := gate.Decide(p, f, r, local(t, "Europe/Berlin", "2026-06-10 06:00:00"))
		require.Equal(t, "2026-06-10 "+want+":00 CEST", show(t, "Europe/Berlin", v.Until), topic)
	}
	p.Hours[0].Topics = []string{"Offers"}
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	require.Equal(t, "hours[0].topics[0]", gate.Kind.Check(raw)[0].Field)
}

func TestHolidaysOfTheCountry(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ country, region, zone, now, want string }{
		{"DE", "", "Europe/Berlin", "2026-12-24 21:00:00", "2026-12-27 09:00:00 CET"},
		{"US", "", "America/New_York", "2026-12-24 21:00:00", "2026-12-26 09:00:00 EST"},
		{"AU", "VIC", "Australia/Melbourne", "2026-11-02 21:00:00", "2026-11-04 09:00:00 AEDT"}, // Melbourne Cup
		{"AU", "NSW", "Australia/Sydney", "2026-11-02 21:00:00", "2026-11-03 09:00:00 AEDT"},    // not in Sydney
		{"AU", "", "Australia/Sydney", "2026-11-02 21:00:00", "2026-11-03 09:00:00 AEDT"},       // no list without a region
		{"KE", "", "Africa/Nairobi", "2026-12-24 21:00:00", "2026-12-25 09:00:00 EAT"},          // no list
		{"DE", "nowhere", "Europe/Berlin", "2026-12-24 21:00:00", "2026-12-27 09:00:00 CET"},    // the country's own
		{"DE", "BY", "Europe/Berlin", "2026-01-05 21:00:00", "2026-01-07 09:00:00 CET"},         // Epiphany
	} {
		p, f := open(), ada()
		p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: always("09:00-20:00"), QuietOnHolidays: true}}
		f.Country, f.Region, f.TimeZone = tc.country, tc.region, tc.zone
		v := gate.Decide(p, f, mail(), local(t, tc.zone, tc.now))
		require.Equal(t, tc.want, show(t, tc.zone, v.Until), "%+v", tc)
	}
}

func TestTimeZone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		own, country  string
		guess         bool
		standard      string
		reason, until string
	}{
		{"the person's own", "America/New_York", "DE", true, "UTC", gate.QuietHours, "2026-06-10 13:00"},
		{"the country's", "", "DE", true, "UTC", gate.QuietHours, "2026-06-10 07:00"},
		{"one that nobody knows is none", "Mars/Base", "DE", true, "UTC", gate.QuietHours, "2026-06-10 07:00"},
		{"guessing is not wanted", "", "DE", false, "UTC", gate.QuietHours, "2026-06-10 09:00"},
		{"a country that nobody knows", "", "XX", true, "Asia/Tokyo", "", ""},
		{"nothing is known", "", "", true, "", gate.UnknownTime, ""},
		{"guessing is not wanted, and nothing else there", "", "DE", false, "", gate.UnknownTime, ""},
	} {
		p, f := open(), ada()
		p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: always("09:00-20:00")}}
		p.TimeZone = gate.ZoneRule{GuessFromCountry: tc.guess, Default: tc.standard}
		f.TimeZone, f.Country = tc.own, tc.country
		now := time.Date(2026, 6, 10, 1, 0, 0, 0, time.UTC)
		v := gate.Decide(p, f, mail(), now)
		require.Equal(t, tc.reason, v.Reason, tc.name)
		if tc.until != "" {
			require.Equal(t, tc.until, v.Until.Format("2006-01-02 15:04"), tc.name)
		}
		r := mail()
		r.Class = gate.Transactional
		require.Equal(t, gate.Allow, gate.Decide(p, f, r, now).Answer, "%s: what is owed knows no hours here", tc.name)
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	berlin := func(text string) time.Time { return local(t, "Europe/Berlin", text) }
	left := func(channel provider.Channel, department, topic, template string, at ...string) (out []gate.Sent) {
		for _, text := range at {
			out = append(out, gate.Sent{At: berlin(text), Channel: channel, Department: department, Topic: topic, Template: template})
		}
		return out
	}
	const now = "2026-06-10 12:00:00"
	for _, tc := range []struct {
		name string
		rule gate.Cap
		sent []gate.Sent
		want string // empty: now
	}{
		{"a day, nothing left", gate.Cap{Per: gate.PerDay, Max: 1}, nil, ""},
		{"a day, one left this morning", gate.Cap{Per: gate.PerDay, Max: 1}, left("email", "x", "y", "z", "2026-06-10 00:00:00"), "2026-06-11 00:00:00"},
		{"a day, one left last night", gate.Cap{Per: gate.PerDay, Max: 1}, left("email", "x", "y", "z", "2026-06-09 23:59:59"), ""},
		{"two a day", gate.Cap{Per: gate.PerDay, Max: 2}, left("email", "x", "y", "z", "2026-06-10 08:00:00"), ""},
		{"a week", gate.Cap{Per: gate.PerWeek, Max: 1}, left("email", "x", "y", "z", "2026-06-08 10:30:15"), "2026-06-15 10:30:15"},
		{"a week ago to the second", gate.Cap{Per: gate.PerWeek, Max: 1}, left("email", "x", "y", "z", "2026-06-03 12:00:00"), ""},
		{"a second less than a week ago", gate.Cap{Per: gate.PerWeek, Max: 1}, left("email", "x", "y", "z", "2026-06-03 12:00:01"), "2026-06-10 12:00:01"},
		{"two a week, three left: two have to go", gate.Cap{Per: gate.PerWeek, Max: 2},
			left("email", "x", "y", "z", "2026-06-05 08:00:00", "2026-06-06 08:00:00", "2026-06-07 08:00:00"), "2026-06-13 08:00:00"},
		{"hours", gate.Cap{Per: gate.PerHours, Hours: 3, Max: 1}, left("email", "x", "y", "z", "2026-06-10 11:00:00"), "2026-06-10 14:00:00"},
		{"another channel", gate.Cap{Channel: "email", Per: gate.PerDay, Max: 1}, left("sms", "x", "y", "z", "2026-06-10 11:00:00"), ""},
		{"the cap of another channel", gate.Cap{Channel: "sms", Per: gate.PerDay, Max: 1}, left("sms", "x", "y", "z", "2026-06-10 11:00:00"), ""},
		{"another department", gate.Cap{Department: "marketing", Per: gate.PerDay, Max: 1}, left("email", "sales", "y", "z", "2026-06-10 11:00:00"), ""},
		{"the department", gate.Cap{Department: "marketing", Per: gate.PerDay, Max: 1}, left("email", "marketing", "y", "z", "2026-06-10 11:00:00"), "2026-06-11 00:00:00"},
		{"the topic", gate.Cap{Topic: "news", Per: gate.PerDay, Max: 1}, left("email", "x", "news", "z", "2026-06-10 11:00:00"), "2026-06-11 00:00:00"},
		{"another topic", gate.Cap{Topic: "news", Per: gate.PerDay, Max: 1}, left("email", "x", "offers", "z", "2026-06-10 11:00:00"), ""},
		{"the template", gate.Cap{Template: "hello", Per: gate.PerHours, Hours: 1, Max: 1}, left("email", "x", "y", "hello", "2026-06-10 11:30:00"), "2026-06-10 12:30:00"},
		{"another template", gate.Cap{Template: "hello", Per: gate.PerHours, Hours: 1, Max: 1}, left("email", "x", "y", "bye", "2026-06-10 11:30:00"), ""},
	} {
		p, f := open(), ada()
		p.Caps, f.Sent = []gate.Cap{tc.rule}, tc.sent
		v := gate.Decide(p, f, mail(), berlin(now))
		if tc.want == "" {
			require.Equal(t, gate.Allow, v.Answer, tc.name)
			continue
		}
		require.Equal(t, gate.FrequencyCap, v.Reason, tc.name)
		require.Equal(t, tc.want+" CEST", show(t, "Europe/Berlin", v.Until), tc.name)
	}
}

func TestTheDayIsThatOfThePersonsZoneNow(t *testing.T) {
	t.Parallel()
	p, f := open(), ada()
	p.Caps = []gate.Cap{{Per: gate.PerDay, Max: 1}}
	// Sent on Tuesday evening in Los Angeles, which is Wednesday in Auckland.
	f.Sent = []gate.Sent{{At: local(t, "America/Los_Angeles", "2026-06-09 18:00:00"), Channel: provider.Email}}
	now := local(t, "America/Los_Angeles", "2026-06-10 00:30:00")
	f.TimeZone = "America/Los_Angeles"
	require.Equal(t, gate.Allow, gate.Decide(p, f, mail(), now).Answer)
	f.TimeZone = "Pacific/Auckland" // the person moved
	v := gate.Decide(p, f, mail(), now)
	require.Equal(t, gate.FrequencyCap, v.Reason)
	require.Equal(t, "2026-06-11 00:00:00 NZST", show(t, "Pacific/Auckland", v.Until))
}

func TestNewcomers(t *testing.T) {
	t.Parallel()
	p, f := open(), ada()
	p.Newcomers = []gate.Newcomer{{Topics: []string{"offers"}, Days: 14, Then: gate.OverflowRefuse}, {Topics: []string{"tips"}, Days: 3, Then: gate.OverflowShift}}
	f.Lifecycle, f.LifecycleSince = "customer", local(t, "Europe/Berlin", "2026-03-27 12:00:00")
	soon := local(t, "Europe/Berlin", "2026-03-28 12:00:00")
	for _, tc := range []struct {
		topic, lifecycle string
		now              time.Time
		answer           gate.Answer
		until            string
	}{
		{"offers", "customer", soon, gate.Refuse, ""}, {"news", "customer", soon, gate.Allow, ""}, {"offers", "lead", soon, gate.Allow, ""},
		{"tips", "customer", soon, gate.Shift, "2026-03-30 12:00:00 CEST"}, // the clocks go forward in between
		{"offers", "customer", local(t, "Europe/Berlin", "2026-04-10 12:00:00"), gate.Allow, ""},
		{"offers", "customer", local(t, "Europe/Berlin", "2026-04-10 11:59:59"), gate.Refuse, ""},
	} {
		r := mail()
		r.Topic, f.Lifecycle = tc.topic, tc.lifecycle
		v := gate.Decide(p, f, r, tc.now)
		require.Equal(t, tc.answer, v.Answer, "%+v", tc)
		if tc.answer != gate.Allow {
			require.Equal(t, gate.NewCustomer, v.Reason, "%+v", tc)
		}
		if tc.until != "" {
			require.Equal(t, tc.until, show(t, "Europe/Berlin", v.Until))
		}
	}
}

func TestAllTimeRulesAgreeAtOnce(t *testing.T) {
	t.Parallel()
	p, f := open(), ada()
	p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: map[string][]string{"monday": {"09:00-12:00"}, "thursday": {"09:00-12:00"}}, QuietOnHolidays: true}}
	p.Caps = []gate.Cap{{Per: gate.PerWeek, Max: 1}, {Per: gate.PerDay, Max: 1}}
	// Friday; the week is over on the next Thursday at 11:30. Monday is Whit Monday.
	f.Sent = []gate.Sent{{At: local(t, "Europe/Berlin", "2026-05-21 11:30:00"), Channel: provider.Email}}
	v := gate.Decide(p, f, mail(), local(t, "Europe/Berlin", "2026-05-22 10:00:00"))
	require.Equal(t, "2026-05-28 11:30:00 CEST", show(t, "Europe/Berlin", v.Until))
	require.Equal(t, gate.QuietHours, v.Reason, "the first rule that does not agree gives the reason")
	// Half an hour later the Thursday is over: then it is Monday.
	f.Sent[0].At = local(t, "Europe/Berlin", "2026-05-21 12:00:00")
	v = gate.Decide(p, f, mail(), local(t, "Europe/Berlin", "2026-05-22 10:00:00"))
	require.Equal(t, "2026-06-01 09:00:00 CEST", show(t, "Europe/Berlin", v.Until))
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	p, f, r := open(), ada(), mail()
	p.Hours = []gate.HoursRule{{Class: gate.Marketing, Open: always("09:00-20:00")}, {Class: gate.Transactional, Open: always("09:00-20:00")}}
	night := local(t, "Europe/Berlin", "2026-06-10 22:00:00")
	morning := local(t, "Europe/Berlin", "2026-06-11 09:00:00")
	r.AskedAt, r.ExpiresAt = night, morning
	require.Equal(t, gate.Shift, gate.Decide(p, f, r, night).Answer, "the deadline itself is in time")
	require.Equal(t, gate.Allow, gate.Decide(p, f, r, morning).Answer)
	for _, class := range []string{gate.Marketing, gate.Transactional} {
		r.Class, r.ExpiresAt = class, morning.Add(-time.Second)
		v := gate.Decide(p, f, r, night)
		require.Equal(t, gate.Refuse, v.Answer)
		require.Equal(t, gate.QuietHours, v.Reason, "it says what kept it")
		require.Equal(t, gate.Expired, gate.Decide(p, f, r, morning).Reason, "and expired when nobody asked in time")
	}
	r.Class, r.ExpiresAt, p.LongestShiftHours = gate.Marketing, time.Time{}, 10
	require.Equal(t, gate.QuietHours, gate.Decide(p, f, r, night).Reason)
	r.AskedAt = night.Add(-24 * time.Hour)
	require.Equal(t, gate.Expired, gate.Decide(p, f, r, night).Reason)
}
