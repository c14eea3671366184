package definitions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// Stored is one version as it is kept. A standard definition has version 0 and neither author nor time.
type Stored struct {
	Version   int
	Body      json.RawMessage
	Note      string
	Author    string
	CreatedAt time.Time
}

// Read returns one version of a definition as it is kept; a nil version means the newest. Errors: ErrUnknown, or
// PostgreSQL's.
func Read(ctx context.Context, db query.DBTX, kind AnyKind, name string, version *int) (Stored, error) {
	standard, exists := kind.Standard(name)
	if exists && version != nil && *version == 0 {
		return Stored{Body: standard}, nil
	}
	arg := query.ReadDefinitionParams{Kind: kind.Name(), Name: name}
	if version != nil {
		number := int32(min(*version, math.MaxInt32))
		arg.Wanted = &number
	}
	row, err := query.New().ReadDefinition(ctx, db, arg)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && exists && version == nil:
		return Stored{Body: standard}, nil
	case errors.Is(err, pgx.ErrNoRows):
		return Stored{}, fmt.Errorf("read %s %q: %w", kind.Name(), name, ErrUnknown)
	case err != nil:
		return Stored{}, fmt.Errorf("read %s %q: %w", kind.Name(), name, err)
	}
	return Stored{Version: int(row.Version), Body: row.Body, Note: row.Note, Author: row.Author, CreatedAt: row.CreatedAt}, nil
}

// Versions lists the versions below a number, the newest first, at most limit, without their bodies. The standard one
// comes last where there is one. Errors: ErrUnknown when there is no such definition, or PostgreSQL's.
func Versions(ctx context.Context, db query.DBTX, kind AnyKind, name string, below, limit int) ([]Stored, error) {
	rows, err := query.New().ListDefinitionPage(ctx, db, query.ListDefinitionPageParams{
		Kind: kind.Name(), Name: name, Below: int32(min(below, math.MaxInt32)), MaxRows: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list the versions of %s %q: %w", kind.Name(), name, err)
	}
	list := make([]Stored, 0, len(rows)+1)
	for _, r := range rows {
		list = append(list, Stored{Version: int(r.Version), Note: r.Note, Author: r.Author, CreatedAt: r.CreatedAt})
	}
	_, standard := kind.Standard(name)
	if standard && len(rows) < limit && below > 0 {
		list = append(list, Stored{})
	}
	if len(list) == 0 && below == math.MaxInt32 {
		return nil, fmt.Errorf("list the versions of %s %q: %w", kind.Name(), name, ErrUnknown)
	}
	return list, nil
}

// Names lists the names of a kind, standard ones included, sorted.
func Names(ctx context.Context, db query.DBTX, kind AnyKind) ([]string, error) {
	names, err := query.New().ListDefinitionNames(ctx, db, kind.Name())
	if err != nil {
		return nil, fmt.Errorf("list the definitions of kind %s: %w", kind.Name(), err)
	}
	names = append(names, kind.StandardNames()...)
	slices.Sort(names)
	return slices.Compact(names), nil
}
