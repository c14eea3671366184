package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// Policy says how people are held to their tasks. Its spans are working time of the assignee; a d is one working day.
type Policy struct {
	// Due is how long a task of a priority may take that names no time itself.
	Due map[string]definitions.Span `json:"due"`
	// Remind lists the reminders before a task is due.
	Remind []Reminder `json:"remind,omitempty"`
	// Escalate has a span for each rung of the ladder: so long after the task was due, and then after the rung below, the
	// next manager hears of it.
	Escalate []definitions.Span `json:"escalate,omitempty"`
	// GiveUp is how long after the last rung the task counts as unattended.
	GiveUp definitions.Span `json:"give_up"`
}

// Reminder comes when a share of the time has passed, in percent, or so long before the task is due.
type Reminder struct {
	Share  int              `json:"share,omitempty"`
	Before definitions.Span `json:"before,omitempty"`
	// Unseen keeps it for tasks that nobody has acknowledged yet.
	Unseen bool `json:"unseen,omitempty"`
}

// PolicyKind holds the policies by kind of task; DefaultPolicy counts for kinds that have none of their own.
var PolicyKind = definitions.NewKind("task-policy", "How long tasks may take, when people are reminded, and who hears of it when they are late.",
	checkPolicy, map[string]Policy{DefaultPolicy: {
		Due:      map[string]definitions.Span{Urgent: "2h", High: "4h", Normal: "2d", Low: "5d"},
		Remind:   []Reminder{{Share: 50, Unseen: true}, {Before: "1h"}},
		Escalate: []definitions.Span{"4h", "1d"},
		GiveUp:   "2d",
	}})

// DefaultPolicy is the name of the policy that counts where there is no other.
const DefaultPolicy = "default"

// longestSpan bounds the spans of a policy.
const longestSpan = 365 * 24 * time.Hour

const maxRungs = 10

func checkPolicy(p Policy) (problems []definitions.Problem) {
	note := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	span := func(field string, s definitions.Span) {
		if d, err := s.Parse(); err != nil {
			note(field, "%v", err)
		} else if d <= 0 || d > longestSpan {
			note(field, "must be more than nothing and at most 365d")
		}
	}
	for _, priority := range Priorities {
		span("due."+priority, p.Due[priority])
	}
	for priority := range p.Due {
		if !slices.Contains(Priorities, priority) {
			note("due."+priority, "is not a priority: use %v", Priorities)
		}
	}
	if len(p.Remind) > maxRungs || len(p.Escalate) > maxRungs {
		note("remind", "at most %d reminders and rungs", maxRungs)
	}
	for i, r := range p.Remind {
		field := fmt.Sprintf("remind[%d]", i)
		switch {
		case (r.Share == 0) == (r.Before == ""):
			note(field, "must have either share or before")
		case r.Before != "":
			span(field+".before", r.Before)
		case r.Share < 1 || r.Share > 99:
			note(field+".share", "must be 1 to 99 percent")
		}
	}
	for i, s := range p.Escalate {
		span(fmt.Sprintf("escalate[%d]", i), s)
	}
	span("give_up", p.GiveUp)
	return problems
}

// policyOf reads the policy of a kind of tasks.
func policyOf(ctx context.Context, db query.DBTX, kind string) (Policy, error) {
	p, _, err := PolicyKind.Current(ctx, db, kind)
	if errors.Is(err, definitions.ErrUnknown) {
		p, _, err = PolicyKind.Current(ctx, db, DefaultPolicy)
	}
	return p, err
}

// working is a span of working time.
func working(cal calendar.Calendar, s definitions.Span) time.Duration {
	d := s.Duration()
	if strings.HasSuffix(string(s), "d") {
		return Days(cal, int(d/(24*time.Hour)))
	}
	return d
}
