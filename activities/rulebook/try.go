package rulebook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/taskrules"
)

// maxTried bounds the events that a trial looks at.
const maxTried = 2000

// Trial is what a rule would have made of the events of a span of time.
type Trial struct {
	// Looked counts the events of the rule's type; More means that there were others after those.
	Looked int
	More   bool
	Fired  []Fired
}

// Fired is one event of which the rule would have made a task.
type Fired struct {
	EventID uuid.UUID
	At      time.Time
	About   taskrules.About
}

// Try looks at the events that came in from since until before until, by what is known today, and writes nothing.
func Try(ctx context.Context, db query.DBTX, r taskrules.Rule, since, until time.Time) (Trial, error) {
	rows, err := query.New().ListEventsOfType(ctx, db, query.ListEventsOfTypeParams{Type: r.On, Since: since, Until: until, MaxRows: maxTried + 1})
	if err != nil {
		return Trial{}, fmt.Errorf("list the events of a type: %w", err)
	}
	var out Trial
	if len(rows) > maxTried {
		out.More, rows = true, rows[:maxTried]
	}
	out.Looked = len(rows)
	for _, row := range rows {
		facts, about, err := factsOf(ctx, db, row.Data)
		if err != nil {
			return Trial{}, err
		}
		if r.Fires(facts) {
			out.Fired = append(out.Fired, Fired{row.ID, row.ReceivedAt, about})
		}
	}
	return out, nil
}
