package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// specs is the folder of the vendors' API descriptions.
func specs() string {
	if folder := os.Getenv("PERDURA_SPECS"); folder != "" {
		return folder
	}
	return "../../../shared/specs"
}

// description is the part of an OpenAPI document that answers are checked with.
type description struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Nullable   bool               `json:"nullable"`
	Pattern    string             `json:"pattern"`
	Enum       []string           `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
}

func readDescription(file string) (*description, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var d description
	if err := json.Unmarshal(content, &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// answer is the schema of what an operation answers with a status.
func (d *description) answer(t *testing.T, route, method, status string) *schema {
	t.Helper()
	var operation struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema *schema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	}
	require.NoError(t, json.Unmarshal(d.Paths[route][method], &operation))
	return operation.Responses[status].Content["application/json"].Schema
}

// requireFit fails unless the value has exactly the described properties, each
// of the described kind.
func (d *description) requireFit(t *testing.T, s *schema, value any) {
	t.Helper()
	require.NotNil(t, s)
	require.NoError(t, d.fit(s, value, "$"))
}

func (d *description) fit(s *schema, value any, at string) error {
	if s.Ref != "" {
		s = d.Components.Schemas[path.Base(s.Ref)]
	}
	switch v := value.(type) {
	case nil:
		if !s.Nullable {
			return fmt.Errorf("%s is null", at)
		}
	case map[string]any:
		if s.Type != "object" {
			return fmt.Errorf("%s is an object, not %s", at, s.Type)
		}
		for name := range s.Properties {
			if _, ok := v[name]; !ok {
				return fmt.Errorf("%s.%s is missing", at, name)
			}
		}
		for name, member := range v {
			if len(s.Properties) == 0 {
				continue // a free map
			}
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
		if s.Type != "string" {
			return fmt.Errorf("%s is a string, not %s", at, s.Type)
		}
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			return fmt.Errorf("%s is %q, not like %s", at, v, s.Pattern)
		}
		for i, allowed := range s.Enum {
			if v == allowed {
				break
			}
			if i == len(s.Enum)-1 {
				return fmt.Errorf("%s is %q, none of %v", at, v, s.Enum)
			}
		}
	case float64:
		if s.Type != "integer" {
			return fmt.Errorf("%s is a number, not %s", at, s.Type)
		}
	}
	return nil
}
