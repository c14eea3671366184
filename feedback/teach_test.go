package feedback_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/feedback"
)

const number = "+441632960123"

// text is a text message; n tells it from others.
func text(n int, from, words string) feedback.Report {
	return feedback.Report{
		Provider: "twilio", ExternalID: fmt.Sprint("inbound/", from, n), Kind: feedback.Replied, Channel: "sms", Address: from,
		Reply: &feedback.Reply{Text: words},
	}
}

// enrolments are "course state language" of whoever has a number.
func (h *house) enrolments(phone string) []string {
	h.t.Helper()
	rows, err := h.pool.Query(h.ctx, `select e.course || ' ' || e.state || ' ' || e.language from enrolments e
		join contact_identities i on i.contact_id = e.contact_id where i.value = $1 order by e.enrolled_at, e.id`, phone)
	require.NoError(h.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	return list
}

func (h *house) events(kind string) int {
	h.t.Helper()
	return one[int](h, `select count(*) from events where type = $1`, kind)
}

// Whoever sends a keyword learns, known or not, once, in the language of the word.
func TestAKeywordEnrols(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.take(text(1, number, " \"Slides!\" "))
	require.Equal(t, []string{"slides active en"}, h.enrolments(number))
	require.Equal(t, 1, h.events("enrolment.begun"))
	require.Equal(t, "sms-keyword", one[string](h, `select source from consents where purpose = 'courses' and granted`))
	require.Equal(t, number+" GB en", one[string](h, `select phone || ' ' || country || ' ' || language from contacts`))
	require.Zero(t, h.events("contact.replied"), "a keyword answers nothing")

	h.take(text(1, number, " \"Slides!\" "))
	require.Zero(t, h.events("enrolment.changed"), "a repeat is none")
	h.take(text(2, number, "SLIDES"))
	h.take(text(3, number, "folien"))
	require.Equal(t, []string{"slides active en"}, h.enrolments(number), "somebody is in a course once")
	require.Equal(t, 1, h.events("enrolment.changed"), "and is told so once an hour")

	known, _, phone := h.person()
	h.take(text(1, phone, "Anleitung"))
	require.Equal(t, []string{"instructions active de"}, h.enrolments(phone))
	require.Equal(t, known, one[uuid.UUID](h, `select contact_id from enrolments where course = 'instructions'`))
	require.Equal(t, 2, one[int](h, `select count(*) from contacts`))
}

func TestFiftyKeywordsAtOnceEnrolOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var wg sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		wg.Go(func() { _, errs[i] = h.tryTake(text(i, number, "SLIDES")) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, []string{"slides active en"}, h.enrolments(number))
	require.Equal(t, 1, one[int](h, `select count(*) from contacts`))
	require.Equal(t, 1, h.events("enrolment.begun"))
	require.Equal(t, 1, h.events("enrolment.changed"))
}

// STOP wins: before a keyword, after it, and in the same call whatever the order.
func TestAStopAlwaysWins(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		calls [][]feedback.Report
		want  []string
	}{
		"before":                {[][]feedback.Report{{text(1, number, "STOP")}, {text(2, number, "SLIDES")}}, nil},
		"after":                 {[][]feedback.Report{{text(1, number, "SLIDES")}, {text(2, number, "Stopp!")}}, []string{"slides left en"}},
		"in French":             {[][]feedback.Report{{text(1, number, "SLIDES")}, {text(2, number, "Arrêter")}}, []string{"slides left en"}},
		"in one call":           {[][]feedback.Report{{text(1, number, "SLIDES"), text(1, number, "STOP")}}, nil},
		"in one call, before":   {[][]feedback.Report{{text(1, number, "STOP"), text(2, number, "SLIDES")}}, nil},
		"in one call, after":    {[][]feedback.Report{{text(1, number, "SLIDES"), text(2, number, "STOP")}}, nil},
		"while it is paused":    {[][]feedback.Report{{text(1, number, "SLIDES")}, {text(2, number, "PAUSE")}, {text(3, number, "STOP")}}, []string{"slides left en"}},
		"and START opens again": {[][]feedback.Report{{text(1, number, "SLIDES")}, {text(2, number, "STOP")}, {text(3, number, "START")}, {text(4, number, "SLIDES")}}, []string{"slides left en", "slides active en"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			for _, c := range tc.calls {
				for i := range c { // two texts of one instant are two messages all the same
					c[i].ExternalID += fmt.Sprint("/", i)
				}
				h.take(c...)
			}
			require.ElementsMatch(t, tc.want, h.enrolments(number))
			left := one[int](h, `select count(*) from enrolments where state = 'left'`)
			require.Equal(t, left, one[int](h, `select count(*) from fences f join enrolments e on e.id = f.id where f.kind = 'enrolment' and e.state = 'left' and f.version > 0`),
				"nothing that was decided before leaves")
		})
	}
}

// A STOP and a keyword of an unknown number at once: whichever is first, nobody learns afterwards.
func TestAStopAndAKeywordAtOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var wg sync.WaitGroup
	for i := range 10 {
		from := fmt.Sprintf("+4416329601%02d", i)
		for n, words := range []string{"SLIDES", "STOP"} {
			wg.Go(func() {
				_, err := h.tryTake(text(n, from, words))
				require.NoError(t, err)
			})
		}
	}
	wg.Wait()
	require.Zero(t, one[int](h, `select count(*) from enrolments where state in ('active', 'paused')`))
}

func TestLearnersMoveTheirCourseByText(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.take(text(1, number, "FOLIEN"))
	state := func() string { return h.enrolments(number)[0] }
	for i, step := range [][2]string{{"Pausa!", "slides paused de"}, {"PAUSE", "slides paused de"}, {"weiter", "slides active de"}, {"Überspringen", "slides active de"}} {
		h.take(text(10+i, number, step[0]))
		require.Equal(t, step[1], state(), step[0])
	}
	require.Equal(t, 3, h.events("enrolment.changed"), "a second pause changes nothing")
	require.Equal(t, "material", one[string](h, `select lesson from enrolment_lessons where state = 'skipped'`))
	require.Zero(t, h.events("contact.replied"))

	_, _, phone := h.person()
	h.take(text(1, phone, "pause"))
	require.Equal(t, 1, h.events("contact.replied"), "whoever learns nothing has nothing to pause: it is an answer")
}

// What nobody understands is answered once a day, to those whom a course concerns.
func TestHelp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	asked := func() int { return one[int](h, `select count(*) from message_requests where template = 'course-help'`) }
	for i := range 5 {
		h.take(text(i, number, "what is this?"))
	}
	require.Equal(t, 1, asked(), "no loop")
	who, _, phone := h.person()
	h.take(text(1, phone, "see you tomorrow"))
	require.Equal(t, 1, asked(), "those who take no course write to people")
	h.take(text(2, phone, "GUIDE"))
	h.take(text(3, phone, "hm"))
	require.Equal(t, 2, asked())
	h.exec(`update course_helps set at = at - interval '1 day'`)
	h.sent(who, "sms", phone, "")
	h.take(text(4, phone, "yes, it did"))
	require.Equal(t, 2, asked(), "it answers another process")
	h.take(text(5, "+441632960199", "STOP"))
	h.take(text(6, "+441632960199", "HELP"))
	require.Equal(t, 2, asked(), "the carrier answers these")
}
