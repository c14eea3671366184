package deals_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/money"
)

func euros(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

// ready are facts of a deal at a stage that may go on from there.
func ready(stage string) deals.Facts {
	return deals.Facts{
		Stage: stage, Amount: euros(100), CloseDate: true, Interactions: 2,
		Attributes: deals.Attributes{"need": "fleet", "budget_confirmed": true, "decision_maker": "known"},
		Done:       []string{"qualification-call", "needs-workshop", "proposal", "terms-call"},
	}
}

func TestTheStandardPipelineIsRight(t *testing.T) {
	t.Parallel()
	raw, ok := deals.Kind.Standard(deals.StandardName)
	require.True(t, ok)
	require.Empty(t, deals.Kind.Check(raw))
}

func TestWhatIsWrongWithAPipeline(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*deals.Pipeline){
		"stages":                           func(p *deals.Pipeline) { p.Stages = p.Stages[:1] },
		"stages[1].name":                   func(p *deals.Pipeline) { p.Stages[1].Name = "qualification" },
		"stages[0].name":                   func(p *deals.Pipeline) { p.Stages[0].Name = "Not a word" },
		"stages[2].probability_permille":   func(p *deals.Pipeline) { p.Stages[2].Probability = 1001 },
		"stages[0].stall_days":             func(p *deals.Pipeline) { p.Stages[0].StallDays = -1 },
		"stages[0].activities[0].title":    func(p *deals.Pipeline) { p.Stages[0].Activities[0].Title = " " },
		"stages[4].activities[0].required": func(p *deals.Pipeline) { p.Stages[4].Activities = p.Stages[0].Activities },
		"stages[1].criteria[0].kind":       func(p *deals.Pipeline) { p.Stages[1].Criteria[0].Kind = "weather" },
		"stages[1].criteria[0].name":       func(p *deals.Pipeline) { p.Stages[1].Criteria[0].Name = "No Name" },
		"stages[1].criteria[1].least":      func(p *deals.Pipeline) { p.Stages[1].Criteria[1].Least = 0 },
		"stages[0].criteria[0].name": func(p *deals.Pipeline) {
			p.Stages[0].Criteria = []deals.Criterion{{Kind: deals.TaskDone, Name: "proposal"}}
		},
		"stages[0].collateral[0].url":         func(p *deals.Pipeline) { p.Stages[0].Collateral = []deals.Collateral{{URL: "javascript:1"}} },
		"adjust[0].fact":                      func(p *deals.Pipeline) { p.Adjust[0].Fact = "mood" },
		"adjust[0].is":                        func(p *deals.Pipeline) { p.Adjust[0].Is = "" },
		"adjust[4].at_least":                  func(p *deals.Pipeline) { p.Adjust[4].AtLeast = 0 },
		"significant.into[0]":                 func(p *deals.Pipeline) { p.Significant.Into[0] = "heaven" },
		"significant.amounts[0].currency":     func(p *deals.Pipeline) { p.Significant.Amounts[0].Currency = "euro" },
		"discount_band_permille":              func(p *deals.Pipeline) { p.DiscountBand = 1001 },
		"loss_reasons":                        func(p *deals.Pipeline) { p.LossReasons = nil },
		"back_reasons[0]":                     func(p *deals.Pipeline) { p.BackReasons[0] = "Because I say so" },
		"entry.amount.amount_minor":           func(p *deals.Pipeline) { p.Entry.Amount.Minor = -1 },
		"entry.close_in_days":                 func(p *deals.Pipeline) { p.Entry.CloseInDays = 0 },
		"policy":                              func(p *deals.Pipeline) { p.Policy = "" },
		"template":                            func(p *deals.Pipeline) { p.Template = strings.Repeat("a", 65) },
		"stages[0].activities[0].within_days": func(p *deals.Pipeline) { p.Stages[0].Activities[0].Within = 366 },
	} {
		p := deals.Standard()
		spoil(&p)
		raw, err := json.Marshal(p)
		require.NoError(t, err)
		problems := deals.Kind.Check(raw)
		require.NotEmpty(t, problems, field)
		require.Equal(t, field, problems[0].Field)
	}
}

func TestMovesGoForwardByOneAndBackWithAReason(t *testing.T) {
	t.Parallel()
	p := deals.Standard()
	for _, test := range []struct {
		from, to, reason, code string
	}{
		{"qualification", "needs-analysis", "", ""},
		{"negotiation", "closing", "", ""},
		{"qualification", "proposal", "", deals.StageSkipped},
		{"qualification", "closing", "mistake", deals.StageSkipped},
		{"qualification", "qualification", "", deals.AlreadyThere},
		{"qualification", "nowhere", "", deals.NoSuchStage},
		{"negotiation", "proposal", "", deals.ReasonMissing},
		{"negotiation", "proposal", "whim", deals.ReasonMissing},
		{"negotiation", "qualification", "scope-changed", ""},
	} {
		code, unmet := p.Judge(ready(test.from), test.to, test.reason)
		require.Equal(t, test.code, code, "%s to %s", test.from, test.to)
		require.Empty(t, unmet)
	}
}

func TestWhatAStageAsksFor(t *testing.T) {
	t.Parallel()
	p := deals.Standard()
	for name, test := range map[string]struct {
		from   string
		spoil  func(*deals.Facts)
		fields []string
	}{
		"activity":    {"qualification", func(f *deals.Facts) { f.Done = nil }, []string{"tasks.qualification-call"}},
		"attribute":   {"qualification", func(f *deals.Facts) { delete(f.Attributes, "need") }, []string{"attributes.need"}},
		"interaction": {"negotiation", func(f *deals.Facts) { f.Interactions = 1; f.Stage = "proposal" }, []string{"interactions"}},
		"not true":    {"needs-analysis", func(f *deals.Facts) { f.Attributes["budget_confirmed"] = "yes" }, []string{"attributes.budget_confirmed"}},
		"terms":       {"needs-analysis", func(f *deals.Facts) { f.Amount.Minor, f.CloseDate = 0, false }, []string{"amount", "close_on"}},
		"everything":  {"qualification", func(f *deals.Facts) { *f = deals.Facts{Stage: f.Stage} }, []string{"tasks.qualification-call", "attributes.need", "interactions"}},
	} {
		f := ready(test.from)
		test.spoil(&f)
		next, ok := p.Next(f.Stage)
		require.True(t, ok)
		code, unmet := p.Judge(f, next.Name, "")
		require.Equal(t, deals.CriteriaUnmet, code, name)
		var fields []string
		for _, u := range unmet {
			fields = append(fields, u.Field)
		}
		require.Equal(t, test.fields, fields, name)
	}
}

func TestNumbersAndTasksAsCriteria(t *testing.T) {
	t.Parallel()
	p := deals.Pipeline{Stages: []deals.Stage{{Name: "a"}, {Name: "b", Criteria: []deals.Criterion{
		{Kind: deals.AttributeLeast, Name: "seats", Least: 10}, {Kind: deals.TaskDone, Name: "demo"},
	}}}}
	for seats, met := range map[any]bool{9.5: false, 10.0: true, "many": false, true: false} {
		f := deals.Facts{Stage: "a", Done: []string{"demo"}, Attributes: deals.Attributes{"seats": seats}}
		require.Equal(t, met, len(p.Unmet(f, "b")) == 0, "%v", seats)
		f.Done = nil
		require.Contains(t, p.Unmet(f, "b"), deals.Unmet{Field: "tasks.demo", Message: "has to be completed first"})
	}
}

func TestDiscounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		list, amount int64
		want         int
	}{{100, 100, 0}, {100, 90, 100}, {0, 90, 0}, {100, 120, 0}, {100_000, 89_999, 101}, {100, 0, 1000}, {deals.MaxMinor, 1, 1000}} {
		require.Equal(t, test.want, deals.Discount(test.list, test.amount), "%+v", test)
	}
}

func TestSignificantMoves(t *testing.T) {
	t.Parallel()
	p := deals.Standard()
	require.True(t, p.Matters(euros(1), "closing"))
	require.True(t, p.Matters(euros(5_000_000), "proposal"))
	require.False(t, p.Matters(euros(4_999_999), "proposal"))
	require.False(t, p.Matters(money.Amount{Minor: 9_000_000, Currency: "JPY"}, "proposal"), "an amount counts in its own currency")
}

func TestCategories(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state    string
		permille int
		want     string
	}{
		{deals.Won, 1000, deals.CategoryWon}, {deals.Lost, 0, deals.CategoryOmitted}, {deals.Closing, 900, deals.CategoryCommit},
		{deals.Open, 700, deals.CategoryCommit}, {deals.Open, 699, deals.CategoryBestCase}, {deals.Open, 399, deals.CategoryPipeline},
	} {
		require.Equal(t, test.want, deals.Category(test.state, test.permille), "%+v", test)
	}
}

func TestAttributesHoldCodes(t *testing.T) {
	t.Parallel()
	require.Empty(t, deals.Attributes{"need": "fleet-2", "seats": 1.5, "budget_confirmed": true, "gone": nil}.Check())
	for _, bad := range []deals.Attributes{{"need": "Ada Lovelace"}, {"need": ""}, {"Need": true}, {"need": []any{}}, {"a b": 1.0}} {
		require.NotEmpty(t, bad.Check(), "%v", bad)
	}
	was := deals.Attributes{"a": true, "b": 1.0}
	require.Equal(t, deals.Attributes{"b": 2.0, "c": "x"}, was.With(deals.Attributes{"a": nil, "b": 2.0, "c": "x"}))
	require.Equal(t, deals.Attributes{"a": true, "b": 1.0}, was, "what was stays as it was")
}

// anyFacts draws a deal that may be anywhere.
func anyFacts(t *rapid.T, p deals.Pipeline) deals.Facts {
	names := make([]string, len(p.Stages))
	for i, s := range p.Stages {
		names[i] = s.Name
	}
	return deals.Facts{
		Stage: rapid.SampledFrom(names).Draw(t, "stage"), Tier: rapid.SampledFrom([]string{"", "hot", "warm", "cold"}).Draw(t, "tier"),
		Source: rapid.SampledFrom([]string{"", "referral", "website"}).Draw(t, "source"), Score: rapid.IntRange(0, 100).Draw(t, "score"),
		DaysInStage: rapid.IntRange(0, 400).Draw(t, "days"), Interactions: rapid.IntRange(0, 9).Draw(t, "interactions"),
		Done:      rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"qualification-call", "needs-workshop", "proposal", "terms-call"}), 0, 4, rapid.ID).Draw(t, "done"),
		CloseDate: rapid.Bool().Draw(t, "close date"), Amount: euros(rapid.Int64Range(0, 100).Draw(t, "amount")),
		Attributes: deals.Attributes{"budget_confirmed": rapid.Bool().Draw(t, "budget"), "need": "fleet"},
	}
}

// anyPipeline is the standard one with other probabilities and effects.
func anyPipeline(t *rapid.T) deals.Pipeline {
	p := deals.Standard()
	for i := range p.Stages {
		p.Stages[i].Probability = rapid.IntRange(0, 1000).Draw(t, "base")
	}
	for i := range p.Adjust {
		p.Adjust[i].Effect = rapid.IntRange(-1000, 1000).Draw(t, "effect")
	}
	return p
}

func TestTheProbabilityIsTheSumOfItsFactorsAndNeverCertain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPipeline(t)
		permille, factors := p.Probability(anyFacts(t, p))
		sum := 0
		for _, f := range factors {
			require.NotEmpty(t, f.Reason)
			sum += f.Effect
		}
		require.Equal(t, permille, sum)
		require.GreaterOrEqual(t, permille, deals.Least)
		require.LessOrEqual(t, permille, deals.Most)
	})
}

// More work and more talk never lower the chances in the standard pipeline, and time never raises them.
func TestTheStandardProbabilityFollowsTheWork(t *testing.T) {
	t.Parallel()
	p := deals.Standard()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t, p)
		before, _ := p.Probability(f)
		busier, older := f, f
		busier.Interactions++
		busier.Done = append([]string{"competitor-check"}, f.Done...)
		older.DaysInStage += rapid.IntRange(1, 100).Draw(t, "later")
		after, _ := p.Probability(busier)
		require.GreaterOrEqual(t, after, before)
		after, _ = p.Probability(older)
		require.LessOrEqual(t, after, before)
	})
}

// An accepted move leads to a stage at most one further on, and meeting more never turns an accepted move down.
func TestMovesKeepTheSequence(t *testing.T) {
	t.Parallel()
	p := deals.Standard()
	place := map[string]int{}
	for i, s := range p.Stages {
		place[s.Name] = i
	}
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t, p)
		to := rapid.SampledFrom([]string{"qualification", "needs-analysis", "proposal", "negotiation", "closing", "nowhere"}).Draw(t, "to")
		reason := rapid.SampledFrom([]string{"", "mistake", "whim"}).Draw(t, "reason")
		code, unmet := p.Judge(f, to, reason)
		require.Equal(t, code == deals.CriteriaUnmet, len(unmet) > 0)
		if code != "" {
			return
		}
		at, known := place[to]
		require.True(t, known)
		require.NotEqual(t, place[f.Stage], at)
		require.LessOrEqual(t, at, place[f.Stage]+1)
		better := ready(f.Stage)
		code, _ = p.Judge(better, to, reason)
		require.Empty(t, code)
	})
}
