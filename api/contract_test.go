package api_test

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// contract is the OpenAPI document as a client reads it. Every answer in these tests is checked against it, with objects
// closed: a member that the document does not show fails the test.
type contract struct {
	doc      map[string]any
	mu       sync.Mutex // guards compiler
	compiler *santhosh.Compiler
	paths    []contractPath
}

type contractPath struct {
	pattern *regexp.Regexp
	path    string
	item    map[string]any
}

const contractURL = "https://contract.invalid/openapi.json"

func readContract(t *testing.T, raw []byte) *contract {
	t.Helper()
	doc, err := santhosh.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := &contract{doc: doc.(map[string]any), compiler: santhosh.NewCompiler()}
	closeObjects(c.doc["components"].(map[string]any)["schemas"])
	c.compiler.AssertFormat()
	require.NoError(t, c.compiler.AddResource(contractURL, c.doc))
	// Paths without parts come first, as OpenAPI wants them matched.
	for _, concrete := range []bool{true, false} {
		for path, item := range c.doc["paths"].(map[string]any) {
			if strings.Contains(path, "{") != concrete {
				p := regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
				c.paths = append(c.paths, contractPath{regexp.MustCompile("^" + p + "$"), path, item.(map[string]any)})
			}
		}
	}
	return c
}

func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		_, hasProperties := node["properties"].(map[string]any)
		if _, set := node["additionalProperties"]; !set && hasProperties && node["type"] == "object" {
			node["additionalProperties"] = false
		}
		for _, sub := range node {
			closeObjects(sub)
		}
	case []any:
		for _, sub := range node {
			closeObjects(sub)
		}
	}
}

// find returns the operation for a request and its place in the document.
func (c *contract) find(method, path string) (map[string]any, string) {
	for _, p := range c.paths {
		op, ok := p.item[strings.ToLower(method)].(map[string]any)
		if ok && p.pattern.MatchString(path) {
			return op, "#/paths/" + pointer(p.path) + "/" + strings.ToLower(method)
		}
	}
	return nil, ""
}

func pointer(s string) string {
	s = strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(s)
}

func (c *contract) check(t *testing.T, r *http.Request, rec *httptest.ResponseRecorder) {
	t.Helper()
	op, at := c.find(r.Method, r.URL.Path)
	if op == nil {
		return
	}
	status := fmt.Sprint(rec.Code)
	response, documented := op["responses"].(map[string]any)[status].(map[string]any)
	require.True(t, documented, "%s %s answered %s, which the document does not show: %s", r.Method, r.URL.Path, status, rec.Body)
	at += "/responses/" + status
	if ref, ok := response["$ref"].(string); ok {
		at = ref
		response = c.doc["components"].(map[string]any)["responses"].(map[string]any)[status].(map[string]any)
	}
	typ, _, err := mime.ParseMediaType(rec.Header().Get("Content-Type"))
	require.NoError(t, err)
	media, documented := response["content"].(map[string]any)[typ].(map[string]any)
	require.True(t, documented, "%s %s answered in %s, which the document does not show", r.Method, r.URL.Path, typ)
	if _, has := media["schema"]; !has || !strings.Contains(typ, "json") || r.URL.Path == "/openapi.json" {
		return
	}
	c.mu.Lock()
	schema, err := c.compiler.Compile(contractURL + at + "/content/" + strings.ReplaceAll(pointer(typ), "+", "%2B") + "/schema")
	c.mu.Unlock()
	require.NoError(t, err)
	value, err := santhosh.UnmarshalJSON(bytes.NewReader(rec.Body.Bytes()))
	require.NoError(t, err, rec.Body.String())
	require.NoError(t, schema.Validate(value), "%s %s: the answer is not what the document shows: %s", r.Method, r.URL.Path, rec.Body)
}

func TestDocumentIsWhole(t *testing.T) {
	t.Parallel()
	h := setup(t)
	c := h.doc
	require.Equal(t, "3.1.0", c.doc["openapi"])
	refs, schemas, ids := 0, 0, map[string]bool{}
	// Every reference resolves, and every schema is a correct one.
	var walk func(node any, at string)
	walk = func(node any, at string) {
		switch node := node.(type) {
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				refs++
				require.True(t, resolves(c.doc, ref), "%s at %s leads nowhere", ref, at)
			}
			for k, sub := range node {
				walk(sub, at+"/"+k)
			}
		case []any:
			for _, sub := range node {
				walk(sub, at)
			}
		}
	}
	walk(c.doc, "")
	for name := range c.doc["components"].(map[string]any)["schemas"].(map[string]any) {
		_, err := c.compiler.Compile(contractURL + "#/components/schemas/" + name)
		require.NoError(t, err, name)
		schemas++
	}
	examples := 0
	for _, p := range c.paths {
		for method, op := range p.item {
			op := op.(map[string]any)
			id := op["operationId"].(string)
			require.False(t, ids[id], "operationId %s is taken twice", id)
			ids[id] = true
			require.NotEmpty(t, op["summary"], id)
			body, ok := op["requestBody"].(map[string]any)
			if !ok {
				continue
			}
			for typ, media := range body["content"].(map[string]any) {
				example, has := media.(map[string]any)["example"]
				if !has || typ == "text/csv" {
					continue
				}
				schema, err := c.compiler.Compile(contractURL + "#/paths/" + pointer(p.path) + "/" + method + "/requestBody/content/" + strings.ReplaceAll(pointer(typ), "+", "%2B") + "/schema")
				require.NoError(t, err)
				require.NoError(t, schema.Validate(example), "%s: the example is not what the schema wants", id)
				examples++
			}
		}
	}
	require.Greater(t, refs, 100)
	require.Greater(t, schemas, 20)
	require.GreaterOrEqual(t, examples, 9)
	require.Subset(t, keysOf(ids), []string{"submitLead", "startOrderCare", "signalOrderCarePaid", "updateOrderCareApprove", "startWelcome"})
}

func keysOf(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func resolves(doc any, ref string) bool {
	node := doc
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := node.(map[string]any)
		if !ok {
			return false
		}
		if node, ok = m[part]; !ok {
			return false
		}
	}
	return true
}

// TestDocumentStatesEveryBound proves that no text, list or map that a client may send is without a limit.
func TestDocumentStatesEveryBound(t *testing.T) {
	t.Parallel()
	h := setup(t)
	schemas := h.doc.doc["components"].(map[string]any)["schemas"].(map[string]any)
	seen, texts := map[string]bool{}, 0
	var walk func(node map[string]any, at string)
	walk = func(node map[string]any, at string) {
		if ref, ok := node["$ref"].(string); ok {
			name := ref[strings.LastIndexByte(ref, '/')+1:]
			if !seen[name] {
				seen[name] = true
				walk(schemas[name].(map[string]any), name)
			}
			return
		}
		has := func(keys ...string) bool {
			for _, k := range keys {
				if _, ok := node[k]; ok {
					return true
				}
			}
			return false
		}
		switch node["type"] {
		case "string":
			texts++
			require.True(t, has("maxLength", "enum") || node["format"] == "uuid" || node["format"] == "date-time", "%s has no bound", at)
		case "array":
			require.True(t, has("maxItems"), "%s has no bound", at)
		case "integer":
			require.True(t, has("maximum"), "%s has no bound", at)
		case "object":
			require.True(t, has("additionalProperties"), "%s takes anything", at)
		}
		if props, ok := node["properties"].(map[string]any); ok {
			for name, p := range props {
				walk(p.(map[string]any), at+"."+name)
			}
		}
		if items, ok := node["items"].(map[string]any); ok {
			walk(items, at+"[]")
		}
	}
	for _, p := range h.doc.paths {
		for _, op := range p.item {
			body, ok := op.(map[string]any)["requestBody"].(map[string]any)
			if !ok {
				continue
			}
			for typ, media := range body["content"].(map[string]any) {
				if strings.HasSuffix(typ, "json") {
					walk(media.(map[string]any)["schema"].(map[string]any), p.path)
				}
			}
		}
	}
	require.Greater(t, texts, 20)
}
