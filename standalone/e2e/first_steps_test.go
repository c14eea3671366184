package e2e_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheHouseIsReadyAndDescribesItself(t *testing.T) {
	t.Parallel()
	h := shared(t)
	require.Equal(t, "ok", get[map[string]any](t, h, "/healthz")["status"])
	ready := get[readiness](t, h, "/readyz")
	require.True(t, ready.Accepting)
	require.Equal(t, "ready", ready.Status)
	require.NotEmpty(t, ready.Dependencies)
	for name, dependency := range ready.Dependencies {
		require.Equalf(t, "up", dependency.Status, "%s", name)
	}

	page, err := h.at.Call(context.Background(), http.MethodGet, h.at.API+"/docs", nil, "Authorization", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, page.Status)
	require.Contains(t, page.Header.Get("Content-Type"), "text/html")
	require.Contains(t, string(page.Body), "/openapi.json")
}

// readiness is the answer of /readyz.
type readiness struct {
	Status       string `json:"status"`
	Accepting    bool   `json:"accepting"`
	Dependencies map[string]struct {
		Status string `json:"status"`
	} `json:"dependencies"`
}

func TestTheDocumentIsValid(t *testing.T) {
	t.Parallel()
	h := shared(t)
	d, err := h.document()
	require.NoError(t, err)
	ok, errs := d.validate.ValidateDocument()
	require.Truef(t, ok, "%v", explain(errs))
	var content struct {
		OpenAPI string                     `json:"openapi"`
		Paths   map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(d.raw, &content))
	require.True(t, strings.HasPrefix(content.OpenAPI, "3.1"))
	for _, path := range []string{"/v1/leads", "/v1/leads/imports", "/v1/leads/{id}", "/v1/contacts/{id}", "/v1/contacts/{id}/timeline",
		"/v1/processes", "/v1/processes/{name}/map", "/v1/processes/{name}/runs", "/v1/events", "/v1/tasks", "/v1/messages"} {
		require.Contains(t, content.Paths, path)
	}
}

// Without this a client that checks nothing would pass for one that checks everything.
func TestAnAnswerThatDiffersFromTheDocumentIsNoticed(t *testing.T) {
	t.Parallel()
	h := shared(t)
	d, err := h.document()
	require.NoError(t, err)
	e := h.call(t, http.MethodGet, "/v1/tasks?limit=1", nil)
	for name, body := range map[string]string{
		"a missing member": `{}`, "another type": `{"items": "none"}`, "a damaged item": `{"items": [{"id": "7"}]}`, "no JSON": `<html>`,
	} {
		damaged := e
		damaged.Body = []byte(body)
		require.Error(t, d.holds(damaged), name)
	}
	foreign := e
	foreign.Status = http.StatusTeapot
	require.Error(t, d.holds(foreign), "a status that is not described")
	require.Error(t, d.holds(exchange{method: e.method, url: h.at.API + "/v1/tasks?limit=none", header: e.header, Answer: e.Answer}))
	require.NoError(t, d.holds(e))
}

// definition is a process as the API lists it.
type definition struct {
	Name     string            `json:"name"`
	Purpose  string            `json:"purpose"`
	Owner    string            `json:"owner"`
	Reentry  string            `json:"reentry"`
	Endings  []string          `json:"endings"`
	Input    map[string]any    `json:"input"`
	Signals  []named           `json:"signals"`
	Queries  []named           `json:"queries"`
	Triggers []trigger         `json:"triggers"`
	Links    map[string]string `json:"links"`
}

type named struct {
	Name    string `json:"name"`
	Purpose string `json:"purpose"`
}

type trigger struct {
	Event   string `json:"event"`
	Purpose string `json:"purpose"`
	Signal  string `json:"signal"`
}

func TestEveryProcessIsDescribedAndDrawn(t *testing.T) {
	t.Parallel()
	h := shared(t)
	names := map[string]bool{}
	for _, p := range get[page[definition]](t, h, "/v1/processes").Items {
		names[p.Name] = true
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, p.Purpose)
			require.NotEmpty(t, p.Owner)
			if p.Name != "dormancy-watch" && p.Name != "stripe-catch-up" { // the house keeps them going by itself
				require.NotEmpty(t, p.Input["properties"])
				require.NotEmpty(t, p.Triggers)
			}
			require.NotEmpty(t, p.Queries)
			require.Equal(t, p, get[definition](t, h, p.Links["self"]))

			chart := h.call(t, http.MethodGet, p.Links["map"], nil)
			require.Equal(t, http.StatusOK, chart.Status)
			require.Contains(t, chart.Header.Get("Content-Type"), "text/vnd.mermaid")
			require.Contains(t, string(chart.Body), "flowchart")

			image := h.call(t, http.MethodGet, "/v1/processes/"+p.Name+"/map", nil, "Accept", "image/svg+xml")
			require.Equal(t, http.StatusOK, image.Status)
			require.Equal(t, "image/svg+xml", image.Header.Get("Content-Type"))
			require.NoError(t, wellFormed(image.Body))

			words := h.call(t, http.MethodGet, "/v1/processes/"+p.Name+"/procedure", nil)
			require.Equal(t, http.StatusOK, words.Status)
			require.Contains(t, words.Header.Get("Content-Type"), "text/markdown")
			for _, ending := range p.Endings {
				require.Contains(t, string(chart.Body), ending, "the map shows every ending")
				require.Contains(t, string(words.Body), ending, "the procedure names every ending")
			}
		})
	}
	require.Subset(t, names, map[string]bool{"lead-capture": true, "lead-handoff": true, "lead-import": true})
	refused(t, h.call(t, http.MethodGet, "/v1/processes/no-such-process/map", nil), http.StatusNotFound)
}

// wellFormed reads XML to its end.
func wellFormed(document []byte) error {
	decoder := xml.NewDecoder(strings.NewReader(string(document)))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
