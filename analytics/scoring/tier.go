package scoring

import "fmt"

// Tier is how soon a lead deserves a person's attention.
type Tier string

// The tiers, from first to last. The zero value means not yet scored.
const (
	Hot  Tier = "hot"
	Warm Tier = "warm"
	Cold Tier = "cold"
)

// Thresholds part the tiers, in points of the score.
type Thresholds struct {
	Hot    int `json:"hot"`    // the least score of a hot lead
	Warm   int `json:"warm"`   // the least score of a warm lead
	Margin int `json:"margin"` // how far the score falls below before the tier is lost
}

// DefaultThresholds are hot from 70, warm from 40, lost five points below.
func DefaultThresholds() Thresholds { return Thresholds{Hot: 70, Warm: 40, Margin: 5} }

// Validate answers what is wrong with the thresholds, or nil.
func (t Thresholds) Validate() error {
	switch {
	case t.Margin < 0:
		return fmt.Errorf("tier thresholds: margin is %d, give 0 or more points", t.Margin)
	case t.Warm-t.Margin <= MinScore:
		return fmt.Errorf("tier thresholds: warm is %d with a margin of %d, so no lead would ever be cold again; raise warm or lower margin", t.Warm, t.Margin)
	case t.Hot-t.Margin <= t.Warm:
		return fmt.Errorf("tier thresholds: hot is %d, warm %d, margin %d; hot must lie above warm by more than the margin", t.Hot, t.Warm, t.Margin)
	case t.Hot > MaxScore:
		return fmt.Errorf("tier thresholds: hot is %d, no score exceeds %d", t.Hot, MaxScore)
	}
	return nil
}

// TierOf returns the tier of a score for a lead that was in previous ("" when it was
// not scored yet). A tier is gained at its threshold and lost only below the
// threshold less the margin, so that a score that wavers does not change the tier at
// each step.
func TierOf(score int, previous Tier, t Thresholds) Tier {
	hot, warm := t.Hot, t.Warm
	switch previous {
	case Hot:
		hot -= t.Margin
		warm -= t.Margin
	case Warm:
		warm -= t.Margin
	}
	switch {
	case score >= hot:
		return Hot
	case score >= warm:
		return Warm
	}
	return Cold
}
