package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for body, want := range map[string]int{
		`{"mode": "fail"}`: http.StatusCreated, `{"channel": "email", "mode": "timeout", "count": 3}`: http.StatusCreated,
		`{"mode": "explode"}`: 422, `{"mode": "fail", "count": -1}`: 422, `{"mode": "fail", "channel": "fax"}`: 422,
		`{"mode": "fail", "delay_ms": 99999999}`: 422, `{"mode": "fail", "cuont": 3}`: 400, `fail`: 400,
	} {
		response, err := http.Post(s.URL()+"/outbox/faults", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		answer, _ := io.ReadAll(response.Body)
		response.Body.Close()
		require.Equal(t, want, response.StatusCode, "%s: %s", body, answer)
	}
	_, answer := ask(t, s, http.MethodGet, "/outbox/faults", nil)
	var waiting []Fault
	require.NoError(t, json.Unmarshal(answer, &waiting))
	require.ElementsMatch(t, []Fault{{Mode: FaultFail, Count: 1}, {Channel: ChannelEmail, Mode: FaultTimeout, Count: 3}}, waiting)
	ask(t, s, http.MethodDelete, "/outbox/faults", nil)
	_, answer = ask(t, s, http.MethodGet, "/outbox/faults", nil)
	require.JSONEq(t, `[]`, string(answer))
}

func TestFaultsOfOtherChannelsWait(t *testing.T) {
	t.Parallel()
	var q faults
	q.add(Fault{Channel: ChannelSMS, Mode: FaultFail, Count: 1})
	q.add(Fault{Mode: FaultReject, Count: 1})
	require.Equal(t, FaultReject, q.take(ChannelEmail).Mode)
	require.Nil(t, q.take(ChannelEmail))
	require.Equal(t, FaultFail, q.take(ChannelSMS).Mode)
	require.Empty(t, q.list())
}
