package api_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/definitions"
)

const twilioToken = "12345"

func school(t *testing.T) *house {
	return setup(t, func(o *api.Options) {
		o.Kinds = []definitions.AnyKind{courses.Kind}
		o.Webhooks.TwilioAuthToken, o.Webhooks.PublicURL = twilioToken, "https://perdura.example.com"
	})
}

// texts lets somebody write a text message to the house, as Twilio tells it.
func (h *house) texts(sid, from, words, token string) int {
	form := url.Values{"MessageSid": {sid}, "SmsStatus": {"received"}, "From": {from}, "To": {"+441632960000"}, "Body": {words}}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte("https://perdura.example.com/v1/webhooks/twilio"))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/webhooks/twilio", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	rec := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(rec, r)
	return rec.Code
}

func items(r reply) []map[string]any {
	r.t.Helper()
	var out []map[string]any
	for _, item := range r.json()["items"].([]any) {
		out = append(out, item.(map[string]any))
	}
	return out
}

func TestATextMessageEnrolsOverHTTP(t *testing.T) {
	t.Parallel()
	h := school(t)
	require.Equal(t, http.StatusUnauthorized, h.texts("SM0", "+441632960123", "SLIDES", "wrong"))
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if code := h.texts(fmt.Sprint("SM", i%40), "+441632960123", "Slides!", twilioToken); code != http.StatusOK {
				t.Errorf("answered %d", code)
			}
		})
	}
	wg.Wait()
	learners := items(h.send("GET", "/v1/courses/slides/learners", "").want(200))
	require.Len(t, learners, 1)
	require.Equal(t, "active", learners[0]["state"])
	require.Equal(t, http.StatusOK, h.texts("SM100", "+441632960123", "STOP", twilioToken))
	require.Equal(t, "left", h.send("GET", "/v1/enrolments/"+learners[0]["id"].(string), "").want(200).json()["state"])
	require.Empty(t, items(h.send("GET", "/v1/courses/slides/learners?state=active", "").want(200)))
	h.send("POST", "/v1/courses/slides/enrolments", `{"phone":"+44 1632 960123"}`).want(409)
}

func TestATeacherEnrolsAndMovesLearners(t *testing.T) {
	t.Parallel()
	h := school(t)
	first := h.send("POST", "/v1/courses/slides/enrolments", `{"phone":"+44 1632 960123","language":"de"}`, "Idempotency-Key", "enrol-1").want(201)
	id := first.json()["id"].(string)
	require.Equal(t, "/v1/enrolments/"+id, first.Header().Get("Location"))
	require.Equal(t, id, h.send("POST", "/v1/courses/slides/enrolments", `{"phone":"+441632960123"}`).want(200).json()["id"])
	require.Equal(t, "email", h.send("POST", "/v1/courses/slides/enrolments", `{"email":"ada@example.com"}`).want(201).json()["channel"])

	move := func(verb string) map[string]any {
		return h.send("POST", "/v1/enrolments/"+id+"/"+verb, "").want(200).json()
	}
	require.Equal(t, "paused", move("pause")["state"])
	require.Equal(t, "paused", move("pause")["state"])
	require.Equal(t, "active", move("resume")["state"])
	for range 2 {
		skipped := h.send("POST", "/v1/enrolments/"+id+"/skip", "", "Idempotency-Key", "skip-1").want(200).json()
		require.Len(t, skipped["lessons"], 1, "a repeat skips nothing")
		h.exec(`delete from idempotency_keys where key = 'skip-1'`) // nor when its answer was lost in a crash
	}
	require.Equal(t, "left", move("leave")["state"])
	require.Equal(t, "left", move("leave")["state"])
	h.send("POST", "/v1/enrolments/"+id+"/resume", "").want(409)
	h.send("POST", "/v1/enrolments/"+uuid.NewString()+"/pause", "").want(404)
	h.send("GET", "/v1/enrolments/"+uuid.NewString(), "").want(404)
	require.Equal(t, 4, dbtest.One[int](t, h.pool, `select count(*) from events where type = 'enrolment.changed' and subject = $1`, id))

	for _, c := range items(h.send("GET", "/v1/courses", "").want(200)) {
		if c["name"] == "slides" {
			require.Equal(t, map[string]any{"active": 1.0, "left": 1.0}, c["learners"])
		}
	}
}

func TestWhatCannotBeEnrolledIsNamed(t *testing.T) {
	t.Parallel()
	h := school(t)
	for body, field := range map[string]string{
		`{}`: "contact_id", `{"phone":"+441632960123","email":"ada@example.com"}`: "contact_id", `{"phone":"one"}`: "phone", `{"email":"nobody"}`: "email",
		`{"phone":"+441632960123","language":"fr"}`: "language", `{"contact_id":"` + uuid.NewString() + `"}`: "contact_id",
	} {
		require.Equal(t, []string{field}, h.send("POST", "/v1/courses/slides/enrolments", body).want(422).refusal(), body)
	}
	h.send("POST", "/v1/courses/none/enrolments", `{"phone":"+441632960123"}`).want(404)
	h.send("GET", "/v1/courses/none/learners", "").want(404)
	reader := h.newKey("courses:read")
	h.send("POST", "/v1/courses/slides/enrolments", `{"phone":"+441632960123"}`, "Authorization", "Bearer "+reader).want(403)
	h.send("GET", "/v1/courses", "", "Authorization", "Bearer "+reader).want(200)
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from contacts`))
}

// A change of a course is told to its learners; one that takes another's word is refused, and changes nothing.
func TestATeacherWritesACourse(t *testing.T) {
	t.Parallel()
	h := school(t)
	id := h.send("POST", "/v1/courses/slides/enrolments", `{"phone":"+441632960123"}`).want(201).json()["id"].(string)
	course := func(word, closed string) string {
		return `{"body":{"title":{"en":"New"},"languages":["en"],"keywords":[{"word":"` + word + `","language":"en"}],"closed":` + closed + `,
			"lessons":[{"key":"one","text":{"en":"One."}}]}}`
	}
	require.Equal(t, []string{"body.keywords[0].word"}, h.send("PUT", "/v1/definitions/course/slides", course("guide!", "false")).want(422).refusal())
	require.Equal(t, []string{"body.keywords[0].word"}, h.send("PUT", "/v1/definitions/course/slides", course("stop", "false")).want(422).refusal())
	told := func() int {
		return dbtest.One[int](t, h.pool, `select count(*) from events where type = 'enrolment.changed' and subject = $1`, id)
	}
	require.Zero(t, told())
	h.send("PUT", "/v1/definitions/course/slides", course("slides", "false")).want(200)
	h.send("PUT", "/v1/definitions/course/slides", course("slides", "false")).want(200)
	require.Equal(t, 1, told(), "the same once more is no change")
	h.send("PUT", "/v1/definitions/course/slides", course("slides", "true")).want(200)
	h.send("POST", "/v1/courses/slides/enrolments", `{"phone":"+441632960124"}`).want(409)
	require.Equal(t, http.StatusOK, h.texts("SM1", "+441632960125", "SLIDES", twilioToken))
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from enrolments e join contacts c on c.id = e.contact_id where c.phone = '+441632960125'`))
}

// What a course names has to be there.
func TestACourseNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	h := school(t)
	put := func(owner, template string) reply {
		return h.send("PUT", "/v1/definitions/course/juggling", fmt.Sprintf(`{"body":{"title":{"en":"Juggling"},"languages":["en"],%s
			"lessons":[{"key":"one","title":{"en":"One ball"},"text":{"en":"Throw."}},{"key":"two","template":%q,"title":{"en":"Two balls"},"text":{"en":"Throw, throw."}}]}}`, owner, template))
	}
	require.Equal(t, []string{"body.owner", "body.lessons[1].template"}, put(`"owner":"`+uuid.NewString()+`",`, "no-such-template").want(422).refusal())
	h.exec(`insert into communication_templates (name, version, state, class, purpose, definition, author, created_at) values ('juggling-two', 1, 'draft', 'transactional', 'x', '{}', 'test', now())`)
	require.Equal(t, []string{"body.lessons[1].template"}, put("", "juggling-two").want(422).refusal(), "a draft is not sent")
	h.send("GET", "/v1/definitions/course/juggling", "").want(404)
	h.exec(`update communication_templates set state = 'published', published_at = now() where name = 'juggling-two'`)
	put("", "juggling-two").want(200)
}
