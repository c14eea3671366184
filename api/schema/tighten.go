package schema

import (
	"strings"

	"github.com/invopop/jsonschema"
)

// Bounds of what a request may hold where its type declares none.
const (
	longestText   = 1000
	longestList   = 1000
	widestMap     = 100
	largestNumber = "9007199254740991" // the largest integer that every JSON reader keeps exactly
)

// tighten makes a schema and all it refers to fit for requests: closed objects, bounded strings, lists, maps, numbers.
func tighten(s *jsonschema.Schema, components jsonschema.Definitions, done map[*jsonschema.Schema]bool) {
	walk(s, done, func(s *jsonschema.Schema) {
		switch s.Type {
		case "object":
			if s.AdditionalProperties == nil && s.Properties != nil {
				s.AdditionalProperties = jsonschema.FalseSchema
			}
			if s.AdditionalProperties != nil && s.AdditionalProperties != jsonschema.FalseSchema {
				bound(&s.MaxProperties, widestMap)
			}
		case "string":
			if len(s.Enum) == 0 && s.Format == "" {
				bound(&s.MaxLength, longestText)
			}
		case "array":
			bound(&s.MaxItems, longestList)
		case "integer":
			if s.Minimum == "" {
				s.Minimum = "-" + largestNumber
			}
			if s.Maximum == "" {
				s.Maximum = largestNumber
			}
		}
		if name, ok := strings.CutPrefix(s.Ref, refPrefix); ok {
			tighten(components[name], components, done)
		}
	})
}

func bound(limit **uint64, n uint64) {
	if *limit == nil {
		*limit = &n
	}
}
