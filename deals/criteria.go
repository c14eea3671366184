package deals

import (
	"fmt"
	"slices"

	"github.com/perdura/perdura/money"
)

// Facts are what the rules look at.
type Facts struct {
	Stage      string
	Amount     money.Amount
	CloseDate  bool // whether one is set
	Attributes Attributes
	// Done are the kinds of the deal's tasks that were completed, Interactions how often somebody spoke with the customer.
	Done         []string
	Interactions int
	// What is known of the lead; empty without one.
	Tier, Source string
	Score        int
	// DaysInStage are whole days since the deal came to its stage.
	DaysInStage int
}

// Unmet is one thing that a stage asks for and a deal lacks. Field says where to mend it.
type Unmet struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Unmet lists what keeps a deal from the next stage: required activities of its own stage, and the criteria of the next.
func (p Pipeline) Unmet(f Facts, to string) []Unmet {
	var unmet []Unmet
	here, _ := p.Stage(f.Stage)
	for _, a := range here.Activities {
		if a.Required && !slices.Contains(f.Done, a.Kind) {
			unmet = append(unmet, unmetTask(a.Kind))
		}
	}
	next, _ := p.Stage(to)
	for _, c := range next.Criteria {
		if u, lacks := c.unmet(f); lacks && !slices.Contains(unmet, u) {
			unmet = append(unmet, u)
		}
	}
	return unmet
}

func unmetTask(kind string) Unmet {
	return Unmet{"tasks." + kind, "has to be completed first"}
}

func (c Criterion) unmet(f Facts) (Unmet, bool) {
	switch c.Kind {
	case AttributeSet:
		_, set := f.Attributes[c.Name]
		return Unmet{"attributes." + c.Name, "has to be set"}, !set
	case AttributeTrue:
		return Unmet{"attributes." + c.Name, "has to be true"}, f.Attributes[c.Name] != true
	case AttributeLeast:
		n, ok := f.Attributes.number(c.Name)
		return Unmet{"attributes." + c.Name, fmt.Sprintf("has to be a number of at least %d", c.Least)}, !ok || n < float64(c.Least)
	case AmountSet:
		return Unmet{"amount", "has to be set"}, f.Amount.Minor <= 0
	case CloseDateSet:
		return Unmet{"close_on", "has to be set"}, !f.CloseDate
	case TaskDone:
		return unmetTask(c.Name), !slices.Contains(f.Done, c.Name)
	default:
		return Unmet{"interactions", fmt.Sprintf("there have to be at least %d with the customer; there are %d", c.Least, f.Interactions)},
			int64(f.Interactions) < c.Least
	}
}
