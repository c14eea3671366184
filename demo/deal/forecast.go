package main

import (
	"context"
	"fmt"
	"io"
	"math/big"

	"github.com/perdura/perdura/money"
)

// forecast is what may be sold and what was, as the API sums it up.
type forecast struct {
	Open []struct {
		Stage    string       `json:"stage"`
		Deals    int          `json:"deals"`
		Amount   money.Amount `json:"amount"`
		Weighted string       `json:"weighted"`
	} `json:"open"`
	Won []struct {
		Deals  int          `json:"deals"`
		Amount money.Amount `json:"amount"`
	} `json:"won"`
}

func (t *team) forecast(ctx context.Context) (forecast, error) {
	return get[forecast](ctx, t.house, "/v1/forecast")
}

// sum is one line of a forecast.
type sum struct {
	deals    int
	minor    int64
	weighted *big.Rat
}

// at sums up one stage, over all months.
func (f forecast) at(stage string) sum {
	s := sum{weighted: new(big.Rat)}
	for _, line := range f.Open {
		if line.Stage == stage {
			s.deals, s.minor = s.deals+line.Deals, s.minor+line.Amount.Minor
			if w, ok := new(big.Rat).SetString(line.Weighted); ok {
				s.weighted.Add(s.weighted, w)
			}
		}
	}
	return s
}

// open sums up all stages.
func (f forecast) open() sum {
	all := sum{weighted: new(big.Rat)}
	for _, stage := range stages {
		s := f.at(stage)
		all.deals, all.minor = all.deals+s.deals, all.minor+s.minor
		all.weighted.Add(all.weighted, s.weighted)
	}
	return all
}

func (f forecast) won() (minor int64) {
	for _, line := range f.Won {
		minor += line.Amount.Minor
	}
	return minor
}

// tell prints the forecast, and what was won and lost.
func (f forecast) tell(out io.Writer, when string, lost int64) {
	fmt.Fprintf(out, "\nThe pipeline %s:\n  %-16s %5s %14s %14s\n", when, "stage", "deals", "amount", "weighted")
	line := func(name string, s sum) {
		fmt.Fprintf(out, "  %-16s %5d %14s %14s\n", name, s.deals, euros(s.minor), s.weighted.FloatString(2)+" EUR")
	}
	for _, stage := range stages {
		if s := f.at(stage); s.deals > 0 {
			line(stage, s)
		}
	}
	line("all open", f.open())
	fmt.Fprintf(out, "  %-16s %5s %14s\n  %-16s %5s %14s\n", "won", "", euros(f.won()), "lost", "", euros(lost))
}
