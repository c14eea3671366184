package e2e_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noonZone is a zone in which it is about noon now: whoever lives there may be written to.
func noonZone() string {
	switch ahead := 12 - time.Now().UTC().Hour(); {
	case ahead > 0:
		return fmt.Sprintf("Etc/GMT-%d", ahead) // its sign is that of POSIX: ahead of Greenwich is minus
	case ahead < 0:
		return fmt.Sprintf("Etc/GMT+%d", -ahead)
	}
	return "UTC"
}

// texts waits until so many text messages went to a number and returns them, the oldest first.
func (h *house) texts(t *testing.T, to string, count int) []sentMessage {
	t.Helper()
	var mine []sentMessage
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		mine = nil
		for _, m := range h.outbox(c, "sms") {
			if m.To == to {
				mine = append(mine, m)
			}
		}
		require.Lenf(c, mine, count, "%+v", mine)
	}, 20*time.Second, 50*time.Millisecond)
	return mine
}

// plays lets the sandbox play the customer who got a message.
func (h *house) plays(t *testing.T, m sentMessage, action string, input any) {
	t.Helper()
	answer, err := h.at.Call(t.Context(), http.MethodPost, h.at.Outbox+"/outbox/messages/"+m.ID+"/"+action, input)
	require.NoError(t, err)
	require.Less(t, answer.Status, 300, "%s", answer.Body)
}

func TestADeliveryThatDidNotArriveIsSentAgain(t *testing.T) {
	t.Parallel()
	h := shared(t)
	customer := reachable()
	l := settled(t, h, customer.fills("form").with("time_zone", noonZone()).with("language", "en"))
	order := "order-" + uuid.NewString()
	about := map[string]any{"order_id": order, "contact_id": l.ContactID}
	due := map[string]any{"order_id": order, "contact_id": l.ContactID, "arrives_on": time.Now().AddDate(0, 0, -2).Format(time.DateOnly)}
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.delivery-due", order).about(due), asEvent...)

	question := h.texts(t, customer.phone, 1)[0]
	require.Contains(t, question.Text, "Did it arrive?")
	h.plays(t, question, "reply", map[string]any{"text": "hm, which one?"})
	clarify := h.texts(t, customer.phone, 2)[1]
	require.Contains(t, clarify.Text, "1 = yes")
	h.plays(t, clarify, "reply", map[string]any{"text": "No, it hasn’t arrived yet"})
	require.Contains(t, h.texts(t, customer.phone, 3)[2].Text, "sorry")

	require.Equal(t, "missing", closes(t, h, "/v1/processes/service-arrival/runs/"+order).Outcome)
	var alert task
	for _, mine := range all[task](t, h, "/v1/tasks?contact="+l.ContactID) {
		if mine.Kind == "delivery-missing" {
			alert = mine
		}
	}
	require.NotEmpty(t, alert.ID, "the manager knows")
	require.NotEmpty(t, alert.Assignee)

	again := "/v1/processes/order-resend/runs/" + order
	waits(t, h, again, "The delivery is sent again")
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.sent-again", order).about(about), asEvent...)
	require.Equal(t, "sent", closes(t, h, again).Outcome)
}
