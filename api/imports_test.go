package api_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImport(t *testing.T) {
	t.Parallel()
	h := setup(t)
	file := "\xef\xbb\xbfE-Mail;First Name;Company;Size;Consent.email;Message\r\n" +
		"ada@example.com;Ada;\"Example; Ltd\";3;yes;\"two\r\nlines \"\"quoted\"\"\"\r\n" +
		"bob@example.com;Bob\r\n" + // a row that is too short
		"\r\n" + // no row at all
		"carl@example.com;" + strings.Repeat("x", 201) + ";;;;\r\n" +
		"dora@example.com;;;;perhaps;\r\n" +
		"=SUM(A1);-1;+2;@x;;too;many\r\n"
	send := func() reply {
		return h.send("POST", "/v1/leads/imports?source=fair", file, "Content-Type", "text/csv; charset=UTF-8", "Idempotency-Key", "k")
	}
	r := send().want(http.StatusAccepted)
	got := r.json()
	require.Equal(t, 5.0, got["rows"])
	require.Equal(t, 4.0, got["rejected"])
	require.Equal(t, got["links"].(map[string]any)["self"], r.Header().Get("Location"))
	require.Equal(t, "true", send().want(http.StatusAccepted).Header().Get("Idempotency-Replayed"))
	counts := h.counts()
	require.Equal(t, 5, counts["lead_import_rows"])
	require.Equal(t, 1, counts["events"])

	var raw string
	require.NoError(t, h.pool.QueryRow(context.Background(), `select raw::text from lead_import_rows where state = 'waiting'`).Scan(&raw))
	require.JSONEq(t, `{"email":"ada@example.com","first_name":"Ada","company":"Example; Ltd","source":"fair","channel":"import",
		"message":"two\nlines \"quoted\"","attributes":{"size":"3"},"consent":{"email":true}}`, raw)

	progress := h.send("GET", r.Header().Get("Location"), "").want(200).json()
	require.Equal(t, 4.0, progress["processed"])
	rejects := r.Header().Get("Location") + "/rejects"
	page := h.send("GET", rejects+"?limit=3", "").want(200).json()
	require.Len(t, page["items"], 3)
	require.Equal(t, "row", page["items"].([]any)[0].(map[string]any)["errors"].([]any)[0].(map[string]any)["field"])
	last := h.send("GET", rejects+"?limit=3&cursor="+page["next_cursor"].(string), "").want(200).json()
	require.Len(t, last["items"], 1)

	text := h.send("GET", rejects, "", "Accept", "text/csv").want(200)
	table, err := csv.NewReader(text.Body).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, 5)
	require.Equal(t, []string{"row", "reasons"}, table[0][:2])
	require.Equal(t, "2", table[1][0])
	require.Contains(t, table[2][1], "first_name must have at most 200 characters")
	// A row that capture rejects later: its cells must not become formulas.
	h.exec(`update lead_import_rows set state = 'rejected', raw = '{"email":"=cmd|calc","phone":"+49 30 1","first_name":"@x"}', errors = '[{"field":"email","message":"is malformed"}]' where row_no = 1`)
	table, err = csv.NewReader(h.send("GET", rejects, "", "Accept", "text/csv").want(200).Body).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"'=cmd|calc", "'+49 30 1", "'@x"}, table[1][2:5])
}

// TestLargeImport proves that a file far above the body limit of other calls is taken, and one above its own is not.
func TestLargeImport(t *testing.T) {
	t.Parallel()
	h := setup(t)
	row := "someone@example.com," + strings.Repeat("m", 900) + "\n"
	file := "email,message\n" + strings.Repeat(row, 20_000) // 18 MB
	got := h.send("POST", "/v1/leads/imports", file, "Content-Type", "text/csv").want(http.StatusAccepted).json()
	require.Equal(t, 20_000.0, got["rows"])
	require.Equal(t, 0.0, got["rejected"])

	before := h.counts()
	h.send("POST", "/v1/leads/imports", "email,message\n"+strings.Repeat(row, 75_000), "Content-Type", "text/csv").want(http.StatusRequestEntityTooLarge)
	many := "email\n" + strings.Repeat("a@example.com\n", 200_001)
	h.send("POST", "/v1/leads/imports", many, "Content-Type", "text/csv").want(http.StatusUnprocessableEntity)
	require.Equal(t, before, h.counts())
}
