// Package schema turns Go types into JSON Schema 2020-12 and validates values against the very same schemas that the
// OpenAPI document shows.
package schema

import (
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/invopop/jsonschema"
)

// Registry collects the schemas of an API. Fill it, then Compile it.
type Registry struct {
	// House is the package path whose types keep their bare names; others are prefixed with their package's name.
	House string

	components jsonschema.Definitions
	hidden     jsonschema.Definitions
	owners     map[string]reflect.Type
	clash      error
}

// NewRegistry returns an empty registry; see Registry.House.
func NewRegistry(house string) *Registry {
	return &Registry{House: house, components: jsonschema.Definitions{}, hidden: jsonschema.Definitions{}, owners: map[string]reflect.Type{}}
}

// Answer adds the schema of a type that the API sends, and returns its component's name. fallback names it when the type
// has no name of its own.
func (r *Registry) Answer(t reflect.Type, fallback string) string {
	return r.add(t, fallback, r.components)
}

// Request adds the schema of a type that the API takes: unknown members are refused and every string, list and map is
// bounded.
func (r *Registry) Request(t reflect.Type, fallback string) string {
	name := r.add(t, fallback, r.components)
	tighten(r.components[name], r.components, map[*jsonschema.Schema]bool{})
	return name
}

// Query adds the schema of the query parameters of an operation. It is no component of the document: each of its
// properties stands there as a parameter.
func (r *Registry) Query(t reflect.Type, fallback string) *jsonschema.Schema {
	s := r.reflect(t)
	if strings.HasPrefix(s.Ref, refPrefix) {
		name := strings.TrimPrefix(s.Ref, refPrefix)
		s = r.components[name]
		delete(r.components, name)
	}
	tighten(s, r.components, map[*jsonschema.Schema]bool{})
	r.hidden[fallback] = s
	return s
}

// Components returns the schemas by name, for the document.
func (r *Registry) Components() jsonschema.Definitions { return r.components }

const (
	refPrefix  = "#/components/schemas/"
	defsPrefix = "#/$defs/"
)

// Ref is the reference to a component.
func Ref(name string) *jsonschema.Schema { return &jsonschema.Schema{Ref: refPrefix + name} }

func (r *Registry) add(t reflect.Type, fallback string, into jsonschema.Definitions) string {
	s := r.reflect(t)
	if strings.HasPrefix(s.Ref, refPrefix) {
		return strings.TrimPrefix(s.Ref, refPrefix)
	}
	into[fallback] = s
	return fallback
}

// reflect makes the schema of t; definitions it needs become components, unless they are already.
func (r *Registry) reflect(t reflect.Type) *jsonschema.Schema {
	reflector := jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true, Mapper: mapped, Namer: r.name}
	s := reflector.ReflectFromType(t)
	s.Version = ""
	defs := s.Definitions
	s.Definitions = nil
	relocate(s, map[*jsonschema.Schema]bool{})
	for name, def := range defs {
		relocate(def, map[*jsonschema.Schema]bool{})
		if _, known := r.components[name]; !known {
			r.components[name] = def
		}
	}
	return s
}

// mapped gives the schemas of types whose JSON form reflection does not see.
func mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[uuid.UUID]():
		return &jsonschema.Schema{Type: "string", Format: "uuid"}
	case reflect.TypeFor[uuid.NullUUID]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", Format: "uuid"}, {Type: "null"}}}
	case reflect.TypeFor[json.RawMessage]():
		return &jsonschema.Schema{Description: "any JSON value"}
	}
	return nil
}

var notLetter = regexp.MustCompile(`[^A-Za-z0-9]+`)

// name is the component's name of a named type: "Lead", "CaptureInput", "LeadPage" for Page[Lead].
func (r *Registry) name(t reflect.Type) string {
	if t.Name() == "" || t.PkgPath() == "" {
		return ""
	}
	base, arg, generic := strings.Cut(t.Name(), "[")
	name := title(base)
	if t.PkgPath() != r.House {
		name = title(notLetter.ReplaceAllString(path.Base(t.PkgPath()), "")) + name
	}
	if generic {
		name = title(notLetter.ReplaceAllString(arg[strings.LastIndexAny(arg, "./")+1:], "")) + name
	}
	if owner, taken := r.owners[name]; taken && owner != t && r.clash == nil {
		r.clash = fmt.Errorf("the types %s.%s and %s.%s would share the schema name %s: rename one", owner.PkgPath(), owner.Name(), t.PkgPath(), t.Name(), name)
	}
	r.owners[name] = t
	return name
}

func title(s string) string {
	if s == "" {
		return s
	}
	return string(unicode.ToUpper(rune(s[0]))) + s[1:]
}

// relocate rewrites references from the reflector's place to the document's.
func relocate(s *jsonschema.Schema, done map[*jsonschema.Schema]bool) {
	walk(s, done, func(s *jsonschema.Schema) {
		if name, ok := strings.CutPrefix(s.Ref, defsPrefix); ok {
			s.Ref = refPrefix + name
		}
	})
}

// walk visits s and every schema inside it, not following references.
func walk(s *jsonschema.Schema, done map[*jsonschema.Schema]bool, visit func(*jsonschema.Schema)) {
	if s == nil || done[s] {
		return
	}
	done[s] = true
	visit(s)
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems} {
		for _, sub := range list {
			walk(sub, done, visit)
		}
	}
	for _, sub := range []*jsonschema.Schema{s.Not, s.If, s.Then, s.Else, s.Items, s.Contains, s.AdditionalProperties, s.PropertyNames} {
		walk(sub, done, visit)
	}
	for _, sub := range s.PatternProperties {
		walk(sub, done, visit)
	}
	if s.Properties != nil {
		for p := s.Properties.Oldest(); p != nil; p = p.Next() {
			walk(p.Value, done, visit)
		}
	}
}
