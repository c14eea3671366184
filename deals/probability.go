package deals

// Factor is one reason for a probability.
type Factor struct {
	Code   string `json:"code"`
	Reason string `json:"reason"`
	// Effect is what it adds, in thousandths.
	Effect int `json:"effect_permille"`
}

// The bounds of the probability of a deal that is neither won nor lost, in thousandths: nothing is certain before.
const (
	Least = 10
	Most  = 990
)

// Probability works out how likely a deal is to be won, in thousandths, and why. The effects of the factors add up to it.
func (p Pipeline) Probability(f Facts) (int, []Factor) {
	stage, _ := p.Stage(f.Stage)
	sum := stage.Probability
	factors := []Factor{{Code: "stage", Reason: "Deals at the stage " + f.Stage, Effect: sum}}
	for _, a := range p.Adjust {
		if a.holds(f) {
			sum += a.Effect
			factors = append(factors, Factor{a.Code, a.Reason, a.Effect})
		}
	}
	bounded := min(max(sum, Least), Most)
	if bounded != sum {
		factors = append(factors, Factor{"bounds", "Nothing is certain before the deal is closed", bounded - sum})
	}
	return bounded, factors
}

func (a Adjustment) holds(f Facts) bool {
	switch a.Fact {
	case FactTier:
		return f.Tier == a.Is
	case FactSource:
		return f.Source == a.Is
	case FactScore:
		return f.Score >= a.AtLeast
	case FactDays:
		return f.DaysInStage >= a.AtLeast
	case FactTasks:
		return len(f.Done) >= a.AtLeast
	default:
		return f.Interactions >= a.AtLeast
	}
}
