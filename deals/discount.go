package deals

// MaxMinor bounds amounts, so that no computation overflows.
const MaxMinor = 1_000_000_000_000_000

// Discount is what amount is below list, in thousandths of list, rounded up: whatever is beyond a band is seen to be.
// Without a list price there is none.
func Discount(list, amount int64) int {
	if list <= 0 || amount >= list {
		return 0
	}
	return int(((list-amount)*1000 + list - 1) / list)
}
