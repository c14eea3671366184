package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	santhosh "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/perdura/perdura/api/problem"
)

// documentURL names the document while it is compiled; nothing is fetched from there.
const documentURL = "https://perdura.invalid/openapi.json"

// Validators validate values by component name (or the name given to Registry.Query). They are safe for concurrent use.
type Validators struct{ byName map[string]*santhosh.Schema }

// Compile makes the validators. It errs when two types share a name or a schema is not correct.
func (r *Registry) Compile() (*Validators, error) {
	if r.clash != nil {
		return nil, r.clash
	}
	raw, err := json.Marshal(map[string]any{
		"components": map[string]any{"schemas": r.components}, "queries": r.hidden,
	})
	if err != nil {
		return nil, fmt.Errorf("write the schemas as JSON: %w", err)
	}
	doc, err := santhosh.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read the schemas back: %w", err)
	}
	c := santhosh.NewCompiler()
	c.DefaultDraft(santhosh.Draft2020)
	c.RegisterFormat(&santhosh.Format{Name: "uuid", Validate: isUUID})
	c.RegisterFormat(&santhosh.Format{Name: "date-time", Validate: isTime})
	c.AssertFormat()
	if err := c.AddResource(documentURL, doc); err != nil {
		return nil, fmt.Errorf("take in the schemas: %w", err)
	}
	v := &Validators{byName: map[string]*santhosh.Schema{}}
	compile := func(name, at string) error {
		s, err := c.Compile(documentURL + at + name)
		if err != nil {
			return fmt.Errorf("compile the schema %s: %w", name, err)
		}
		v.byName[name] = s
		return nil
	}
	for name := range r.components {
		if err := compile(name, refPrefix); err != nil {
			return nil, err
		}
	}
	for name := range r.hidden {
		if err := compile(name, "#/queries/"); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Validate returns what is wrong with value (as strictjson.Decode gives it), field by field; nothing when it is right.
// prefix is put before each field's path.
func (v *Validators) Validate(name, prefix string, value any) []problem.Field {
	s, ok := v.byName[name]
	if !ok {
		return []problem.Field{{Field: prefix, Message: "has no schema"}}
	}
	err := s.Validate(value)
	var invalid *santhosh.ValidationError
	if errors.As(err, &invalid) {
		return explain(invalid, prefix)
	}
	if err != nil {
		return []problem.Field{{Field: prefix, Message: "cannot be validated"}}
	}
	return nil
}

// isUUID takes the RFC 9562 text form only: the one that every reader agrees on.
func isUUID(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	if len(s) != 36 {
		return errors.New("not a UUID")
	}
	_, err := uuid.Parse(s)
	return err
}

// isTime takes what RFC 3339 and Go agree on; a leap second is not among it.
func isTime(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := time.Parse(time.RFC3339, s)
	return err
}
