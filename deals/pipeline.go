// Package deals holds the rules of selling: which stages a deal goes through, what each of them asks for, how likely a
// deal is to be won and why. It knows no database; activities/dealing keeps deals and applies the rules.
package deals

import (
	"slices"

	"github.com/perdura/perdura/money"
)

// Pipeline is the way of a deal, from the first conversation to the signed contract. The last stage is the closing.
type Pipeline struct {
	Stages []Stage `json:"stages"`
	// Adjust moves the probability away from that of the stage.
	Adjust []Adjustment `json:"adjust,omitempty"`
	// Significant says of which moves the management is told.
	Significant Significant `json:"significant,omitzero"`
	// DiscountBand is what may be taken off the list price without anybody's approval, in thousandths of it.
	DiscountBand int `json:"discount_band_permille"`
	// Policy names the approval policy that counts beyond the band, Template the template of the contract.
	Policy   string `json:"policy"`
	Template string `json:"template"`
	// LossReasons are the codes of why a deal may be lost, BackReasons of why it may go back.
	LossReasons []string `json:"loss_reasons"`
	BackReasons []string `json:"back_reasons"`
	// Entry says how leads become deals.
	Entry Entry `json:"entry,omitzero"`
}

// Stage is one part of the way.
type Stage struct {
	Name string `json:"name"`
	// Criteria are what a deal has to meet to enter the stage.
	Criteria []Criterion `json:"criteria,omitempty"`
	// Activities are given to the owner as tasks when the deal enters.
	Activities []Activity `json:"activities,omitempty"`
	// Probability of a deal at this stage, in thousandths, before adjustments.
	Probability int `json:"probability_permille"`
	// StallDays is for how many working days nobody may touch a deal before its owner is reminded, EscalateDays how many
	// more before the manager is. 0 lets deals rest.
	StallDays    int `json:"stall_days,omitempty"`
	EscalateDays int `json:"escalate_days,omitempty"`
	// Collateral helps to sell at this stage.
	Collateral []Collateral `json:"collateral,omitempty"`
}

// The kinds of criteria.
const (
	AttributeSet   = "attribute-set"
	AttributeTrue  = "attribute-true"
	AttributeLeast = "attribute-least" // a number of at least Least
	AmountSet      = "amount"
	CloseDateSet   = "close-date"
	TaskDone       = "task"         // the activity Name was completed
	Interactions   = "interactions" // at least Least of them with the customer
)

// Criterion is one thing that a stage asks for. Name is that of an attribute or of an activity.
type Criterion struct {
	Kind  string `json:"kind" jsonschema:"enum=attribute-set,enum=attribute-true,enum=attribute-least,enum=amount,enum=close-date,enum=task,enum=interactions"`
	Name  string `json:"name,omitempty"`
	Least int64  `json:"least,omitempty"`
}

// Activity is work that a stage brings.
type Activity struct {
	Kind  string `json:"kind"`
	Title string `json:"title"`
	// Within is the number of working days until it is due.
	Within int `json:"within_days"`
	// Required activities have to be completed before the deal leaves the stage for the next.
	Required bool `json:"required,omitempty"`
}

// Collateral is something to read or show.
type Collateral struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// The facts that adjust a probability.
const (
	FactTier         = "tier"          // of the lead: Is
	FactSource       = "source"        // of the lead: Is
	FactScore        = "score"         // of the lead: AtLeast
	FactDays         = "days-in-stage" // AtLeast
	FactTasks        = "tasks-done"    // completed activities: AtLeast
	FactInteractions = "interactions"  // AtLeast
)

// Adjustment moves the probability by Effect, in thousandths, where its fact holds. Reason is what people read.
type Adjustment struct {
	Code    string `json:"code"`
	Fact    string `json:"fact" jsonschema:"enum=tier,enum=source,enum=score,enum=days-in-stage,enum=tasks-done,enum=interactions"`
	Is      string `json:"is,omitempty"`
	AtLeast int    `json:"at_least,omitempty"`
	Effect  int    `json:"effect_permille"`
	Reason  string `json:"reason"`
}

// Significant says which moves matter: those of deals of at least one of the amounts, and those into the stages.
type Significant struct {
	Amounts []money.Amount `json:"amounts,omitempty"`
	Into    []string       `json:"into,omitempty"`
}

// Entry says with what a deal begins that comes of a lead which sales accepted.
type Entry struct {
	// Automatic opens the deal at once; without it somebody has to.
	Automatic bool `json:"automatic,omitempty"`
	// Amount is the revenue that is expected until somebody knows better, CloseInDays when.
	Amount      money.Amount `json:"amount,omitzero"`
	CloseInDays int          `json:"close_in_days,omitempty"`
}

// Stage finds a stage by its name.
func (p Pipeline) Stage(name string) (Stage, bool) {
	if i := p.place(name); i >= 0 {
		return p.Stages[i], true
	}
	return Stage{}, false
}

// First and Last are where deals begin, and where they are closed.
func (p Pipeline) First() Stage { return p.Stages[0] }
func (p Pipeline) Last() Stage  { return p.Stages[len(p.Stages)-1] }

// Next is the stage behind another; there is none behind the last.
func (p Pipeline) Next(name string) (Stage, bool) {
	i := p.place(name)
	if i < 0 || i+1 == len(p.Stages) {
		return Stage{}, false
	}
	return p.Stages[i+1], true
}

// BeforeLast is where a deal returns to whose closing failed.
func (p Pipeline) BeforeLast() Stage { return p.Stages[len(p.Stages)-2] }

func (p Pipeline) place(name string) int {
	return slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Name == name })
}

// Matters reports whether the management wants to hear of a move of a deal of this amount.
func (p Pipeline) Matters(amount money.Amount, into string) bool {
	if slices.Contains(p.Significant.Into, into) {
		return true
	}
	return slices.ContainsFunc(p.Significant.Amounts, func(least money.Amount) bool {
		return least.Currency == amount.Currency && amount.Minor >= least.Minor
	})
}
