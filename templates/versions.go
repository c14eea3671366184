package templates

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// The states of a version. One version of a template is published at most; what was published before is retired, and may
// be published again.
const (
	Draft     = "draft"
	Published = "published"
	Retired   = "retired"
)

// Version is one version with its history.
type Version struct {
	Template
	State       string
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
}

// ErrTaken means that there is a template of that name; ErrStale, that somebody else wrote a version in between.
var (
	ErrTaken = errors.New("there is a template of that name")
	ErrStale = errors.New("the template has changed meanwhile")
)

// Read returns one version, or the newest when version is 0. Errors: ErrUnknown, or PostgreSQL's.
func Read(ctx context.Context, db query.DBTX, name string, version int) (Version, error) {
	arg := query.ReadTemplateParams{Name: name}
	if version != 0 {
		number := int32(version)
		arg.Wanted = &number
	}
	row, err := query.New().ReadTemplate(ctx, db, arg)
	if errors.Is(err, pgx.ErrNoRows) {
		return Version{}, fmt.Errorf("read template %q: %w", name, ErrUnknown)
	}
	if err != nil {
		return Version{}, fmt.Errorf("read template %q: %w", name, err)
	}
	return versionOf(row)
}

// Create writes t, which was checked, as version 1. Doing so again with the same words changes nothing.
// Errors: ErrTaken, or PostgreSQL's.
func Create(ctx context.Context, tx pgx.Tx, now time.Time, t Template, author string) (v Version, written bool, err error) {
	last, err := lock(ctx, tx, t.Name)
	switch {
	case errors.Is(err, ErrUnknown):
		v, err = add(ctx, tx, now, t, 1, author)
		return v, err == nil, err
	case err != nil:
		return Version{}, false, err
	case last.Version == 1 && last.State == Draft && last.Author == author && same(last.Template, t):
		return last, false, nil
	}
	return Version{}, false, fmt.Errorf("create template %q: %w", t.Name, ErrTaken)
}

// Revise writes t, which was checked, as the next version. Words that the newest version already has change nothing.
// basedOn is the version that the author saw; 0 to write over whatever stands there. Errors: ErrUnknown, ErrStale, or
// PostgreSQL's.
func Revise(ctx context.Context, tx pgx.Tx, now time.Time, t Template, basedOn int, author string) (v Version, written bool, err error) {
	last, err := lock(ctx, tx, t.Name)
	if err != nil {
		return Version{}, false, err
	}
	if same(last.Template, t) {
		return last, false, nil
	}
	if basedOn != 0 && basedOn != last.Version {
		return last, false, fmt.Errorf("revise template %q: %w", t.Name, ErrStale)
	}
	v, err = add(ctx, tx, now, t, last.Version+1, author)
	return v, err == nil, err
}

// Publish makes version the one that is sent, from the next second on; the one before is retired. Publishing what is
// published changes nothing. The caller has checked that the author may publish its class. Errors: ErrUnknown, or
// PostgreSQL's.
func Publish(ctx context.Context, tx pgx.Tx, now time.Time, name string, version int) (v Version, written bool, err error) {
	if _, err := lock(ctx, tx, name); err != nil {
		return Version{}, false, err
	}
	if v, err = Read(ctx, tx, name, version); err != nil || v.State == Published {
		return v, false, err
	}
	if _, err := query.New().RetireTemplate(ctx, tx, name); err != nil {
		return v, false, fmt.Errorf("publish template %q: %w", name, err)
	}
	row, err := query.New().PublishTemplate(ctx, tx, query.PublishTemplateParams{Name: name, Version: int32(v.Version), Now: &now})
	if err != nil {
		return v, false, fmt.Errorf("publish template %q: %w", name, err)
	}
	v, err = versionOf(row)
	return v, err == nil, err
}

// Retire takes the published version out of use; nothing is sent by this template until a version is published. It
// reports whether there was one. Errors: ErrUnknown, or PostgreSQL's.
func Retire(ctx context.Context, tx pgx.Tx, name string) (bool, error) {
	if _, err := lock(ctx, tx, name); err != nil {
		return false, err
	}
	n, err := query.New().RetireTemplate(ctx, tx, name)
	if err != nil {
		return false, fmt.Errorf("retire template %q: %w", name, err)
	}
	return n > 0, nil
}

// lock makes writers of one template wait for each other, and returns its newest version.
func lock(ctx context.Context, tx pgx.Tx, name string) (Version, error) {
	if err := query.New().LockTemplate(ctx, tx, name); err != nil {
		return Version{}, fmt.Errorf("lock template %q: %w", name, err)
	}
	return Read(ctx, tx, name, 0)
}

func add(ctx context.Context, tx pgx.Tx, now time.Time, t Template, version int, author string) (Version, error) {
	words, err := json.Marshal(t.Definition)
	if err != nil {
		return Version{}, fmt.Errorf("write template %q: %w", t.Name, err)
	}
	row, err := query.New().AddTemplateVersion(ctx, tx, query.AddTemplateVersionParams{
		Name: t.Name, Version: int32(version), Class: t.Class, Purpose: t.Purpose, Topic: t.Topic, Definition: words, Author: author, CreatedAt: now,
	})
	if err != nil {
		return Version{}, fmt.Errorf("write template %q: %w", t.Name, err)
	}
	return versionOf(row)
}

func same(a, b Template) bool {
	one, err1 := json.Marshal(a.Definition)
	two, err2 := json.Marshal(b.Definition)
	return err1 == nil && err2 == nil && bytes.Equal(one, two) && a.Class == b.Class && a.Purpose == b.Purpose && a.Topic == b.Topic
}

func versionOf(row query.CommunicationTemplate) (Version, error) {
	t, err := fromRow(row)
	return Version{Template: t, State: row.State, Author: row.Author, CreatedAt: row.CreatedAt, PublishedAt: row.PublishedAt}, err
}
