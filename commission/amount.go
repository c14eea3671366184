package commission

import (
	"math/big"
	"slices"

	"github.com/perdura/perdura/money"
)

// Earned is what a deal pays, when so much was won in the period before it. It never falls when the amount rises, and is
// never negative.
func (p Plan) Earned(deal money.Amount, wonBefore int64) int64 {
	if deal.Minor <= 0 {
		return 0
	}
	if deal.Currency != p.Currency {
		return round(part(deal.Minor, p.RateBP))
	}
	sum := new(big.Rat)
	rate, from, until := p.RateBP, max(wonBefore, 0), max(wonBefore, 0)+deal.Minor
	for _, t := range p.Tiers {
		if t.AboveMinor > from {
			upTo := min(t.AboveMinor, until)
			sum.Add(sum, part(upTo-from, rate))
			from = upTo
		}
		if from == until {
			break
		}
		rate = t.RateBP
	}
	sum.Add(sum, part(until-from, rate))
	earned := round(sum)
	if p.CapMinor > 0 {
		earned = min(earned, p.CapMinor)
	}
	return earned
}

// part is a rate of an amount.
func part(minor int64, bp int) *big.Rat {
	return new(big.Rat).Mul(new(big.Rat).SetInt64(minor), big.NewRat(int64(bp), whole))
}

// round is the nearest whole number, the even one where two are as near.
func round(r *big.Rat) int64 {
	quotient, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // rest is never negative
	switch twice := rest.Lsh(rest, 1); twice.Cmp(r.Denom()) {
	case 1:
		return quotient.Int64() + 1
	case 0:
		return quotient.Int64() + int64(quotient.Bit(0))
	}
	return quotient.Int64()
}

// Share splits an amount that is not negative by shares that are positive. The parts sum to it.
func Share(minor int64, shares []int) []int64 {
	total := int64(0)
	for _, s := range shares {
		total += int64(s)
	}
	if total == 0 {
		return nil
	}
	parts, rests, order := make([]int64, len(shares)), make([]*big.Int, len(shares)), make([]int, len(shares))
	left := minor
	for i, s := range shares {
		product := new(big.Int).Mul(big.NewInt(minor), big.NewInt(int64(s)))
		quotient, rest := product.DivMod(product, big.NewInt(total), new(big.Int))
		parts[i], rests[i], order[i] = quotient.Int64(), rest, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}

// Clawed is what of an amount that somebody earned by a deal is clawed back once so much of the deal was refunded in all.
// It grows with the refunds, and a refund of everything takes everything.
func Clawed(earned, deal, refunded int64) int64 {
	if deal <= 0 || earned <= 0 || refunded <= 0 {
		return 0
	}
	r := new(big.Rat).SetFrac(big.NewInt(min(refunded, deal)), big.NewInt(deal))
	return round(r.Mul(r, new(big.Rat).SetInt64(earned)))
}
