package deals

import "github.com/perdura/perdura/money"

// Standard is the pipeline "sales" until somebody writes another.
func Standard() Pipeline {
	return Pipeline{
		Stages: []Stage{
			{
				Name: "qualification", Probability: 100, StallDays: 5, EscalateDays: 3,
				Activities: []Activity{{Kind: "qualification-call", Title: "Find out need, budget and who decides", Within: 2, Required: true}},
			},
			{
				Name: "needs-analysis", Probability: 250, StallDays: 7, EscalateDays: 3,
				Criteria: []Criterion{{Kind: AttributeSet, Name: "need"}, {Kind: Interactions, Least: 1}},
				Activities: []Activity{
					{Kind: "needs-workshop", Title: "Work out with the customer what they need", Within: 5, Required: true},
					{Kind: "competitor-check", Title: "See who else is in the race", Within: 5},
				},
			},
			{
				Name: "proposal", Probability: 500, StallDays: 7, EscalateDays: 3,
				Criteria:   []Criterion{{Kind: AmountSet}, {Kind: CloseDateSet}, {Kind: AttributeTrue, Name: "budget_confirmed"}},
				Activities: []Activity{{Kind: "proposal", Title: "Write the proposal and present it", Within: 5, Required: true}},
			},
			{
				Name: "negotiation", Probability: 700, StallDays: 5, EscalateDays: 2,
				Criteria:   []Criterion{{Kind: Interactions, Least: 2}, {Kind: AttributeSet, Name: "decision_maker"}},
				Activities: []Activity{{Kind: "terms-call", Title: "Agree on the terms", Within: 3, Required: true}},
			},
			{
				Name: "closing", Probability: 900,
				Criteria: []Criterion{{Kind: AmountSet}, {Kind: CloseDateSet}},
			},
		},
		Adjust: []Adjustment{
			{Code: "tier-hot", Fact: FactTier, Is: "hot", Effect: 50, Reason: "The lead was hot"},
			{Code: "tier-cold", Fact: FactTier, Is: "cold", Effect: -50, Reason: "The lead was cold"},
			{Code: "score-high", Fact: FactScore, AtLeast: 80, Effect: 30, Reason: "The lead had a high score"},
			{Code: "referred", Fact: FactSource, Is: "referral", Effect: 80, Reason: "Somebody recommended us"},
			{Code: "in-touch", Fact: FactInteractions, AtLeast: 3, Effect: 40, Reason: "We are in touch with the customer"},
			{Code: "at-work", Fact: FactTasks, AtLeast: 2, Effect: 20, Reason: "Activities were completed"},
			{Code: "slow", Fact: FactDays, AtLeast: 14, Effect: -50, Reason: "The deal has been at this stage for two weeks"},
			{Code: "stuck", Fact: FactDays, AtLeast: 45, Effect: -100, Reason: "The deal has been at this stage for six weeks"},
		},
		Significant:  Significant{Amounts: []money.Amount{{Minor: 5_000_000, Currency: "EUR"}, {Minor: 5_000_000, Currency: "USD"}}, Into: []string{"closing"}},
		DiscountBand: 100, Policy: "price", Template: "contract",
		LossReasons: []string{"price", "competitor", "no-decision", "no-budget", "timing", "fit", "unreachable", "other"},
		BackReasons: []string{"scope-changed", "new-decision-maker", "budget-withdrawn", "mistake", "other"},
		Entry:       Entry{Automatic: true, Amount: money.Amount{Minor: 500_000, Currency: "EUR"}, CloseInDays: 60},
	}
}
