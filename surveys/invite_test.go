package surveys_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/surveys"
)

func TestOnePersonIsAskedOnceAboutOneOccasion(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person("")
	ask := surveys.Ask{For: surveys.Sale, ContactID: who, Occasion: "sale-1"}
	kept := make([]surveys.Invitation, 5)
	errs := make([]error, len(kept))
	var all sync.WaitGroup
	for i := range kept {
		all.Go(func() { kept[i], errs[i] = h.invite(noon, ask) })
	}
	all.Wait()
	for i := range kept {
		require.NoError(t, errs[i])
		require.Equal(t, ask.InvitationID(), kept[i].ID)
	}
	require.Equal(t, "satisfaction", kept[0].Name)
	require.Equal(t, noon.AddDate(0, 0, 30), kept[0].ExpiresAt)
	require.Equal(t, 1, one[int](h, `select count(*) from survey_invitations`))

	again, err := h.invite(noon.AddDate(0, 0, 9), ask)
	require.NoError(t, err)
	require.Equal(t, kept[0].ExpiresAt, again.ExpiresAt, "asking again gives no more time")

	_, err = h.invite(noon, surveys.Ask{Survey: "satisfaction", ContactID: who, Occasion: "sale-1"})
	require.ErrorIs(t, err, surveys.ErrAsked, "another wish for the same")
	_, err = h.invite(noon, surveys.Ask{Survey: "satisfaction", ContactID: who, Occasion: "sale-2"})
	require.NoError(t, err)
}

func TestWhoOrWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	h := setup(t)
	joined := h.person("")
	h.exec(`update contacts set merged_into = $2 where id = $1`, joined, h.person(""))
	for name, tc := range map[string]struct {
		ask  surveys.Ask
		want error
	}{
		"nobody":      {surveys.Ask{Survey: "service", ContactID: uuid.New(), Occasion: "a"}, surveys.ErrNobody},
		"joined":      {surveys.Ask{Survey: "service", ContactID: joined, Occasion: "a"}, surveys.ErrNobody},
		"no survey":   {surveys.Ask{Survey: "none", ContactID: h.person(""), Occasion: "a"}, definitions.ErrUnknown},
		"no standard": {surveys.Ask{For: "christmas", ContactID: h.person(""), Occasion: "a"}, definitions.ErrUnknown},
		"no occasion": {surveys.Ask{ContactID: h.person(""), Occasion: "a"}, definitions.ErrUnknown},
	} {
		_, err := h.invite(noon, tc.ask)
		require.ErrorIs(t, err, tc.want, name)
	}
	require.Zero(t, one[int](h, `select count(*) from survey_invitations`))
}

// What the house wrote goes before what is built in.
func TestTheStandardSurvey(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for occasion, want := range map[string]string{surveys.Sale: "satisfaction", surveys.Service: "service", surveys.Retention: "sleepy"} {
		name, err := surveys.StandardFor(t.Context(), h.pool, occasion)
		require.NoError(t, err)
		require.Equal(t, want, name)
	}
	own := plain(english("score", surveys.NPS))
	own.StandardFor = surveys.Sale
	h.publish("ours", own)
	h.publish("zebra", own)
	name, err := surveys.StandardFor(t.Context(), h.pool, surveys.Sale)
	require.NoError(t, err)
	require.Equal(t, "ours", name)
}

// The form speaks the person's language as it was when they were asked.
func TestTheFormSpeaksThePersonsLanguage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for wanted, want := range map[string]string{"de": "de", "de-AT": "de", "DE-ch": "de", "en-US": "en", "fr": "en", "": "en", "d": "en"} {
		kept, err := h.invite(noon, surveys.Ask{Survey: "satisfaction", ContactID: h.person(wanted), Occasion: "a"})
		require.NoError(t, err)
		h.exec(`update contacts set language = 'xx'`)
		form, err := surveys.Load(t.Context(), h.pool, kept.ID)
		require.NoError(t, err)
		require.Equal(t, want, form.Language, wanted)
		require.Equal(t, map[string]string{"de": "Wie war Ihr Einkauf?", "en": "How was your purchase?"}[want], form.Title)
	}
	_, err := surveys.Load(t.Context(), h.pool, uuid.New())
	require.ErrorIs(t, err, surveys.ErrUnknown)
}

func TestTheFormOffersItsScales(t *testing.T) {
	t.Parallel()
	h := setup(t)
	kept, err := h.invite(noon, surveys.Ask{Survey: "service", ContactID: h.person("en"), Occasion: "a"})
	require.NoError(t, err)
	form, err := surveys.Load(t.Context(), h.pool, kept.ID)
	require.NoError(t, err)
	options := map[string][]surveys.Option{}
	for _, q := range form.Questions {
		options[q.ID] = q.Options
	}
	require.Equal(t, []surveys.Option{
		{ID: "1", Label: "1 – very dissatisfied"}, {ID: "2", Label: "2"}, {ID: "3", Label: "3"}, {ID: "4", Label: "4"}, {ID: "5", Label: "5 – very satisfied"},
	}, options["satisfied"])
	require.Len(t, options["recommend"], 11)
	require.Equal(t, surveys.Option{ID: "0", Label: "0 – not at all likely"}, options["recommend"][0])
	require.Equal(t, []surveys.Option{{ID: "yes", Label: "Yes"}, {ID: "partly", Label: "In part"}, {ID: "no", Label: "No"}}, options["solved"])
	require.Empty(t, options["words"])

	require.Equal(t, surveys.Open, form.StateAt(noon.AddDate(0, 0, 30).Add(-time.Nanosecond)))
	require.Equal(t, surveys.Expired, form.StateAt(noon.AddDate(0, 0, 30)))
}

// The form was first shown once, and only while it was open.
func TestOpenedIsNotedOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation := h.invited("satisfaction")
	require.NoError(t, surveys.MarkOpened(t.Context(), h.pool, noon.AddDate(0, 0, 31), invitation))
	require.True(t, one[bool](h, `select opened_at is null from survey_invitations`))
	for i := range 2 {
		require.NoError(t, surveys.MarkOpened(t.Context(), h.pool, noon.Add(time.Duration(i)*time.Hour), invitation))
	}
	require.Equal(t, noon, one[time.Time](h, `select opened_at from survey_invitations`).UTC())
}
