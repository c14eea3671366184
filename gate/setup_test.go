package gate_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process/calendar"
)

// open is a policy that lets everything pass; tests add the rule that they are about.
func open() gate.Policy {
	return gate.Policy{
		LegalBases:         []gate.LegalBasis{{Basis: gate.LegitimateInterest}},
		CustomerLifecycles: []string{"customer"},
		TimeZone:           gate.ZoneRule{GuessFromCountry: true, Default: "UTC"},
		Departments:        map[string]int{"sales": 30, "marketing": 10},
		Collisions:         gate.Collisions{Overflow: gate.OverflowShift},
		LongestShiftHours:  30 * 24,
		Tracking:           gate.Tracking{Mode: gate.TrackNever},
	}
}

func ada() gate.Facts {
	return gate.Facts{
		Known: true, Lifecycle: "lead", Country: "DE", TimeZone: "Europe/Berlin", Language: "de",
		Addresses: map[provider.Channel]string{provider.Email: "ada@example.com", provider.SMS: "+4930901820"},
		Consents:  map[string]bool{}, Topics: map[string]bool{},
	}
}

func mail() gate.Request {
	return gate.Request{
		MessageID: uuid.MustParse("01890c5e-7b3a-7cc0-8000-000000000001"), ContactID: uuid.MustParse("01890c5e-7b3a-7cc0-8000-00000000000a"),
		Channels: []provider.Channel{provider.Email, provider.SMS}, Class: gate.Marketing, Topic: "news", Department: "marketing", Template: "hello",
	}
}

// local reads "2006-01-02 15:04:05" in a zone.
func local(t require.TestingT, zone, text string) time.Time {
	loc, err := calendar.LoadZone(zone)
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, loc)
	require.NoError(t, err)
	return at
}

// show writes an instant as clocks in a zone show it.
func show(t *testing.T, zone string, at time.Time) string {
	t.Helper()
	loc, err := calendar.LoadZone(zone)
	require.NoError(t, err)
	return at.In(loc).Format("2006-01-02 15:04:05 MST")
}

func always(span string) map[string][]string {
	week := map[string][]string{}
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		week[day] = []string{span}
	}
	return week
}
