package sandbox

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOutboxSurvivesATornFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	product := newProduct(t)
	options := func(o *Options) { o.DataDir, o.WebhookBase = dir, product.URL }
	s := start(t, options)
	first := sendPlain(t, s, "first@example.org", "First")
	status, _ := ask(t, s, http.MethodPost, "/outbox/messages/"+first.ID+"/bounce", nil)
	require.Equal(t, http.StatusOK, status)
	sendPlain(t, s, "second@example.org", "Second")
	before := listed(t, s, "")
	require.NoError(t, s.Close())

	path := filepath.Join(dir, "messages.jsonl")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	sizes := []int{len(whole)}
	for cut := 1; cut < 120; cut += 17 {
		sizes = append(sizes, len(whole)-cut)
	}
	for _, size := range sizes {
		require.NoError(t, os.WriteFile(path, whole[:size], 0o600))
		again := start(t, options)
		after := listed(t, again, "")
		if size == len(whole) {
			require.Equal(t, before, after)
		} else {
			require.Equal(t, before[:1], after, "the torn message was never acknowledged; the first one is whole")
		}
		require.Equal(t, "bounced", after[0].Status)
		_, raw := ask(t, again, http.MethodGet, "/outbox/messages/"+first.ID+"/raw", nil)
		require.Contains(t, string(raw), "Subject: First")

		sendPlain(t, again, "third@example.org", "Third")
		require.NoError(t, again.Close())
		final := start(t, options)
		require.Len(t, listed(t, final, ""), len(after)+1, "what comes after the tear is readable")
		require.NoError(t, final.Close())
	}
}

func TestNothingOfALongTearIsLeft(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, []byte("{\"a\":1}\n"+strings.Repeat("x", 10_000)), 0o600))
	var lines []string
	visit := func(line []byte, _ span) { lines = append(lines, string(line)) }
	j, torn, err := openJournal(path, visit)
	require.NoError(t, err)
	require.EqualValues(t, 10_000, torn)
	_, err = j.append([]byte("{}"))
	require.NoError(t, err)
	require.NoError(t, j.close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "{\"a\":1}\n{}\n", string(content))
	require.Equal(t, []string{`{"a":1}`}, lines)
}

func TestOutboxSkipsAnUnreadableLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, func(o *Options) { o.DataDir = dir })
	sendPlain(t, s, "first@example.org", "First")
	require.NoError(t, s.Close())
	path := filepath.Join(dir, "messages.jsonl")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append([]byte("{\"type\":\"mess\x00\n[]\n"), whole...), 0o600))
	again := start(t, func(o *Options) { o.DataDir = dir })
	require.Len(t, listed(t, again, ""), 1)
}

func TestOutboxForgetsTheOldest(t *testing.T) {
	t.Parallel()
	o, err := openOutbox(t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer o.close()
	o.limit = 3
	var ids []string
	for i := range 5 {
		m := &Message{ID: newID(testNow), Channel: ChannelEmail, To: fmt.Sprint(i)}
		require.NoError(t, o.add(bytes.Repeat([]byte{0xff}, 10), nil, m))
		ids = append(ids, m.ID)
	}
	_, _, err = o.get(ids[1])
	require.ErrorIs(t, err, errNoMessage)
	kept, total, err := o.summaries(filter{after: ids[2]})
	require.NoError(t, err)
	require.Equal(t, 3, total)
	require.Len(t, kept, 2)
	require.Equal(t, "3", kept[0].To)
	raw, err := o.raw(ids[4])
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat([]byte{0xff}, 10), raw)
}

func TestListSelects(t *testing.T) {
	t.Parallel()
	now := testNow
	s := start(t, func(o *Options) { o.Now = func() time.Time { return now } })
	var ids []string
	for i := range 4 {
		now = testNow.Add(time.Duration(i) * time.Hour)
		ids = append(ids, sendPlain(t, s, fmt.Sprintf("c%d@example.org", i%2), fmt.Sprint(i)).ID)
	}
	for query, want := range map[string]string{
		"":                            "0123",
		"?to=C1@Example.org":          "13",
		"?channel=email":              "0123",
		"?channel=sms":                "",
		"?since=2026-03-01T10:30:00Z": "123",
		"?since=2026-03-01T11:30:00%2B01:00&to=c0@example.org": "2",
		"?limit=2":                      "23",
		"?after=" + ids[0] + "&limit=2": "12",
		"?after=" + ids[3]:              "",
	} {
		got := ""
		for _, m := range listed(t, s, query) {
			got += m.Subject
		}
		require.Equal(t, want, got, query)
	}
	for query, want := range map[string]int{
		"?since=yesterday": http.StatusBadRequest, "?limit=0": http.StatusBadRequest,
		"?limit=many": http.StatusBadRequest, "?after=unknown": http.StatusNotFound, "/unknown": http.StatusNotFound,
	} {
		status, answer := ask(t, s, http.MethodGet, "/outbox/messages"+query, nil)
		require.Equal(t, want, status, query)
		require.Contains(t, string(answer), `"detail"`)
	}

	status, _ := ask(t, s, http.MethodDelete, "/outbox/messages", nil)
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, listed(t, s, ""))
	require.Equal(t, "after", sendPlain(t, s, "c@example.org", "after").Subject)
	require.Len(t, listed(t, s, ""), 1)
}

func TestIdentifiersTurnIntoSIDs(t *testing.T) {
	t.Parallel()
	id := newID(testNow)
	require.Regexp(t, `^019ca8bb-b5c0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, id)
	back, ok := idOfSID(twilioSID(id))
	require.True(t, ok)
	require.Equal(t, id, back)
	for _, sid := range []string{"", "SM", "MM" + id, twilioSID(id) + "0"} {
		_, ok := idOfSID(sid)
		require.False(t, ok, sid)
	}
}
