// Package definitions keeps what people define and change while processes run: policies, tracks, surveys. A change is a
// new version; none is overwritten, so a run may stay with the version that it began with, and every message says which
// version decided it.
package definitions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// Problem is one thing that is wrong with a definition, by the path of its field ("steps[2].template").
type Problem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Kind is one sort of definition, held as a T. Make it once, as a package variable.
type Kind[T any] struct {
	name, purpose string
	check         func(T) []Problem
	standard      map[string]T
	settle        Settle[T]
}

// Settle is told of a new version in the transaction that writes it: what it is about lives in tables of its own. What is
// wrong with the version beside what stands there undoes the transaction.
type Settle[T any] func(ctx context.Context, tx pgx.Tx, now time.Time, name string, t T) ([]Problem, error)

// NewKind declares a kind. check returns what is wrong with a definition that fits the schema of T; standard holds the
// definitions that exist before anybody writes one, as version 0.
func NewKind[T any](name, purpose string, check func(T) []Problem, standard map[string]T) Kind[T] {
	return Kind[T]{name: name, purpose: purpose, check: check, standard: standard}
}

// Settling returns the kind with somebody who is told of each new version.
func (k Kind[T]) Settling(s Settle[T]) Kind[T] {
	k.settle = s
	return k
}

// Settle tells of a new version, whose body was checked, in the transaction that writes it.
func (k Kind[T]) Settle(ctx context.Context, tx pgx.Tx, now time.Time, name string, body json.RawMessage) ([]Problem, error) {
	var t T
	if k.settle == nil {
		return nil, nil
	}
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("settle %s %q: the body does not decode: %w", k.name, name, err)
	}
	return k.settle(ctx, tx, now, name, t)
}

// ErrUnknown means that there is no definition of that name, or no such version of it.
var ErrUnknown = errors.New("no such definition")

// Current returns the newest version of a definition and its number. Errors: ErrUnknown, or PostgreSQL's.
func (k Kind[T]) Current(ctx context.Context, db query.DBTX, name string) (T, int, error) {
	return k.read(ctx, db, name, nil)
}

// At returns one version. Errors: ErrUnknown, or PostgreSQL's.
func (k Kind[T]) At(ctx context.Context, db query.DBTX, name string, version int) (T, error) {
	if version == 0 {
		if t, ok := k.standard[name]; ok {
			return t, nil
		}
	}
	number := int32(version)
	t, _, err := k.read(ctx, db, name, &number)
	return t, err
}

func (k Kind[T]) read(ctx context.Context, db query.DBTX, name string, version *int32) (T, int, error) {
	var t T
	row, err := query.New().ReadDefinition(ctx, db, query.ReadDefinitionParams{Kind: k.name, Name: name, Wanted: version})
	if errors.Is(err, pgx.ErrNoRows) {
		if standard, ok := k.standard[name]; ok && version == nil {
			return standard, 0, nil
		}
		return t, 0, fmt.Errorf("read %s %q: %w", k.name, name, ErrUnknown)
	}
	if err != nil {
		return t, 0, fmt.Errorf("read %s %q: %w", k.name, name, err)
	}
	if err := json.Unmarshal(row.Body, &t); err != nil {
		return t, 0, fmt.Errorf("read %s %q, version %d: the body does not decode: %w", k.name, name, row.Version, err)
	}
	return t, int(row.Version), nil
}

// Names lists the names of a kind, standard ones included, sorted.
func (k Kind[T]) Names(ctx context.Context, db query.DBTX) ([]string, error) {
	return Names(ctx, db, k)
}

// AnyKind is a Kind without its type, as the API and the registration table hold it.
type AnyKind interface {
	Name() string
	Purpose() string
	// Body is the Go type of a definition.
	Body() reflect.Type
	// Check decodes and checks a body. It returns problems, never an error of another sort.
	Check(body json.RawMessage) []Problem
	// Settle tells whoever the kind has for it of a new version, in the transaction that writes it.
	Settle(ctx context.Context, tx pgx.Tx, now time.Time, name string, body json.RawMessage) ([]Problem, error)
	// Standard returns the definition that exists before anybody writes one.
	Standard(name string) (json.RawMessage, bool)
	StandardNames() []string
}

// Name of the kind, as in /v1/definitions/{kind}.
func (k Kind[T]) Name() string { return k.name }

// Purpose says in one sentence what is defined.
func (k Kind[T]) Purpose() string { return k.purpose }

// Body is the Go type of a definition.
func (k Kind[T]) Body() reflect.Type { return reflect.TypeFor[T]() }

// Check decodes and checks a body; unknown members are problems, because they would do nothing.
func (k Kind[T]) Check(body json.RawMessage) []Problem {
	var t T
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return []Problem{{Message: fmt.Sprintf("it is not a %s: %v", k.name, err)}}
	}
	if k.check == nil {
		return nil
	}
	return k.check(t)
}

// Standard returns a standard definition as JSON.
func (k Kind[T]) Standard(name string) (json.RawMessage, bool) {
	t, ok := k.standard[name]
	if !ok {
		return nil, false
	}
	raw, err := json.Marshal(t)
	return raw, err == nil
}

// StandardNames lists the standard definitions, sorted.
func (k Kind[T]) StandardNames() []string {
	names := make([]string, 0, len(k.standard))
	for name := range k.standard {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Change is a new version that somebody writes.
type Change struct {
	Kind, Name string
	Body       json.RawMessage // checked by the caller
	Note       string
	Author     string
	// BasedOn is the version that the author saw; nil to write over whatever stands there.
	BasedOn *int
}

// ErrStale means that somebody else wrote a version in between.
var ErrStale = errors.New("the definition has changed meanwhile")

// Put writes the next version in tx and returns its number; writing what already stands there writes nothing. The
// caller audits it. Errors: ErrStale, or PostgreSQL's.
func Put(ctx context.Context, tx pgx.Tx, now time.Time, c Change) (version int, err error) {
	if err := query.New().LockDefinition(ctx, tx, c.Kind+"/"+c.Name); err != nil {
		return 0, fmt.Errorf("write %s %q: %w", c.Kind, c.Name, err)
	}
	current, err := query.New().ReadDefinition(ctx, tx, query.ReadDefinitionParams{Kind: c.Kind, Name: c.Name})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("write %s %q: %w", c.Kind, c.Name, err)
	}
	if c.BasedOn != nil && int(current.Version) != *c.BasedOn {
		// Whoever sends the same change again, not knowing that it arrived, is told that it stands.
		same, err := query.New().SaysTheSame(ctx, tx, query.SaysTheSameParams{Kind: c.Kind, Name: c.Name, Body: c.Body})
		if err != nil {
			return 0, fmt.Errorf("write %s %q: %w", c.Kind, c.Name, err)
		}
		if !same {
			return int(current.Version), ErrStale
		}
	}
	row, err := query.New().WriteDefinition(ctx, tx, query.WriteDefinitionParams{
		Kind: c.Kind, Name: c.Name, Previous: current.Version, Body: c.Body, Note: c.Note, Author: c.Author, CreatedAt: now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return int(current.Version), nil
	}
	if err != nil {
		return 0, fmt.Errorf("write %s %q: %w", c.Kind, c.Name, err)
	}
	return int(row), nil
}
