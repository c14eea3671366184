package courses

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/surveys"
)

// All returns the current version of every course by name, standard ones included.
func All(ctx context.Context, db query.DBTX) (map[string]Course, error) {
	rows, err := query.New().ListCurrentDefinitions(ctx, db, kindName)
	if err != nil {
		return nil, fmt.Errorf("read the courses: %w", err)
	}
	all := make(map[string]Course, len(rows)+len(standard))
	for name, c := range standard {
		all[name] = c
	}
	for _, row := range rows {
		var c Course
		if err := json.Unmarshal(row.Body, &c); err != nil {
			return nil, fmt.Errorf("read course %q, version %d: %w", row.Name, row.Version, err)
		}
		all[row.Name] = c
	}
	return all, nil
}

// settle holds a new version against what else there is, and lets it reach those who are learning: whatever was decided by
// the version before does not leave any more, and every run works out anew what comes next.
func settle(ctx context.Context, tx pgx.Tx, now time.Time, name string, c Course) ([]definitions.Problem, error) {
	// One course at a time: two that took the same word at once would not see each other.
	if err := query.New().LockDefinition(ctx, tx, "course keywords"); err != nil {
		return nil, fmt.Errorf("settle course %q: %w", name, err)
	}
	all, err := All(ctx, tx)
	if err != nil {
		return nil, err
	}
	problems, err := beside(ctx, tx, all, name, c)
	if err != nil || len(problems) > 0 {
		return problems, err
	}
	learners, err := query.New().LockLearners(ctx, tx, name)
	if err != nil {
		return nil, fmt.Errorf("settle course %q: lock its learners: %w", name, err)
	}
	for _, id := range learners {
		token, err := fence.Move(ctx, tx, enrolment.Fence, id)
		if err != nil {
			return nil, err
		}
		row := query.Enrolment{ID: id, Course: name}
		if err := enrolment.Tell(ctx, tx, now, row, enrolment.Change{What: enrolment.Changed}, fmt.Sprint(token.Version)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// beside finds what is wrong with a course in view of the others, of users, templates and surveys.
func beside(ctx context.Context, tx pgx.Tx, all map[string]Course, name string, c Course) (problems []definitions.Problem, err error) {
	taken := map[string]string{}
	for other, o := range all {
		for _, k := range o.Keywords {
			if other != name {
				taken[Fold(k.Word)] = other
			}
		}
	}
	for i, k := range c.Keywords {
		if other, ok := taken[Fold(k.Word)]; ok {
			problems = append(problems, definitions.Problem{Field: fmt.Sprintf("keywords[%d].word", i), Message: "is a keyword of course " + other})
		}
	}
	if c.Owner != uuid.Nil {
		_, err := query.New().GetUser(ctx, tx, c.Owner)
		if errors.Is(err, pgx.ErrNoRows) {
			problems = append(problems, definitions.Problem{Field: "owner", Message: "there is no such user"})
		} else if err != nil {
			return nil, fmt.Errorf("settle course %q: %w", name, err)
		}
	}
	for i, l := range c.Lessons {
		if l.Template == "" {
			continue
		}
		_, err := query.New().ReadPublishedTemplate(ctx, tx, l.Template)
		if errors.Is(err, pgx.ErrNoRows) {
			problems = append(problems, definitions.Problem{Field: fmt.Sprintf("lessons[%d].template", i), Message: "there is no published template of that name"})
		} else if err != nil {
			return nil, fmt.Errorf("settle course %q: %w", name, err)
		}
	}
	if c.Survey != "" {
		_, _, err := surveys.Kind.Current(ctx, tx, c.Survey)
		if errors.Is(err, definitions.ErrUnknown) {
			problems = append(problems, definitions.Problem{Field: "survey", Message: "there is no such survey"})
		} else if err != nil {
			return nil, err
		}
	}
	return problems, nil
}
