package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	h := shared(t)
	key := uuid.NewString()
	form := newPerson().fills("form")

	first := h.call(t, http.MethodPost, "/v1/leads", form, "Idempotency-Key", key)
	again := h.call(t, http.MethodPost, "/v1/leads", form, "Idempotency-Key", key)
	require.Equal(t, http.StatusAccepted, first.Status)
	require.Equal(t, first.Status, again.Status)
	require.JSONEq(t, string(first.Body), string(again.Body))
	require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
	require.Empty(t, first.Header.Get("Idempotency-Replayed"))
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))

	p := refused(t, h.call(t, http.MethodPost, "/v1/leads", newPerson().fills("form"), "Idempotency-Key", key), http.StatusUnprocessableEntity)
	require.Equal(t, []string{"Idempotency-Key"}, p.fields())
	refused(t, h.call(t, http.MethodPost, "/v1/events", event("idempotency.tested", uuid.NewString()), "Idempotency-Key", key,
		"Content-Type", "application/cloudevents+json"), http.StatusUnprocessableEntity)

	l := reaches(t, h, decode[lead](t, first, http.StatusAccepted).ID, "captured")
	require.Len(t, all[lead](t, h, "/v1/leads?contact="+l.ContactID), 1)
}

func TestTwoRequestsWithOneKeyAtOnceDoOneThing(t *testing.T) {
	t.Parallel()
	h := shared(t)
	const rounds = 20
	for range rounds {
		key := uuid.NewString()
		form := newPerson().fills("form")
		twins := together(2, 2, func(int) exchange { return h.sendTwin(form, key) })
		ids := map[string]bool{}
		for _, e := range twins {
			require.NotZero(t, e.Status, "the request got no answer")
			h.check(t, e)
			if e.Status == http.StatusConflict { // the other one is still at work
				refused(t, e, http.StatusConflict)
				require.NotEmpty(t, e.Header.Get("Retry-After"))
				require.EventuallyWithT(t, func(c *assert.CollectT) {
					e = h.call(c, http.MethodPost, "/v1/leads", form, "Idempotency-Key", key)
					require.Equal(c, http.StatusAccepted, e.Status)
				}, 5*time.Second, 20*time.Millisecond)
			}
			ids[decode[lead](t, e, http.StatusAccepted).ID] = true
		}
		require.Len(t, ids, 1, "two leads came of one")
	}
}

// sendTwin makes one of several equal requests.
func (h *house) sendTwin(form submission, key string) exchange {
	e, err := h.send(http.MethodPost, "/v1/leads", form, "Idempotency-Key", key)
	if err != nil {
		return exchange{}
	}
	return e
}

func TestALostAnswerIsFetchedAgain(t *testing.T) {
	t.Parallel()
	h := shared(t)
	// The caller hangs up before the API reads, while it writes, or while it waits for the lead to be captured.
	for patience := time.Millisecond; patience <= 8*time.Millisecond; patience += time.Millisecond {
		t.Run(patience.String(), func(t *testing.T) {
			t.Parallel()
			key := uuid.NewString()
			form := newPerson().fills("form")
			ctx, hangUp := context.WithTimeout(t.Context(), patience)
			defer hangUp()
			_, err := h.at.Call(ctx, http.MethodPost, h.at.API+"/v1/leads", form, "Idempotency-Key", key, "Prefer", "wait=10")
			require.Error(t, err, "the answer was not lost")

			var l lead
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				e := h.call(c, http.MethodPost, "/v1/leads", form, "Idempotency-Key", key, "Prefer", "wait=10")
				require.Containsf(c, []int{http.StatusCreated, http.StatusAccepted}, e.Status, "%s", e.Body)
				require.NoError(c, e.Decode(&l))
			}, 5*time.Second, 50*time.Millisecond)
			l = reaches(t, h, l.ID, "captured")
			require.Len(t, all[lead](t, h, "/v1/leads?contact="+l.ContactID), 1)
			require.Len(t, h.mailAbout(t, l.ID), 1)
		})
	}
}
