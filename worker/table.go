// Package worker holds the registration table, the one place that says which processes and activities a binary has,
// and builds the Temporal worker that runs them.
package worker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/capture"
	"github.com/perdura/perdura/workflows/handoff"
	"github.com/perdura/perdura/workflows/leadimport"
)

// Table is what a binary runs. A company's binary adds its own to Standard with With and WithActivities.
type Table struct {
	// Processes holds one definition a process, in the order in which lists show them.
	Processes []process.Definition
	// Activities build the implementations when a worker starts.
	Activities []func(Deps) []process.Implementation
}

// Standard is the table of Perdura's own processes: one line each.
func Standard() Table {
	return Table{}.With(
		capture.Process,
		handoff.Process,
		leadimport.Process,
		// perdura new-process adds its line above this one.
	).
		WithActivities(func(d Deps) []process.Implementation { return journal.Activities(d.Pool, d.Clock) }).
		WithActivities(func(d Deps) []process.Implementation { return records.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return tasks.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation {
			return notify.New(notify.Options{
				Pool: d.Pool, Clock: d.Clock, Mailer: d.Senders.Mailer, Caller: d.Senders.Caller, PublicURL: publicURL(d.Config.API),
			}).Activities()
		})
}

// With returns the table with more processes.
func (t Table) With(definitions ...process.Definition) Table {
	t.Processes = slices.Concat(t.Processes, definitions)
	return t
}

// WithActivities returns the table with more activities.
func (t Table) WithActivities(build func(Deps) []process.Implementation) Table {
	t.Activities = append(slices.Clip(t.Activities), build)
	return t
}

// Lookup finds a process by name.
func (t Table) Lookup(name string) (process.Definition, bool) {
	for _, d := range t.Processes {
		if d.Describe().Name == name {
			return d, true
		}
	}
	return nil, false
}

// Check reports everything that keeps the table from running: names taken twice, and messages that clash.
func (t Table) Check() error {
	var errs []error
	seen := map[string]bool{}
	for _, def := range t.Processes {
		d := def.Describe()
		if seen[d.Name] {
			errs = append(errs, fmt.Errorf("process %q is registered twice: rename one, or remove its line from the table", d.Name))
		}
		seen[d.Name] = true
		errs = append(errs, clashes(d)...)
	}
	return errors.Join(errs...)
}

// clashes finds messages of one process that Temporal or REST could not tell apart.
func clashes(d process.Description) []error {
	var errs []error
	kinds := map[string]string{process.StatusQuery: "query"}
	note := func(kind string, messages []process.MessageInfo) {
		for _, m := range messages {
			if other, taken := kinds[m.Name]; taken {
				errs = append(errs, fmt.Errorf("process %q: %s %q has the name of a %s: rename one", d.Name, kind, m.Name, other))
			}
			kinds[m.Name] = kind
		}
	}
	note("signal", d.Signals)
	note("update", d.Updates)
	return errs
}
