package deals

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/invopop/jsonschema"
)

// Attributes are what the criteria of stages ask for: yes or no, numbers, and words of the business. They travel
// through runs, so they hold codes and never what somebody wrote.
type Attributes map[string]any

const (
	attributeName = `^[a-z][a-z0-9_]{0,49}$`
	attributeCode = `^[a-z0-9][a-z0-9-]{0,63}$`
	// maxAttributes bounds what one deal carries.
	maxAttributes = 50
)

var attributeNames, attributeCodes = regexp.MustCompile(attributeName), regexp.MustCompile(attributeCode)

// JSONSchema says the same to whoever reads the API's document.
func (Attributes) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", AdditionalProperties: jsonschema.FalseSchema,
		PatternProperties: map[string]*jsonschema.Schema{attributeName: {
			Description: "yes or no, a number, a code (lower-case letters, digits and hyphens), or null to forget it",
			AnyOf:       []*jsonschema.Schema{{Type: "boolean"}, {Type: "number"}, {Type: "string", Pattern: attributeCode}, {Type: "null"}},
		}},
	}
}

// Check says what is wrong with attributes; "" when nothing is.
func (a Attributes) Check() string {
	if len(a) > maxAttributes {
		return fmt.Sprintf("there are more than %d", maxAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !attributeNames.MatchString(name) {
			return "a name is lower-case letters, digits and underscores, at most 50"
		}
		switch v := a[name].(type) {
		case nil, bool, float64:
		case string:
			if !attributeCodes.MatchString(v) {
				return name + " is no code: lower-case letters, digits and hyphens, at most 64"
			}
		default:
			return name + " is neither yes or no, a number, nor a code"
		}
	}
	return ""
}

// With is a with what change says: null takes an attribute away.
func (a Attributes) With(change Attributes) Attributes {
	out := maps.Clone(a)
	if out == nil {
		out = Attributes{}
	}
	for name, v := range change {
		if v == nil {
			delete(out, name)
			continue
		}
		out[name] = v
	}
	return out
}

func (a Attributes) number(name string) (float64, bool) {
	n, ok := a[name].(float64)
	return n, ok
}
