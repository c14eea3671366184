// Package worker holds the registration table, the one place that says which processes and activities a binary has,
// and builds the Temporal worker that runs them.
package worker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/perdura/perdura/activities/appointing"
	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/arrivals"
	"github.com/perdura/perdura/activities/busy"
	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/commissioning"
	couponing "github.com/perdura/perdura/activities/coupons"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/losing"
	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/activities/receivables"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/activities/rulebook"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/activities/teaching"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/commission"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/taskrules"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/worker/dispatch"
	"github.com/perdura/perdura/workflows/appointment"
	"github.com/perdura/perdura/workflows/arrival"
	"github.com/perdura/perdura/workflows/busyfeed"
	"github.com/perdura/perdura/workflows/capture"
	"github.com/perdura/perdura/workflows/catchup"
	"github.com/perdura/perdura/workflows/clawback"
	"github.com/perdura/perdura/workflows/closure"
	"github.com/perdura/perdura/workflows/collection"
	"github.com/perdura/perdura/workflows/course"
	"github.com/perdura/perdura/workflows/deal"
	"github.com/perdura/perdura/workflows/dealentry"
	"github.com/perdura/perdura/workflows/dormancy"
	"github.com/perdura/perdura/workflows/handoff"
	"github.com/perdura/perdura/workflows/leadimport"
	"github.com/perdura/perdura/workflows/loss"
	"github.com/perdura/perdura/workflows/message"
	"github.com/perdura/perdura/workflows/nurture"
	"github.com/perdura/perdura/workflows/optin"
	"github.com/perdura/perdura/workflows/receivable"
	"github.com/perdura/perdura/workflows/recycling"
	"github.com/perdura/perdura/workflows/resend"
	"github.com/perdura/perdura/workflows/retention"
	"github.com/perdura/perdura/workflows/signature"
	"github.com/perdura/perdura/workflows/survey"
)

// Table is what a binary runs. A company's binary adds its own to Standard with With and WithActivities.
type Table struct {
	// Processes holds one definition a process, in the order in which lists show them.
	Processes []process.Definition
	// Activities build the implementations when a worker starts.
	Activities []func(Deps) []process.Implementation
	// Listeners hear every event that the dispatcher has delivered. They are built with Pool, Clock and Log only.
	Listeners []func(Deps) dispatch.Listener
	// Kinds are the sorts of definitions that people write over the API.
	Kinds []definitions.AnyKind
}

// Standard is the table of Perdura's own processes: one line each.
func Standard() Table {
	return Table{}.With(
		capture.Process,
		handoff.Process,
		leadimport.Process,
		nurture.Process,
		recycling.Process,
		optin.Process,
		survey.Process,
		retention.Process,
		dormancy.Process,
		message.Process,
		arrival.Process,
		resend.Process,
		work.Process,
		work.Approval,
		dealentry.Process,
		deal.Process,
		closure.Process,
		signature.Process,
		clawback.Process,
		loss.Process,
		course.Process,
		collection.Process,
		receivable.Process,
		catchup.Process,
		appointment.Process,
		busyfeed.Process,
		// perdura new-process adds its line above this one.
	).
		WithKinds(gate.Kind, optins.Policies, nurturing.Tracks, nurturing.Rules, surveys.Kind, retaining.PolicyKind, retaining.WatchKind, arrivals.Policies).
		WithKinds(collecting.Plans).
		WithKinds(tasks.PolicyKind, taskrules.Kind, deals.Kind, contracts.Kind, approvals.Policies, commission.Plans).
		WithKinds(courses.Kind).
		WithKinds(receivables.Policies).
		WithKinds(appointments.Kind).
		WithActivities(func(d Deps) []process.Implementation { return journal.Activities(d.Pool, d.Clock) }).
		WithActivities(func(d Deps) []process.Implementation { return records.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return nurturing.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return tasks.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return surveying.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return couponing.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return retaining.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return optins.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return arrivals.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return approving.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return commissioning.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return losing.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return dealing.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return teaching.New(d.Pool, d.Clock).Activities() }).
		WithActivities(func(d Deps) []process.Implementation {
			return collecting.New(d.Pool, d.Clock, d.Poker, collecting.Billing{}).Activities()
		}).
		WithActivities(func(d Deps) []process.Implementation { return receivables.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return appointing.New(d.Pool, d.Clock, d.Poker).Activities() }).
		WithActivities(func(d Deps) []process.Implementation { return busy.New(d.Pool, d.Clock).Activities() }).
		WithActivities(stripeInvoices).
		WithActivities(signing).
		WithActivities(messaging).
		WithListener(func(d Deps) dispatch.Listener { return rulebook.New(d.Pool, d.Clock, d.Log).Hear }).
		WithListener(func(d Deps) dispatch.Listener { return teaching.NewDoor(d.Pool, d.Clock, d.Log).Hear })
}

// With returns the table with more processes.
func (t Table) With(definitions ...process.Definition) Table {
	t.Processes = slices.Concat(t.Processes, definitions)
	return t
}

// WithKinds returns the table with more kinds of definitions.
func (t Table) WithKinds(kinds ...definitions.AnyKind) Table {
	t.Kinds = slices.Concat(t.Kinds, kinds)
	return t
}

// WithActivities returns the table with more activities.
func (t Table) WithActivities(build func(Deps) []process.Implementation) Table {
	t.Activities = append(slices.Clip(t.Activities), build)
	return t
}

// WithListener returns the table with one more listener.
func (t Table) WithListener(build func(Deps) dispatch.Listener) Table {
	t.Listeners = append(slices.Clip(t.Listeners), build)
	return t
}

// Ears builds the listeners of the table.
func (t Table) Ears(deps Deps) []dispatch.Listener {
	list := make([]dispatch.Listener, len(t.Listeners))
	for i, build := range t.Listeners {
		list[i] = build(deps)
	}
	return list
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
	kinds := map[string]bool{}
	for _, k := range t.Kinds {
		if kinds[k.Name()] {
			errs = append(errs, fmt.Errorf("definitions of kind %q are registered twice: remove one from the table", k.Name()))
		}
		kinds[k.Name()] = true
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
