package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
)

// DefinitionKind is one sort of definition, with those that there are.
type DefinitionKind struct {
	Kind    string            `json:"kind"`
	Purpose string            `json:"purpose"`
	Names   []string          `json:"names"`
	Links   map[string]string `json:"links" jsonschema_description:"each definition by its name"`
}

// DefinitionVersion is one version of a definition, without its body.
type DefinitionVersion struct {
	Version   int               `json:"version" jsonschema_description:"0: the one that exists before anybody writes one"`
	Note      string            `json:"note,omitempty"`
	Author    string            `json:"author,omitempty"`
	CreatedAt *time.Time        `json:"created_at,omitempty"`
	Links     map[string]string `json:"links"`
}

// definition is one version with its body, whose schema is that of the kind.
type definition struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	DefinitionVersion
	Body json.RawMessage `json:"body"`
}

type definitionChange struct {
	Body    json.RawMessage `json:"body"`
	Note    string          `json:"note"`
	BasedOn *int            `json:"based_on"`
}

// definitionOperations has a path for every kind, so that the document shows, and requests are held against, the schema
// of each kind's body.
func (s *Server) definitionOperations() []*Operation {
	ops := []*Operation{{
		Method: http.MethodGet, Path: "/v1/definitions", ID: "listDefinitions", Tag: "definitions", Access: access.DefinitionsRead,
		Summary: "List the kinds of definitions, and their names", Answers: []Answer{answer[Page[DefinitionKind]](200, "Every kind.")}, Handle: s.listDefinitions,
	}}
	for _, k := range s.kinds {
		path, id := "/v1/definitions/"+k.Name()+"/{name}", upper(k.Name())
		whole := func(text string) Answer {
			return Answer{Status: 200, Text: text, Media: []Media{{Type: mediaJSON, Schema: shapeOfDefinition(k)}}}
		}
		ops = append(ops,
			&Operation{
				Method: http.MethodGet, Path: path, ID: "get" + id, Tag: "definitions", Access: access.DefinitionsRead,
				Summary: "The current " + k.Name(), Description: k.Purpose(), Answers: []Answer{whole("The newest version.")},
				Handle: func(c *Call) error { return s.getDefinition(c, k, nil) },
			},
			&Operation{
				Method: http.MethodPut, Path: path, ID: "put" + id, Tag: "definitions", Access: access.DefinitionsWrite,
				Summary: "Write a " + k.Name(),
				Description: k.Purpose() + " A change is a new version; writing what stands there already writes none. " +
					"With based_on, the version that you saw, a change that somebody made in between is answered with 409.",
				Body:    &Body{Media: []Media{{Type: mediaJSON, Schema: shapeOfChange(k)}}},
				Answers: []Answer{whole("The version that counts from now on.")}, Handle: func(c *Call) error { return s.putDefinition(c, k) },
			},
			&Operation{
				Method: http.MethodGet, Path: path + "/versions", ID: "list" + id + "Versions", Tag: "definitions", Access: access.DefinitionsRead,
				Query: typeOf[Paging](), Summary: "The versions of a " + k.Name() + ", the newest first",
				Answers: []Answer{answer[Page[DefinitionVersion]](200, "A page of versions.")}, Handle: func(c *Call) error { return s.listVersions(c, k) },
			},
			&Operation{
				Method: http.MethodGet, Path: path + "/versions/{version}", ID: "get" + id + "Version", Tag: "definitions", Access: access.DefinitionsRead,
				Summary: "One version of a " + k.Name(), Answers: []Answer{whole("The version.")},
				Handle: func(c *Call) error {
					number, err := strconv.Atoi(c.Param("version"))
					if err != nil {
						return problem.NotFound("version", c.Param("version"))
					}
					return s.getDefinition(c, k, &number)
				},
			})
	}
	return ops
}

// shapeOfDefinition is the type of definition with the kind's own body.
func shapeOfDefinition(k definitions.AnyKind) reflect.Type {
	return withBody(reflect.TypeFor[definition](), k)
}

// shapeOfChange is the type of definitionChange with the kind's own body.
func shapeOfChange(k definitions.AnyKind) reflect.Type {
	return reflect.StructOf([]reflect.StructField{
		{Name: "Body", Type: k.Body(), Tag: `json:"body"`},
		{Name: "Note", Type: reflect.TypeFor[string](), Tag: `json:"note,omitempty" jsonschema:"maxLength=500" jsonschema_description:"why it is changed; nothing personal"`},
		{Name: "BasedOn", Type: reflect.TypeFor[int](), Tag: `json:"based_on,omitempty" jsonschema:"minimum=0" jsonschema_description:"the version that you saw"`},
	})
}

// withBody is t, its embedded structs opened, with another type of body.
func withBody(t reflect.Type, k definitions.AnyKind) reflect.Type {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue
		}
		field := reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag}
		if f.Name == "Body" {
			field.Type = k.Body()
		}
		fields = append(fields, field)
	}
	return reflect.StructOf(fields)
}

func (s *Server) listDefinitions(c *Call) error {
	out := Page[DefinitionKind]{Items: []DefinitionKind{}}
	for _, k := range s.kinds {
		names, err := definitions.Names(c.Ctx(), s.pool, k)
		if err != nil {
			return err
		}
		view := DefinitionKind{Kind: k.Name(), Purpose: k.Purpose(), Names: names, Links: map[string]string{}}
		for _, name := range names {
			view.Links[name] = link("v1/definitions", k.Name(), name)
		}
		out.Items = append(out.Items, view)
	}
	return c.OK(out)
}

func (s *Server) getDefinition(c *Call, k definitions.AnyKind, version *int) error {
	stored, err := definitions.Read(c.Ctx(), s.pool, k, c.Param("name"), version)
	if errors.Is(err, definitions.ErrUnknown) {
		return problem.NotFound(k.Name(), c.Param("name"))
	}
	if err != nil {
		return err
	}
	return c.OK(wholeDefinition(k, c.Param("name"), stored))
}

func (s *Server) listVersions(c *Call, k definitions.AnyKind) error {
	var f Paging
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	name := c.Param("name")
	list := "versions" + k.Name() + "/" + name
	below, err := readCursor[int](list, f.Cursor)
	if err != nil {
		return err
	}
	if below == nil {
		below = new(int)
		*below = math.MaxInt32
	}
	rows, err := definitions.Versions(c.Ctx(), s.pool, k, name, *below, f.limit()+1)
	if errors.Is(err, definitions.ErrUnknown) {
		return problem.NotFound(k.Name(), name)
	}
	if err != nil {
		return err
	}
	view := func(v definitions.Stored) DefinitionVersion { return versionView(k, name, v) }
	return c.OK(page(list, f.limit(), rows, view, func(v definitions.Stored) int { return v.Version }))
}

func (s *Server) putDefinition(c *Call, k definitions.AnyKind) error {
	var in definitionChange
	if err := c.Decode(&in); err != nil {
		return err
	}
	if wrong := k.Check(in.Body); len(wrong) > 0 {
		return notADefinition(wrong)
	}
	ctx, now, name := c.Ctx(), s.clock.Now().Truncate(time.Microsecond), c.Param("name")
	var stored definitions.Stored
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := query.New().LockDefinition(ctx, tx, k.Name()+"/"+name); err != nil {
			return fmt.Errorf("write a definition: %w", err)
		}
		before, err := definitions.Read(ctx, tx, k, name, nil)
		if err != nil && !errors.Is(err, definitions.ErrUnknown) {
			return err
		}
		version, err := definitions.Put(ctx, tx, now, definitions.Change{
			Kind: k.Name(), Name: name, Body: in.Body, Note: in.Note, Author: "key " + c.Principal.KeyID.String(), BasedOn: in.BasedOn,
		})
		if errors.Is(err, definitions.ErrStale) {
			return problem.Conflict("definition-stale", fmt.Sprintf("Version %d was written meanwhile: read it, and base your change on it.", version))
		}
		if err != nil {
			return err
		}
		if stored, err = definitions.Read(ctx, tx, k, name, &version); err != nil || version == before.Version {
			return err
		}
		if wrong, err := k.Settle(ctx, tx, now, name, in.Body); err != nil || len(wrong) > 0 {
			return errors.Join(err, notADefinition(wrong))
		}
		return audit.Append(ctx, tx, now, c.Did("definition.write", "definition", k.Name()+"/"+name, fmt.Sprintf("version %d", version), "body"))
	})
	if err != nil {
		return err
	}
	return c.OK(wholeDefinition(k, name, stored))
}

// notADefinition names the fields that are wrong; nil when none is.
func notADefinition(wrong []definitions.Problem) error {
	if len(wrong) == 0 {
		return nil
	}
	fields := make([]problem.Field, len(wrong))
	for i, w := range wrong {
		fields[i] = problem.Field{Field: strings.TrimSuffix("body."+w.Field, "."), Message: w.Message}
	}
	return problem.Invalid(fields...)
}

func wholeDefinition(k definitions.AnyKind, name string, v definitions.Stored) definition {
	return definition{Kind: k.Name(), Name: name, DefinitionVersion: versionView(k, name, v), Body: v.Body}
}

func versionView(k definitions.AnyKind, name string, v definitions.Stored) DefinitionVersion {
	self := link("v1/definitions", k.Name(), name)
	out := DefinitionVersion{
		Version: v.Version, Note: v.Note, Author: v.Author,
		Links: map[string]string{"self": self + "/versions/" + strconv.Itoa(v.Version), "current": self, "versions": self + "/versions"},
	}
	if !v.CreatedAt.IsZero() {
		at := v.CreatedAt.UTC()
		out.CreatedAt = &at
	}
	return out
}
