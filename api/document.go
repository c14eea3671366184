package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/perdura/perdura/api/openapi"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/api/schema"
)

const about = `Perdura runs sales, marketing and customer processes as durable workflows.

* Every call but the health checks, this document and its page needs an API key: ` + "`Authorization: Bearer KEY`" + `.
* Errors are problem details (RFC 9457). ` + "`errors`" + ` names each refused field.
* ` + "`Idempotency-Key`" + ` on a POST: the same key and body get the first answer again (` + "`Idempotency-Replayed: true`" + `); another body is 422.
* Lists take ` + "`limit` and `cursor`" + ` and answer ` + "`items` and `next_cursor`" + `; the last page has no next_cursor.
* What is answered with 2xx is kept, also while Temporal is down.`

var tags = []openapi.Tag{
	{Name: "leads", Description: "people who showed interest"},
	{Name: "imports", Description: "files of leads"},
	{Name: "reviews", Description: "leads that resemble a known contact"},
	{Name: "contacts", Description: "everything known about a person"},
	{Name: "processes", Description: "the business processes and their runs"},
	{Name: "events", Description: "what happened elsewhere"},
	{Name: "tasks", Description: "work of people"},
	{Name: "billing", Description: "what customers owe and what they paid"},
	{Name: "deals", Description: "what may be sold, stage by stage, and the forecast of it"},
	{Name: "courses", Description: "lessons by text message and mail, and who learns them"},
	{Name: "templates", Description: "the words of messages, in versions and languages"},
	{Name: "messages", Description: "messages that other systems ask for, and the send ledger"},
	{Name: "definitions", Description: "what people define while processes run: policies, tracks, surveys"},
	{Name: "webhooks", Description: "what providers tell us, each under its own signature"},
	{Name: "service", Description: "the server itself"},
}

// writeDocument makes the OpenAPI document from the table.
func (s *Server) writeDocument() ([]byte, error) {
	version := s.version
	if version == "" {
		version = "development"
	}
	doc := openapi.Document{
		OpenAPI:  openapi.Version,
		Info:     openapi.Info{Title: "Perdura", Version: version, Description: about},
		Servers:  []openapi.Server{{URL: "/"}},
		Security: []openapi.Requirement{{"bearer": {}}},
		Tags:     tags,
		Paths:    map[string]openapi.PathItem{},
		Components: openapi.Components{
			Schemas:   s.schemas.Components(),
			Responses: map[string]openapi.Response{},
			SecuritySchemes: map[string]openapi.SecurityScheme{
				"bearer": {Type: "http", Scheme: "bearer", Description: "An API key, made with `perdura keys create`. Each operation names the scope it needs."},
			},
		},
	}
	for _, op := range s.operations {
		if op.Unlisted {
			continue
		}
		if doc.Paths[op.Path] == nil {
			doc.Paths[op.Path] = openapi.PathItem{}
		}
		doc.Paths[op.Path][strings.ToLower(op.Method)] = s.documented(op, doc.Components.Responses)
	}
	return json.Marshal(doc)
}

func (s *Server) documented(op *Operation, shared map[string]openapi.Response) *openapi.Operation {
	d := &openapi.Operation{
		Tags: []string{op.Tag}, OperationID: op.ID, Summary: op.Summary, Description: op.Description,
		Parameters: s.parameters(op), Responses: map[string]openapi.Response{}, Security: &[]openapi.Requirement{},
	}
	if op.Access != "" {
		d.Security = &[]openapi.Requirement{{"bearer": {string(op.Access)}}}
	}
	if op.Body != nil {
		d.RequestBody = &openapi.RequestBody{Required: !op.Body.Optional, Content: s.content(op.Body.Media)}
	}
	for _, a := range op.Answers {
		r := openapi.Response{Description: a.Text, Content: s.content(a.Media)}
		for _, name := range a.Headers {
			if r.Headers == nil {
				r.Headers = map[string]openapi.Header{}
			}
			r.Headers[name] = openapi.Header{Description: headerTexts[name], Schema: &jsonschema.Schema{Type: "string"}}
		}
		d.Responses[strconv.Itoa(a.Status)] = r
	}
	for _, status := range op.problems() {
		key := strconv.Itoa(status)
		if _, own := d.Responses[key]; own {
			continue
		}
		shared[key] = problemResponse(status)
		d.Responses[key] = openapi.Response{Ref: "#/components/responses/" + key}
	}
	return d
}

var headerTexts = map[string]string{
	"Location":           "where the thing is found",
	"Preference-Applied": "the preference that was heeded (RFC 7240)",
}

// problems are the error statuses that the operation may answer with, worked out from what it takes.
func (op *Operation) problems() []int {
	list := append([]int{http.StatusInternalServerError}, op.Problems...)
	if op.Access != "" {
		list = append(list, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	}
	if op.Body != nil {
		list = append(list, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	if op.keyed() {
		list = append(list, http.StatusConflict, http.StatusUnprocessableEntity) // Idempotency-Key
	}
	if len(op.parts()) > 0 {
		list = append(list, http.StatusNotFound)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func problemResponse(status int) openapi.Response {
	r := openapi.Response{
		Description: http.StatusText(status),
		Content:     map[string]openapi.Media{problem.ContentType: {Schema: schema.Ref("ProblemProblem")}},
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Headers = map[string]openapi.Header{"Retry-After": {Description: "seconds", Schema: &jsonschema.Schema{Type: "integer"}}}
	case http.StatusUnauthorized:
		r.Headers = map[string]openapi.Header{"WWW-Authenticate": {Description: "the scheme", Schema: &jsonschema.Schema{Type: "string"}}}
	}
	return r
}

func (s *Server) content(media []Media) map[string]openapi.Media {
	var content map[string]openapi.Media
	for _, m := range media {
		if content == nil {
			content = map[string]openapi.Media{}
		}
		d := openapi.Media{Schema: &jsonschema.Schema{Type: "string"}, Example: m.Example}
		if m.Schema != nil {
			d.Schema = schema.Ref(s.shapes[m.Schema])
		}
		content[m.Type] = d
	}
	return content
}

func (s *Server) parameters(op *Operation) []openapi.Parameter {
	var list []openapi.Parameter
	for _, name := range op.parts() {
		p := parts[name]
		shape := &jsonschema.Schema{Type: "string", Format: "uuid"}
		if !p.uuid {
			shape = &jsonschema.Schema{Type: "string", Pattern: p.pattern.String()}
		}
		list = append(list, openapi.Parameter{Name: name, In: "path", Required: true, Description: p.text, Schema: shape})
	}
	if q := s.queries[op.query]; q != nil {
		for p := q.Properties.Oldest(); p != nil; p = p.Next() {
			shape := *p.Value
			shape.Description = ""
			list = append(list, openapi.Parameter{
				Name: p.Key, In: "query", Required: slices.Contains(q.Required, p.Key), Description: p.Value.Description, Schema: &shape,
			})
		}
	}
	if op.keyed() && op.Access != "" {
		list = append(list, openapi.Parameter{
			Name: headerKey, In: "header", Description: "Makes the call safe to repeat; keep it for the retries of this one request.",
			Schema: &jsonschema.Schema{Type: "string", Pattern: keyForm.String()},
		})
	}
	if op.Waits {
		list = append(list, openapi.Parameter{
			Name: headerPrefer, In: "header", Description: "`wait=5` waits up to that many seconds (at most 10) for the result (RFC 7240).",
			Schema: &jsonschema.Schema{Type: "string"},
		})
	}
	return list
}

var word = regexp.MustCompile(`[A-Za-z0-9]+`)

// upper makes "LeadCaptureStart" of "lead-capture.start".
func upper(name string) string {
	var b strings.Builder
	for _, w := range word.FindAllString(name, -1) {
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return b.String()
}

func suffix(i int) string {
	if i == 0 {
		return ""
	}
	return strconv.Itoa(i + 1)
}
