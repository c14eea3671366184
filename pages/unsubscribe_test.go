package pages_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/links"
)

var oneClick = url.Values{"List-Unsubscribe": {"One-Click"}}

// told are the events of a type about somebody.
func (h *house) told(event string, contact uuid.UUID) int {
	h.t.Helper()
	return one[int](h, `select count(*) from events where type = $1 and subject = $2`, event, contact.String())
}

// A mailbox posts RFC 8058's body in either encoding, and may do so again.
func TestOneClickUnsubscribes(t *testing.T) {
	t.Parallel()
	var parts bytes.Buffer
	form := multipart.NewWriter(&parts)
	require.NoError(t, form.WriteField("List-Unsubscribe", "One-Click"))
	require.NoError(t, form.Close())
	for name, body := range map[string]struct{ kind, text string }{
		"url-encoded": {"application/x-www-form-urlencoded", oneClick.Encode()},
		"multipart":   {form.FormDataContentType(), parts.String()},
		"button":      {"application/x-www-form-urlencoded", "do=unsubscribe"},
		"no body":     {"", ""},
		"no form":     {"multipart/form-data; boundary=x", "List-Unsubscribe=One-Click"},
		"spoilt":      {"application/x-www-form-urlencoded", "List-Unsubscribe=%zz"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			who := h.person()
			message := h.sent(who, "email_marketing")
			send := func() *bytes.Buffer {
				w := h.serve(h.pages, links.Unsubscribe, h.links.Token(links.Unsubscribe, message, 0), http.MethodPost, body.text,
					func(r *http.Request) { r.Header.Set("Content-Type", body.kind) })
				require.Equal(t, http.StatusOK, w.Code)
				require.Contains(t, w.Body.String(), "You are unsubscribed")
				return w.Body
			}
			send()
			require.False(t, h.granted(who, "email_marketing"))
			require.True(t, h.granted(who, "sms_marketing"), "another channel is another matter")
			require.Equal(t, 1, h.told("contact.opted-out", who))
			require.Equal(t, 1, h.told("message.engaged", who))
			require.True(t, one[bool](h, `select unsubscribed_at = $2 from messages where id = $1`, message, noon))
			require.Equal(t, "one-click", one[string](h, `select source from consents where not granted`))
			require.EqualValues(t, 1, h.poked.Load())

			before := h.contents()
			send()
			require.Equal(t, before, h.contents(), "twice is harmless")
		})
	}
}

func TestManyClicksAtOnceUnsubscribeOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	message := h.sent(who, "email_marketing")
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { h.post(links.Unsubscribe, message, oneClick) })
	}
	all.Wait()
	require.Equal(t, 1, one[int](h, `select count(*) from consents where not granted`))
	require.Equal(t, 1, h.told("contact.opted-out", who))
	require.Equal(t, 1, h.told("message.engaged", who))
}

func TestUnsubscribingIsTakenBack(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	message := h.sent(who, "email_marketing")
	undo := url.Values{"do": {"undo"}}

	before := h.contents()
	require.Equal(t, http.StatusOK, h.post(links.Unsubscribe, message, undo).Code)
	require.Equal(t, before, h.contents(), "whoever has withdrawn nothing is granted nothing")

	h.post(links.Unsubscribe, message, oneClick)
	require.Contains(t, h.get(links.Unsubscribe, message).Body.String(), "You are unsubscribed")
	require.Contains(t, h.post(links.Unsubscribe, message, undo).Body.String(), "You are subscribed again")
	require.True(t, h.granted(who, "email_marketing"))
	require.Contains(t, h.get(links.Unsubscribe, message).Body.String(), "Press the button")
}

// A message without a purpose belongs to everything that is not owed: its link ends all of that.
func TestALinkWithoutPurposeEndsEverything(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.person()
	h.exec(`insert into consents (contact_id, purpose, granted, source, at) values ($1, 'tracking', true, 'form', $2)`, who, noon.AddDate(0, 0, -1))
	message := h.sent(who, "")
	h.post(links.Unsubscribe, message, oneClick)
	for _, purpose := range []string{"email_marketing", "sms_marketing", "tracking"} {
		require.False(t, h.granted(who, purpose), purpose)
	}
	require.Equal(t, 2, one[int](h, `select count(*) from suppressions where lifted_at is null and reason = 'unsubscribe' and scope = 'marketing'`))

	h.post(links.Unsubscribe, message, url.Values{"do": {"undo"}})
	require.True(t, h.granted(who, "email_marketing"))
	require.Zero(t, one[int](h, `select count(*) from suppressions where lifted_at is null`))
}

func TestATestMessageConcernsNobody(t *testing.T) {
	t.Parallel()
	h := setup(t)
	message := h.sent(h.person(), "email_marketing")
	h.exec(`update messages set test = true`)
	before := h.contents()
	require.Contains(t, h.post(links.Unsubscribe, message, oneClick).Body.String(), "You are unsubscribed")
	require.Equal(t, before, h.contents())
}

func TestTheChoiceOfAJoinedContactIsTheOthers(t *testing.T) {
	t.Parallel()
	h := setup(t)
	joined, stays := h.person(), h.person()
	h.exec(`update contacts set merged_into = $2 where id = $1`, joined, stays)
	h.post(links.Unsubscribe, h.sent(joined, "email_marketing"), oneClick)
	require.False(t, h.granted(stays, "email_marketing"))
}
