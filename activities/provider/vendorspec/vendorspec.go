// Package vendorspec checks, in tests, what an adapter sends and understands against the vendor's own OpenAPI description.
// The descriptions are no part of the product: they lie in shared/specs beside the checkout, or where PERDURA_SPECS says.
package vendorspec

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Description is the part of an OpenAPI 3.0 document that requests and answers are checked with.
type Description struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas       map[string]*Schema  `json:"schemas"`
		RequestBodies map[string]*Content `json:"requestBodies"`
		Responses     map[string]*Content `json:"responses"`
	} `json:"components"`
}

// Content is a request body or an answer by media type.
type Content struct {
	Ref     string           `json:"$ref"`
	Content map[string]Media `json:"content"`
}

// Media is one form of a body.
type Media struct {
	Schema   *Schema `json:"schema"`
	Examples map[string]struct {
		Value json.RawMessage `json:"value"`
	} `json:"examples"`
}

// Schema is as much of JSON Schema as the vendors use for the messages we send.
type Schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Nullable   bool               `json:"nullable"`
	Pattern    string             `json:"pattern"`
	Enum       []string           `json:"enum"`
	MinLength  int                `json:"minLength"`
	Required   []string           `json:"required"`
	Properties map[string]*Schema `json:"properties"`
	Items      *Schema            `json:"items"`
}

// Operation is one call that a vendor describes.
type Operation struct {
	Parameters []struct {
		Name string `json:"name"`
		In   string `json:"in"`
	} `json:"parameters"`
	RequestBody *Content            `json:"requestBody"`
	Responses   map[string]*Content `json:"responses"`
}

// Open reads a description such as "twilio/twilio_api_v2010.json". It returns nil, and says so in the test's log, when
// the descriptions are not there.
func Open(t testing.TB, file string) *Description {
	t.Helper()
	folder := os.Getenv("PERDURA_SPECS")
	if folder == "" {
		folder = filepath.Join(checkout(t), "..", "shared", "specs")
	}
	content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(file)))
	if err != nil {
		t.Logf("not checked against the vendor's description: %v", err)
		return nil
	}
	var d Description
	require.NoError(t, json.Unmarshal(content, &d), file)
	return &d
}

// checkout is the folder of the product's module.
func checkout(t testing.TB) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(content), "module github.com/perdura/perdura\n") {
			return dir
		}
		require.NotEqual(t, dir, filepath.Dir(dir), "the test runs outside of the product's checkout")
		dir = filepath.Dir(dir)
	}
}

// Operation finds a call; method is in lower case.
func (d *Description) Operation(t testing.TB, route, method string) *Operation {
	t.Helper()
	require.Contains(t, d.Paths, route)
	var o Operation
	require.NoError(t, json.Unmarshal(d.Paths[route][method], &o))
	return &o
}

// Body is the schema of an operation's request.
func (d *Description) Body(t testing.TB, o *Operation, mediaType string) *Schema {
	t.Helper()
	return d.schema(t, o.RequestBody, d.Components.RequestBodies, mediaType)
}

// Answer is the schema of what an operation answers with a status.
func (d *Description) Answer(t testing.TB, o *Operation, status, mediaType string) *Schema {
	t.Helper()
	return d.schema(t, o.Responses[status], d.Components.Responses, mediaType)
}

// Examples are the answers that the vendor gives as examples for a status.
func (d *Description) Examples(o *Operation, status string) []json.RawMessage {
	answer := o.Responses[status]
	if answer != nil && answer.Ref != "" {
		answer = d.Components.Responses[path.Base(answer.Ref)]
	}
	var all []json.RawMessage
	if answer != nil {
		for _, media := range answer.Content {
			for _, example := range media.Examples {
				all = append(all, example.Value)
			}
		}
	}
	return all
}

func (d *Description) schema(t testing.TB, c *Content, named map[string]*Content, mediaType string) *Schema {
	t.Helper()
	require.NotNil(t, c)
	if c.Ref != "" {
		c = named[path.Base(c.Ref)]
	}
	require.NotNil(t, c.Content[mediaType].Schema)
	return c.Content[mediaType].Schema
}

// Fit returns what is wrong with a decoded JSON value: a property that is not described, one of another kind, or one that
// is missing though it is required.
func (d *Description) Fit(s *Schema, value any) error { return d.fit(s, value, "$") }

func (d *Description) fit(s *Schema, value any, at string) error {
	if s.Ref != "" {
		s = d.Components.Schemas[path.Base(s.Ref)]
	}
	kind := map[bool]string{true: s.Type, false: ""}[s.Type != "object" || len(s.Properties) > 0 || len(s.Required) > 0]
	switch v := value.(type) {
	case nil:
		if !s.Nullable {
			return fmt.Errorf("%s is null", at)
		}
	case map[string]any:
		if s.Type != "object" {
			return fmt.Errorf("%s is an object, not %s", at, s.Type)
		}
		if kind == "" {
			return nil // a free map
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return fmt.Errorf("%s.%s is missing", at, name)
			}
		}
		for name, member := range v {
			if s.Properties[name] == nil {
				return fmt.Errorf("%s.%s is not described", at, name)
			}
			if err := d.fit(s.Properties[name], member, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		if s.Type != "array" {
			return fmt.Errorf("%s is an array, not %s", at, s.Type)
		}
		for i, item := range v {
			if err := d.fit(s.Items, item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case string:
		return fitText(s, v, at)
	case bool:
		if s.Type != "boolean" {
			return fmt.Errorf("%s is a truth value, not %s", at, s.Type)
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" {
			return fmt.Errorf("%s is a number, not %s", at, s.Type)
		}
	}
	return nil
}

func fitText(s *Schema, v, at string) error {
	switch {
	case s.Type != "string":
		return fmt.Errorf("%s is a string, not %s", at, s.Type)
	case len(v) < s.MinLength:
		return fmt.Errorf("%s has less than %d characters", at, s.MinLength)
	case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v):
		return fmt.Errorf("%s is %q, not like %s", at, v, s.Pattern)
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, v):
		return fmt.Errorf("%s is %q, none of %v", at, v, s.Enum)
	}
	return nil
}

// Takes reports whether an operation has a query parameter of that name.
func (o *Operation) Takes(name string) bool {
	for _, p := range o.Parameters {
		if p.In == "query" && p.Name == name {
			return true
		}
	}
	return false
}
