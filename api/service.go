package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui/v5emb"
)

// readyTimeout bounds one dependency's answer.
const readyTimeout = 2 * time.Second

// Health says that the program runs.
type Health struct {
	Status string `json:"status" jsonschema:"enum=ok"`
}

// Readiness names each dependency.
type Readiness struct {
	Status string `json:"status" jsonschema:"enum=ready,enum=degraded,enum=down" jsonschema_description:"degraded: requests are accepted and wait for the dependency that is down"`
	// Accepting says that what is sent now is kept.
	Accepting    bool                  `json:"accepting"`
	Dependencies map[string]Dependency `json:"dependencies"`
}

// Dependency is the state of one thing that the server needs.
type Dependency struct {
	Status string `json:"status" jsonschema:"enum=up,enum=down"`
}

func (s *Server) serviceOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/healthz", ID: "getHealth", Tag: "service", Summary: "Whether the program runs",
			Answers: []Answer{answer[Health](200, "It runs.")},
			Handle:  func(c *Call) error { return c.OK(Health{Status: "ok"}) },
		},
		{
			Method: http.MethodGet, Path: "/readyz", ID: "getReadiness", Tag: "service", Summary: "Whether each dependency answers",
			Answers: []Answer{answer[Readiness](200, "Every dependency answers."), answer[Readiness](503, "One is down; accepting tells whether requests are still kept.")},
			Handle:  s.readiness,
		},
		{
			Method: http.MethodGet, Path: "/openapi.json", ID: "getDocument", Tag: "service", Summary: "This document",
			Answers: []Answer{{Status: 200, Text: "The OpenAPI 3.1 document.", Media: []Media{{Type: mediaJSON}}}},
			Handle:  func(c *Call) error { return c.Blob(http.StatusOK, mediaJSON, s.document) },
		},
	}
}

func (s *Server) readiness(c *Call) error {
	out := Readiness{Status: "ready", Accepting: true, Dependencies: map[string]Dependency{}}
	ctx, cancel := context.WithTimeout(c.Ctx(), readyTimeout)
	defer cancel()
	errs := make([]error, len(s.ready))
	var wg sync.WaitGroup
	for i, check := range s.ready {
		wg.Go(func() { errs[i] = check.Ping(ctx) })
	}
	wg.Wait()
	status := http.StatusOK
	for i, check := range s.ready {
		if errs[i] == nil {
			out.Dependencies[check.Name] = Dependency{Status: "up"}
			continue
		}
		status = http.StatusServiceUnavailable
		out.Dependencies[check.Name] = Dependency{Status: "down"}
		out.Accepting = out.Accepting && !check.Needed
	}
	switch {
	case !out.Accepting:
		out.Status = "down"
	case status != http.StatusOK:
		out.Status = "degraded"
	}
	return c.JSON(status, out)
}

var inline = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// docs serves the page to read and try the document. Its assets are part of the program, and its policy allows only
// them and the page's own inline scripts, by their hashes.
func (s *Server) docs() echo.HandlerFunc {
	ui := v5emb.New("Perdura", "/openapi.json", "/docs/")
	rec := httptest.NewRecorder()
	ui.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/docs/", nil))
	page := bytes.ReplaceAll(rec.Body.Bytes(), []byte(" - Swagger UI"), nil)
	var hashes []string
	for _, m := range inline.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[1])
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	policy := "default-src 'none'; script-src 'self' " + strings.Join(hashes, " ") +
		"; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return func(ec echo.Context) error {
		h := ec.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "max-age=3600")
		if ec.Param("*") == "" {
			return ec.HTMLBlob(http.StatusOK, page)
		}
		if strings.HasSuffix(ec.Param("*"), "/") {
			return echo.ErrNotFound
		}
		ui.ServeHTTP(ec.Response(), ec.Request())
		return nil
	}
}
