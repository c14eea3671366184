package main

import (
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker"

	"example.com/own-binary/activities/certificates"
	"example.com/own-binary/workflows/warranty"
)

// table is everything that this binary runs.
func table() worker.Table {
	return worker.Standard().With(
		warranty.Process,
		// perdura new-process adds its line above this one.
	).
		WithActivities(func(worker.Deps) []process.Implementation { return certificates.Activities() })
}
