package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// learner is an enrolment, as far as the test looks at it.
type learner struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Contact string `json:"contact_id"`
	Lessons []struct {
		Lesson      string     `json:"lesson"`
		State       string     `json:"state"`
		DeliveredAt *time.Time `json:"delivered_at"`
	} `json:"lessons"`
}

// juggling is a course; lessons are keys and how long after the one before they come.
func juggling(lessons ...[2]string) map[string]any {
	list := []map[string]any{}
	for _, l := range lessons {
		list = append(list, map[string]any{
			"key": l[0], "title": map[string]string{"en": l[0]}, "text": map[string]string{"en": "This is " + l[0] + "."}, "when": map[string]string{"after": l[1]},
		})
	}
	return map[string]any{"body": map[string]any{
		"title": map[string]string{"en": "Juggling"}, "languages": []string{"en"}, "spacing": "1m",
		"keywords": []map[string]string{{"word": "JUGGLE", "language": "en"}}, "lessons": list,
	}}
}

// A customer asks for a course by text message, pauses, goes on, gets what the teacher has changed meanwhile, and stops.
func TestACourseByTextMessage(t *testing.T) {
	h := newHouse(t, "PERDURA_CLOCK_SPEED=600")
	h.start(t, "")
	decode[map[string]any](t, h.call(t, http.MethodPut, "/v1/definitions/course/juggling", juggling([2]string{"one", ""}, [2]string{"two", "2h"}, [2]string{"three", "30d"})), http.StatusOK)

	customer := reachable()
	l := settled(t, h, customer.fills("form").with("time_zone", noonZone()).with("language", "en"))
	order := "order-" + uuid.NewString()
	due := map[string]any{"order_id": order, "contact_id": l.ContactID, "arrives_on": time.Now().AddDate(0, 0, -2).Format(time.DateOnly)}
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.delivery-due", order).about(due), asEvent...)
	question := h.texts(t, customer.phone, 1)[0]

	h.plays(t, question, "reply", map[string]any{"text": "Juggle!"})
	first := h.texts(t, customer.phone, 2)[1]
	require.Contains(t, first.Text, "This is one.")
	h.plays(t, first, "reply", map[string]any{"text": "pause"})
	require.Contains(t, h.texts(t, customer.phone, 3)[2].Text, "waits")
	mine := get[page[learner]](t, h, "/v1/courses/juggling/learners").Items
	require.Len(t, mine, 1)
	require.Equal(t, "paused", mine[0].State)
	run := "/v1/processes/course/runs/" + mine[0].ID
	waits(t, h, run, "The learner pauses")

	h.plays(t, first, "reply", map[string]any{"text": "RESUME"})
	require.Contains(t, h.texts(t, customer.phone, 4)[3].Text, "goes on")
	require.Contains(t, h.texts(t, customer.phone, 5)[4].Text, "This is two.")
	waits(t, h, run, "The next lesson waits for its time")

	decode[map[string]any](t, h.call(t, http.MethodPut, "/v1/definitions/course/juggling", juggling([2]string{"one", ""}, [2]string{"better", "1m"}, [2]string{"three", "30d"})), http.StatusOK)
	better := h.texts(t, customer.phone, 6)[5]
	require.Contains(t, better.Text, "This is better.")
	waits(t, h, run, "The next lesson waits for its time")

	h.plays(t, better, "reply", map[string]any{"text": "Stop"})
	require.Equal(t, "left", closes(t, h, run).Outcome)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		e := get[learner](c, h, "/v1/enrolments/"+mine[0].ID)
		require.Equal(c, "left", e.State)
		require.Len(c, e.Lessons, 3)
		for i, key := range []string{"one", "two", "better"} {
			require.Equal(c, key, e.Lessons[i].Lesson)
			require.Equal(c, "given", e.Lessons[i].State)
			require.NotNil(c, e.Lessons[i].DeliveredAt)
		}
	}, 20*time.Second, 100*time.Millisecond)
	h.texts(t, customer.phone, 6) // nothing after the STOP
}

// Whoever confirms a delivery learns how the product is used.
func TestAConfirmedDeliveryBeginsTheInstructions(t *testing.T) {
	t.Parallel()
	h := shared(t)
	customer := reachable()
	l := settled(t, h, customer.fills("form").with("time_zone", noonZone()).with("language", "en"))
	order := "order-" + uuid.NewString()
	due := map[string]any{"order_id": order, "contact_id": l.ContactID, "arrives_on": time.Now().AddDate(0, 0, -2).Format(time.DateOnly), "product": "starter-kit"}
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.delivery-due", order).about(due), asEvent...)
	h.plays(t, h.texts(t, customer.phone, 1)[0], "reply", map[string]any{"text": "Yes, thank you"})
	require.Equal(t, "arrived", closes(t, h, "/v1/processes/service-arrival/runs/"+order).Outcome)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for _, e := range all[learner](t, h, "/v1/courses/instructions/learners") {
			if e.Contact == l.ContactID {
				require.Len(c, e.Lessons, 1)
				require.Equal(c, "unpack", e.Lessons[0].Lesson)
				return
			}
		}
		require.Fail(c, "not enrolled yet")
	}, 20*time.Second, 100*time.Millisecond)
}
