package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
)

func TestRepeatGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first := h.send("POST", "/v1/leads", aLead, "Idempotency-Key", "k1").want(http.StatusAccepted)
	second := h.send("POST", "/v1/leads", aLead, "Idempotency-Key", "k1").want(http.StatusAccepted)
	require.Equal(t, first.Body.String(), second.Body.String())
	require.Equal(t, first.Header().Get("Location"), second.Header().Get("Location"))
	require.Equal(t, "true", second.Header().Get("Idempotency-Replayed"))
	require.Empty(t, first.Header().Get("Idempotency-Replayed"))
	require.Equal(t, 1, h.counts()["leads"])

	// Another body or another path is another request.
	other := `{"email":"bob@example.com","source":"website","channel":"form"}`
	require.Equal(t, []string{"Idempotency-Key"}, h.send("POST", "/v1/leads", other, "Idempotency-Key", "k1").want(http.StatusUnprocessableEntity).refusal())
	h.send("POST", "/v1/processes/order-care/runs", `{"order_id":"`+uuid.NewString()+`"}`, "Idempotency-Key", "k1").want(http.StatusUnprocessableEntity)
	// Another caller's keys are none of ours.
	h.key = h.newKey("leads:write")
	h.send("POST", "/v1/leads", other, "Idempotency-Key", "k1").want(http.StatusAccepted)
	require.Equal(t, 2, h.counts()["leads"])
}

func TestRefusalIsRepeatedToo(t *testing.T) {
	t.Parallel()
	h := setup(t)
	path := "/v1/leads/" + uuid.NewString() + "/amend"
	first := h.send("POST", path, `{"email":"x@example.com"}`, "Idempotency-Key", "k").want(http.StatusNotFound)
	second := h.send("POST", path, `{"email":"x@example.com"}`, "Idempotency-Key", "k").want(http.StatusNotFound)
	require.Equal(t, first.Body.String(), second.Body.String())
	require.Equal(t, "true", second.Header().Get("Idempotency-Replayed"))
	require.Equal(t, "application/problem+json", second.Header().Get("Content-Type"))
	// A body that cannot be read is no use of the key: the client may correct it.
	h.send("POST", "/v1/leads", `{"email":1}`, "Idempotency-Key", "k2").want(http.StatusUnprocessableEntity)
	h.send("POST", "/v1/leads", aLead, "Idempotency-Key", "k2").want(http.StatusAccepted)
}

func TestTwoAtOnceMakeOneLead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for round := range 5 {
		codes := make([]int, 6)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				codes[i] = h.send("POST", "/v1/leads", aLead, "Idempotency-Key", fmt.Sprint("round", round)).Code
			})
		}
		wg.Wait()
		for _, code := range codes {
			require.Contains(t, []int{http.StatusAccepted, http.StatusConflict}, code)
		}
		require.Contains(t, codes, http.StatusAccepted)
		require.Equal(t, round+1, h.counts()["leads"])
	}
}

// TestCrashBetweenCommitAndAnswer plays a server that died after its commit: the row says that the first call is at work.
func TestCrashBetweenCommitAndAnswer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	task, user := h.task(), h.user()
	review := h.review()
	calls := []struct{ path, body string }{
		{"/v1/reviews/" + review + "/decide", `{"decision":"merge"}`},
		{"/v1/leads", aLead},
		{"/v1/processes/welcome/runs", `{"order_id":"0198c8a0-0000-7000-8000-000000000001"}`},
		{"/v1/processes/order-care/runs", `{"order_id":"0198c8a0-0000-7000-8000-000000000001"}`},
		{"/v1/processes/order-care/runs/0198c8a0-0000-7000-8000-000000000001/signals/paid", `{"cents":5}`},
		{"/v1/tasks/" + task + "/reassign", `{"assignee":"` + user + `"}`},
		{"/v1/tasks/" + task + "/complete", `{"outcome":"accepted"}`},
		{"/v1/leads/imports", "email\nada@example.com\n"},
	}
	for i, call := range calls {
		key, typ := fmt.Sprint("crash", i), "application/json"
		if call.path == "/v1/leads/imports" {
			typ = "text/csv"
		}
		send := func() reply {
			return h.send("POST", call.path, call.body, "Idempotency-Key", key, "Content-Type", typ)
		}
		first := send()
		require.Less(t, first.Code, 300, first.Body.String())
		kept := h.counts()
		h.exec(`update idempotency_keys set status = null, header = null, body = null where key = $1`, key)
		busy := send().want(http.StatusConflict)
		require.Equal(t, "1", busy.Header().Get("Retry-After"))
		require.Equal(t, kept, h.counts())

		h.exec(`update idempotency_keys set locked_until = now() - interval '1 second' where key = $1`, key)
		again := send().want(first.Code)
		require.Empty(t, again.Header().Get("Idempotency-Replayed"))
		require.JSONEq(t, first.Body.String(), again.Body.String(), call.path)
		require.Equal(t, kept, h.counts(), "%s did something twice", call.path)
		require.Equal(t, "true", send().want(first.Code).Header().Get("Idempotency-Replayed"))
	}
}

func TestFailureGivesTheKeyBack(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.startedRun()
	h.runs.down = true
	path := "/v1/processes/order-care/runs/" + id + "/updates/approve"
	r := h.send("POST", path, `{"cents":5}`, "Idempotency-Key", "k").want(http.StatusServiceUnavailable)
	require.NotEmpty(t, r.Header().Get("Retry-After"))
	require.Zero(t, h.counts()["idempotency_keys"])
	h.runs.down = false
	h.runs.update = grants
	h.send("POST", path, `{"cents":5}`, "Idempotency-Key", "k").want(http.StatusOK)
}

func TestAnswersExpire(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Limits.Replay = time.Hour })
	h.send("POST", "/v1/leads", aLead, "Idempotency-Key", "k").want(http.StatusAccepted)
	h.exec(`update idempotency_keys set created_at = now() - interval '2 hours'`)
	h.send("POST", "/v1/leads", `{"phone":"1","source":"s","channel":"api"}`, "Idempotency-Key", "k").want(http.StatusAccepted)
	var n int
	require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from idempotency_keys`).Scan(&n))
	require.Equal(t, 1, n)
}

// Whoever hangs up, at whatever moment, finds the key free or the answer there when they come again.
func TestACallerWhoHangsUpLeavesNoReservation(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.send("POST", "/v1/leads", aLead, "Idempotency-Key", "warm").want(http.StatusAccepted)
	for i := range 150 {
		ctx, hangUp := context.WithTimeout(t.Context(), time.Duration(i)*20*time.Microsecond)
		r := h.request("POST", "/v1/leads", aLead, "Idempotency-Key", fmt.Sprint("k", i)).WithContext(ctx)
		h.server.Handler().ServeHTTP(httptest.NewRecorder(), r)
		hangUp()
	}
	reserved := 0
	require.NoError(t, h.pool.QueryRow(t.Context(), `select count(*) from idempotency_keys where status is null`).Scan(&reserved))
	require.Zero(t, reserved, "keys stay reserved for requests that nobody works on")
}
