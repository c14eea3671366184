package pages_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/links"
)

var everyTopic = []string{"news", "offers", "tips", "events", "surveys", "upgrades"}

func TestPreferencesShowWhatStands(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	h.exec(`update contacts set language = 'de-AT' where id = $1`, who)
	h.exec(`insert into consents (contact_id, purpose, granted, source, at) values ($1, 'sms_marketing', false, 'stop', $2)`, who, noon)
	h.exec(`insert into topic_choices (contact_id, topic, wanted, source, at) values ($1, 'offers', false, 'form', $2), ($1, 'garden-tools', true, 'form', $2)`, who, noon)
	h.exec(`insert into contact_preferences (contact_id, channel, updated_at) values ($1, 'sms', $2)`, who, noon)

	w := h.get(links.Preferences, who)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, url.Values{
		"purpose": {"email_marketing"}, "topic": {"news", "tips", "events", "surveys", "upgrades", "garden-tools"}, "channel": {"sms"}, "language": {"de"},
	}, fields(t, w.Body.String()))
	require.Contains(t, w.Body.String(), "a***@example.com")
	require.NotContains(t, w.Body.String(), "ada1@example.com", "whoever looks over a shoulder learns no address")
	require.NotContains(t, w.Body.String(), "+4915112345001")
}

// A page that is sent back unchanged leaves everything as it is, undecided things undecided.
func TestSavingNothingNewWritesNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	h.exec(`delete from consents where purpose = 'sms_marketing'`)
	form := fields(t, h.get(links.Preferences, who).Body.String())
	form.Set("do", "save")
	before := h.contents()
	require.Contains(t, h.post(links.Preferences, who, form).Body.String(), "Your preferences are saved.")
	require.Equal(t, before, h.contents())
}

func TestPreferencesAreSaved(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	form := url.Values{
		"do": {"save"}, "purpose": {"sms_marketing"}, "topic": {"news", "tips"}, "channel": {"sms"}, "language": {"fr"},
	}
	w := h.post(links.Preferences, who, form)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), `<html lang="fr">`, "the answer is in the language that was chosen")
	form.Del("do")
	require.Equal(t, form, fields(t, w.Body.String()), "the page shows what was saved")
	require.False(t, h.granted(who, "email_marketing"))
	require.True(t, h.granted(who, "sms_marketing"))
	require.Equal(t, 4, one[int](h, `select count(*) from topic_choices where not wanted and source = 'preference-page'`))
	require.Equal(t, "fr", one[string](h, `select language from contacts where id = $1`, who))
	require.Equal(t, "sms", one[string](h, `select channel from contact_preferences where contact_id = $1`, who))
	require.Equal(t, 5, h.told("contact.opted-out", who), "one for the purpose, one for each topic")

	form.Set("do", "save")
	before := h.contents()
	h.post(links.Preferences, who, form)
	require.Equal(t, before, h.contents(), "saving again changes nothing")
}

// Only what the page offers can be saved: a form is no way to other purposes, channels or languages.
func TestAFormDecidesNothingThatThePageDoesNotOffer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	h.exec(`update contacts set phone = null where id = $1`, who)
	before := h.contents()
	h.post(links.Preferences, who, url.Values{
		"do": {"save"}, "purpose": {"email_marketing", "sms_marketing", "tracking"}, "topic": append([]string{"secret"}, everyTopic...), "channel": {"sms"}, "language": {"xx"},
	})
	require.Equal(t, before, h.contents())

	w := h.post(links.Preferences, who, url.Values{"do": {"erase"}})
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "That could not be read")
	require.Equal(t, before, h.contents())
}

func TestEverythingIsStopped(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, other := h.person(), h.person()
	w := h.post(links.Preferences, who, url.Values{"do": {"stop"}})
	require.Contains(t, w.Body.String(), "We no longer send you any advertising or news.")
	require.Empty(t, fields(t, w.Body.String())["purpose"])
	require.False(t, h.granted(who, "email_marketing"))
	require.False(t, h.granted(who, "sms_marketing"))
	require.Equal(t, 2, one[int](h, `select count(*) from suppressions where contact_id = $1 and scope = 'marketing' and source = 'preference-page'`, who))
	require.True(t, h.granted(other, "email_marketing"))

	before := h.contents()
	h.post(links.Preferences, who, url.Values{"do": {"stop"}})
	require.Equal(t, before, h.contents())
}
