// Package scoring says how promising a lead is and why: a score from 0 to 100, a
// tier, and the reasons that add up to it.
//
// The scorer here applies rules that people write and the caller keeps in a table.
// A trained model joins by implementing Scorer: it gets the same Features and
// answers the same Scorecard. Pure functions only; no clock, no storage.
package scoring
