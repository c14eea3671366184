package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// stages of the standard pipeline, in their order.
var stages = []string{"qualification", "needs-analysis", "proposal", "negotiation", "closing"}

// path is the way of the deal through the stages, by their numbers.
func (d *deal) path() string {
	numbers := []string{"1"}
	for _, v := range slices.Backward(d.stands.History) {
		if n := fmt.Sprint(slices.Index(stages, v.To) + 1); v.Accepted && n != numbers[len(numbers)-1] {
			numbers = append(numbers, n)
		}
	}
	return strings.Join(numbers, " ")
}

// ending is how the deal ended, in a word or two.
func (d *deal) ending() string {
	if d.stands.State == "lost" {
		return "lost: " + d.stands.Reason
	}
	return d.stands.State
}

// why says what decided it.
func (d *deal) why() string {
	switch {
	case d.turn == stumbles:
		return "signed by both; an early move lacked " + d.unmet
	case d.turn == refused:
		return "signed by both, at a smaller discount than the one refused"
	case d.turn == refunds:
		return "signed by both; " + euros(refund(d.stands.Amount)).String() + " went back later"
	case d.stands.State == "won":
		return "signed by both"
	}
	return string(d.turn)
}

// tell prints how everything stands at the end.
func (t *team) tell(out io.Writer, b *books) {
	t.before.tell(out, "at the beginning", 0)
	b.after.tell(out, "at the end", b.lost)
	fmt.Fprintf(out, "\nThe deals (stages: 1 qualification, 2 needs-analysis, 3 proposal, 4 negotiation, 5 closing):\n")
	fmt.Fprintf(out, "%-3s %-12s %-14s %12s %8s  %-9s %-9s %-17s %s\n", "no", "lead", "stages", "amount", "discount", "approval", "contract", "ending", "why")
	for _, d := range t.deals {
		var approvals, contracts []string
		for _, a := range b.approvals[d.id] {
			approvals = append(approvals, a.State)
		}
		for _, c := range b.contracts[d.id] {
			contracts = append(contracts, c.State)
		}
		fmt.Fprintf(out, "%-3d %-12s %-14s %12s %6.1f %%  %-9s %-9s %-17s %s\n", d.number, d.company, d.path(), d.stands.Amount, float64(d.stands.Discount)/10,
			cmp.Or(strings.Join(approvals, ","), "-"), cmp.Or(strings.Join(contracts, ","), "-"), d.ending(), d.why())
	}
	t.tellCommissions(out, b)
	arrived := 0
	for _, m := range b.mails {
		arrived += len(m)
	}
	fmt.Fprintf(out, "\n%d mails came to the customers.\n", arrived)
}

// tellCommissions prints what everybody earned, and what was clawed back.
func (t *team) tellCommissions(out io.Writer, b *books) {
	sums := map[uuid.UUID]map[string]int64{}
	for _, rows := range b.commissions {
		for _, r := range rows {
			if sums[r.User] == nil {
				sums[r.User] = map[string]int64{}
			}
			sums[r.User][r.Kind] += r.Amount.Minor
		}
	}
	fmt.Fprintf(out, "\nCommissions:\n  %-18s %12s %12s\n", "who", "earned", "clawed back")
	for _, p := range t.people {
		fmt.Fprintf(out, "  %-18s %12s %12s\n", p.name, euros(sums[p.id]["earned"]), euros(sums[p.id]["clawed-back"]))
	}
}
