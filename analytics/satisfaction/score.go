// Package satisfaction works out how content people are from what they answered: the satisfaction score and the Net
// Promoter Score, each with the interval that says how far the number can be trusted.
package satisfaction

import "math"

// z is the quantile of the normal distribution that leaves 2.5 % on either side.
const z = 1.959963984540054

// Interval is a 95 % confidence interval, in the unit of the number that it belongs to.
type Interval struct {
	Low, High float64
}

// NetPromoter is the share of promoters (9 and 10 of 10) less that of detractors (6 and below), from −100 to 100
// (Reichheld, The One Number You Need to Grow, Harvard Business Review 81(12), 2003). ok is false without answers.
//
// The interval is the adjusted Wald one of Rocks, Interval Estimation for the "Net Promoter Score", The American
// Statistician 70(4), 2016: with n' = n + 3, p = (promoters + 3/4) / n' and d = (detractors + 3/4) / n', it is
// p − d ± 1.96 · √((p + d − (p − d)²) / n'), cut to what is possible. It keeps its promise for a handful of answers too,
// where the plain Wald interval is far too narrow.
func NetPromoter(promoters, passives, detractors int) (score float64, interval Interval, ok bool) {
	n := float64(promoters + passives + detractors)
	if n == 0 {
		return 0, Interval{}, false
	}
	p, d := (float64(promoters)+0.75)/(n+3), (float64(detractors)+0.75)/(n+3)
	net := p - d
	half := z * math.Sqrt((p+d-net*net)/(n+3))
	score = 100 * float64(promoters-detractors) / n
	return score, Interval{Low: 100 * max(-1, net-half), High: 100 * min(1, net+half)}, true
}

// Satisfied is the satisfaction score: the share of those who answered 4 or 5 of 5, in percent. ok is false without
// answers. The interval is Wilson's score interval (Wilson, Probable Inference, the Law of Succession, and Statistical
// Inference, Journal of the American Statistical Association 22, 1927).
func Satisfied(satisfied, answers int) (share float64, interval Interval, ok bool) {
	if answers == 0 {
		return 0, Interval{}, false
	}
	n := float64(answers)
	p := float64(satisfied) / n
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return 100 * p, Interval{Low: 100 * max(0, middle-half), High: 100 * min(1, middle+half)}, true
}
