package e2e_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// imported is how far an import has come.
type imported struct {
	ID        string            `json:"id"`
	State     string            `json:"state"`
	Rows      int               `json:"rows"`
	Processed int               `json:"processed"`
	Created   int               `json:"created"`
	Merged    int               `json:"merged"`
	Rejected  int               `json:"rejected"`
	Links     map[string]string `json:"links"`
}

// file is a file of leads, and what must come of it.
type file struct {
	content                    []byte
	rows, created, merged, bad int
}

// newFile mixes new people, people who stand in the file before, and rows that can be nobody.
func newFile(t *testing.T, rows int) file {
	t.Helper()
	var content bytes.Buffer
	w := csv.NewWriter(&content)
	f := file{rows: rows}
	require.NoError(t, w.Write([]string{"E-Mail", "First name", "Surname", "Company", "Message", "shoe size", "consent.email_marketing"}))
	var known []person
	for n := range rows {
		row := []string{"", "Ada", "Example", "", "", "", ""}
		switch {
		case n%20 == 7 && n%40 == 7:
			row[0] = "nobody at example"
			f.bad++
		case n%20 == 7: // no way to reach anybody
			f.bad++
		case n%10 == 9:
			p := known[n%len(known)]
			row = []string{p.email, p.first, p.last, p.company, "", "", "no"}
			f.merged++
		default:
			p := newPerson()
			known = append(known, p)
			row = []string{p.email, p.first, p.last, p.company, "Please send a price.", strconv.Itoa(36 + n%10), "yes"}
			f.created++
		}
		require.NoError(t, w.Write(row))
	}
	w.Flush()
	require.NoError(t, w.Error())
	f.content = content.Bytes()
	return f
}

// imports hands in the file.
func imports(t *testing.T, h *house, f file) imported {
	t.Helper()
	e := h.call(t, http.MethodPost, "/v1/leads/imports?source=fair", f.content, "Content-Type", "text/csv")
	i := decode[imported](t, e, http.StatusAccepted)
	require.Equal(t, f.rows, i.Rows)
	require.Equal(t, "/v1/leads/imports/"+i.ID, e.Header.Get("Location"))
	return i
}

// completes waits for the end of the import and requires that its counts add up.
func completes(t *testing.T, h *house, f file, at string) imported {
	t.Helper()
	var i imported
	last := 0
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		i = get[imported](c, h, at)
		assert.GreaterOrEqual(t, i.Processed, last, "progress goes forward")
		last = i.Processed
		require.Equalf(c, "completed", i.State, "%+v", i)
	}, time.Minute, 100*time.Millisecond)
	i.Links = nil
	require.Equal(t, imported{ID: i.ID, State: "completed", Rows: f.rows, Processed: f.rows, Created: f.created, Merged: f.merged, Rejected: f.bad}, i)
	return i
}

// keeps requires that every row that is no reject became one lead, and each person one contact.
func keeps(t *testing.T, h *house, f file, id string) {
	t.Helper()
	created, merged := map[string]string{}, 0
	type importedLead struct {
		lead
		ImportID string `json:"import_id"`
	}
	var repeated []importedLead
	for _, l := range all[importedLead](t, h, "/v1/leads") {
		switch {
		case l.ImportID != id:
		case l.Status == "merged":
			merged++
			repeated = append(repeated, l)
		default:
			require.Equal(t, "captured", l.Status)
			require.NotContains(t, created, l.ContactID, "two leads about one person were created")
			created[l.ContactID] = l.ID
		}
	}
	require.Len(t, created, f.created)
	require.Equal(t, f.merged, merged)
	for _, l := range repeated {
		require.Equal(t, created[l.ContactID], l.DuplicateOf)
	}
}

// rejects requires that each row that became no lead is handed back with its reason, as CSV and as JSON.
func rejects(t *testing.T, h *house, f file, id string) {
	t.Helper()
	at := "/v1/leads/imports/" + id + "/rejects"
	e := h.call(t, http.MethodGet, at, nil, "Accept", "text/csv")
	require.Equal(t, http.StatusOK, e.Status)
	require.Contains(t, e.Header.Get("Content-Type"), "text/csv")
	table, err := csv.NewReader(bytes.NewReader(e.Body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, f.bad+1)
	require.Equal(t, []string{"row", "reasons"}, table[0][:2])
	original, err := csv.NewReader(bytes.NewReader(f.content)).ReadAll()
	require.NoError(t, err)
	for _, row := range table[1:] {
		number, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		require.NotContains(t, original[number][0], "@", "row %d is good, and was rejected: %s", number, row[1])
		require.NotEmpty(t, row[1])
	}
	type reject struct {
		Row    int `json:"row"`
		Errors []struct {
			Field   string `json:"field"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	listed := all[reject](t, h, at)
	require.Len(t, listed, f.bad)
	for _, r := range listed {
		require.NotEmpty(t, r.Errors)
		require.NotEmpty(t, r.Errors[0].Message)
	}
}

func TestAFileOfLeadsIsImported(t *testing.T) {
	t.Parallel()
	h := shared(t)
	f := newFile(t, 200)
	i := imports(t, h, f)
	completes(t, h, f, i.Links["self"])
	keeps(t, h, f, i.ID)
	rejects(t, h, f, i.ID)
	r := closes(t, h, "/v1/processes/lead-import/runs/"+i.ID)
	require.Equal(t, "completed with rejects", r.Outcome)
}

func TestAFileThatCannotBeReadIsRefusedWhole(t *testing.T) {
	t.Parallel()
	h := shared(t)
	for name, content := range map[string]string{
		"empty": "", "names only": "email,last_name\n", "no way to reach anybody": "first_name,last_name\nAda,Example\n",
		"unbalanced quote": "email,message\na@example.com,\"never closed\n", "no text": "email\n\x00\n", "UTF-16": "\xff\xfee\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, h.call(t, http.MethodPost, "/v1/leads/imports", []byte(content), "Content-Type", "text/csv"), http.StatusUnprocessableEntity)
		})
	}
}
