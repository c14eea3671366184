// Package process is the designer's kit: what a business process is written with.
//
// A process is one Go function over workflow.Context, with its contract (name, input, signals, updates, endings)
// beside it. The kit runs it on Temporal and gives it, unasked: business names on every step, timer and wait; the
// standard "status" query with its trail; signals that are drained, de-duplicated by event id and carried over
// continue-as-new; retry policies by kind of activity; an idempotency key for every outside effect; and a journal
// of runs in PostgreSQL. The same code runs under package explore, which walks every path without a server.
//
// Nothing personal enters Temporal: inputs, signals, results and errors carry identifiers only.
package process
