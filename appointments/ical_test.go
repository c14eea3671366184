package appointments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/appointments"
)

func stream(components ...string) []byte {
	return []byte(strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n"+strings.Join(components, "\n")+"\nEND:VCALENDAR\n", "\n", "\r\n"))
}

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n" + strings.Join(lines, "\n") + "\nEND:VEVENT"
}

func TestWhenSomebodyIsBusy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		calendar []byte
		want     []string // in Berlin
	}{
		"nothing":                     {stream(), nil},
		"in UTC":                      {stream(vevent("DTSTART:20260325T090000Z", "DTEND:20260325T100000Z")), []string{"03-25 10:00 - 03-25 11:00"}},
		"in a zone":                   {stream(vevent("DTSTART;TZID=America/New_York:20260325T090000", "DTEND;TZID=America/New_York:20260325T100000")), []string{"03-25 14:00 - 03-25 15:00"}},
		"in a zone as Outlook has it": {stream(vevent("DTSTART;TZID=W. Europe Standard Time:20260325T090000", "DURATION:PT45M")), []string{"03-25 09:00 - 03-25 09:45"}},
		"in a zone with a prefix":     {stream(vevent("DTSTART;TZID=/example.org/Europe/Berlin:20260325T090000", "DURATION:PT45M")), []string{"03-25 09:00 - 03-25 09:45"}},
		"by the clock where they are": {stream(vevent("DTSTART:20260325T090000", "DTEND:20260325T093000")), []string{"03-25 09:00 - 03-25 09:30"}},
		"in the zone of the calendar": {stream("X-WR-TIMEZONE:Europe/London", vevent("DTSTART:20260325T090000", "DTEND:20260325T093000")), []string{"03-25 10:00 - 03-25 10:30"}},
		"a whole day":                 {stream(vevent("DTSTART;VALUE=DATE:20260329")), []string{"03-29 00:00 - 03-30 00:00"}},
		"three whole days":            {stream(vevent("DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260331")), []string{"03-28 00:00 - 03-31 00:00"}},
		"free all the same":           {stream(vevent("DTSTART:20260325T090000Z", "DTEND:20260325T100000Z", "TRANSP:TRANSPARENT")), nil},
		"cancelled":                   {stream(vevent("DTSTART:20260325T090000Z", "DTEND:20260325T100000Z", "STATUS:CANCELLED")), nil},
		"a moment":                    {stream(vevent("DTSTART:20260325T090000Z")), nil},
		"joined":                      {stream(vevent("DTSTART:20260325T090000Z", "DTEND:20260325T100000Z"), vevent("DTSTART:20260325T093000Z", "DTEND:20260325T110000Z")), []string{"03-25 10:00 - 03-25 12:00"}},
		"every day over the change of the clocks": {stream(vevent("DTSTART;TZID=Europe/Berlin:20260301T090000", "DTEND;TZID=Europe/Berlin:20260301T093000", "RRULE:FREQ=DAILY;COUNT=30", "EXDATE;TZID=Europe/Berlin:20260326T090000,20260327T090000")),
			[]string{"03-25 09:00 - 03-25 09:30", "03-28 09:00 - 03-28 09:30", "03-29 09:00 - 03-29 09:30", "03-30 09:00 - 03-30 09:30"}},
		"every Wednesday until a day": {stream(vevent("DTSTART;TZID=Europe/Berlin:20250101T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20260325T080000Z")), []string{"03-25 09:00 - 03-25 10:00"}},
		"a day added":                 {stream(vevent("DTSTART:20200101T090000Z", "DURATION:PT1H", "RDATE:20260325T090000Z")), []string{"03-25 10:00 - 03-25 11:00"}},
		"one of a series that was moved": {stream(vevent("DTSTART;TZID=Europe/Berlin:20260325T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
			vevent("RECURRENCE-ID;TZID=Europe/Berlin:20260326T090000", "DTSTART;TZID=Europe/Berlin:20260326T150000", "DURATION:PT1H")),
			[]string{"03-25 09:00 - 03-25 10:00", "03-26 15:00 - 03-26 16:00", "03-27 09:00 - 03-27 10:00"}},
		"one of a series that was cancelled": {stream(vevent("DTSTART;TZID=Europe/Berlin:20260325T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"),
			vevent("RECURRENCE-ID;TZID=Europe/Berlin:20260326T090000", "DTSTART;TZID=Europe/Berlin:20260326T090000", "DURATION:PT1H", "STATUS:CANCELLED")),
			[]string{"03-25 09:00 - 03-25 10:00"}},
		"begun long before": {stream(vevent("DTSTART:20260301T000000Z", "DTEND:20260326T000000Z")), []string{"03-01 01:00 - 03-26 01:00"}},
		"busy periods": {stream("BEGIN:VFREEBUSY\nUID:2\nDTSTAMP:20260101T000000Z\nFREEBUSY;FBTYPE=BUSY:20260325T090000Z/PT1H,20260326T090000Z/20260326T093000Z\nFREEBUSY;FBTYPE=FREE:20260327T090000Z/PT1H\nEND:VFREEBUSY"),
			[]string{"03-25 10:00 - 03-25 11:00", "03-26 10:00 - 03-26 10:30"}},
		"a day that has 23 hours": {stream(vevent("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1D")), []string{"03-28 12:00 - 03-29 12:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			berlin := zone(t, "Europe/Berlin")
			busy, err := appointments.BusyTimes(test.calendar, berlin, instant(t, "2026-03-25T00:00:00+01:00"), instant(t, "2026-04-01T00:00:00+02:00"))
			require.NoError(t, err)
			var got []string
			for _, i := range busy {
				got = append(got, i.From.In(berlin).Format("01-02 15:04")+" - "+i.Until.In(berlin).Format("01-02 15:04"))
			}
			if name == "every day over the change of the clocks" {
				require.Equal(t, "07:00", busy[len(busy)-1].From.Format("15:04"), "nine is another hour after the change")
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestWhatIsNoCalendar(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{
		"nothing": nil, "a page": []byte("<html></html>"), "torn": stream(vevent("DTSTART:20260325T090000Z"))[:120],
		"no start": stream(vevent("SUMMARY:x")), "a wrong time": stream(vevent("DTSTART:tomorrow")), "an unknown zone": stream(vevent("DTSTART;TZID=Mars/Base:20260325T090000")),
		"a wrong rule": stream(vevent("DTSTART:20260325T090000Z", "RRULE:FREQ=SOMETIMES")), "every second": stream(vevent("DTSTART:20260325T090000Z", "RRULE:FREQ=SECONDLY")),
		"a wrong length": stream(vevent("DTSTART:20260325T090000Z", "DURATION:PT99999999H")), "a length of nothing": stream(vevent("DTSTART:20260325T090000Z", "DURATION:1H")),
	} {
		_, err := appointments.BusyTimes(raw, time.UTC, instant(t, "2026-03-25T00:00:00Z"), instant(t, "2026-04-01T00:00:00Z"))
		require.ErrorIs(t, err, appointments.ErrCalendar, name)
	}
}

func FuzzBusyTimes(f *testing.F) {
	f.Add(stream(vevent("DTSTART;TZID=Europe/Berlin:20260325T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		from := time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC)
		busy, err := appointments.BusyTimes(raw, time.UTC, from, from.AddDate(0, 0, 7))
		for _, i := range busy {
			if err != nil || !i.Until.After(i.From) {
				t.Fatal("a busy time that is none")
			}
		}
	})
}
