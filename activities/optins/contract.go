// Package optins keeps consents that were asked for until the person confirms them (double opt-in): somebody asks, one
// message carries a link, and only the link's button makes a consent of it.
package optins

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Ref names one opt-in.
type Ref struct {
	OptInID uuid.UUID `json:"opt_in_id"`
}

// Terms are how long the person has, as agreed when the opt-in was asked for.
type Terms struct {
	// Until is the business time at which the link stops to work.
	Until time.Time `json:"until"`
	// RemindAt is when one reminder is sent; zero for none.
	RemindAt time.Time `json:"remind_at,omitzero"`
}

// Read reads the terms of an opt-in.
var Read = process.NewActivity[Ref, Terms]("optins.read", process.Database,
	process.Yields("without a reminder", Terms{Until: time.Unix(7*day, 0).UTC()}),
	process.Yields("with a reminder", Terms{Until: time.Unix(7*day, 0).UTC(), RemindAt: time.Unix(2*day, 0).UTC()}))

const day = 24 * 60 * 60 // seconds

// Closed says how an opt-in stands after Close.
type Closed struct {
	// Confirmed: the person was faster.
	Confirmed bool `json:"confirmed"`
}

// Close ends the wait for an opt-in: its link does not work any more. One that was confirmed meanwhile stays confirmed.
var Close = process.NewActivity[Ref, Closed]("optins.close", process.Database,
	process.Yields("not confirmed", Closed{}), process.Yields("confirmed meanwhile", Closed{Confirmed: true}))
