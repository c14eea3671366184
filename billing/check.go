package billing

import (
	"iter"
	"maps"
	"slices"
	"time"

	"golang.org/x/text/currency"

	"github.com/perdura/perdura/money"
)

// most bounds an amount, so that sums of many never leave the range of numbers.
const most = 1_000_000_000_000_000

func checkAmount(field string, a money.Amount, least int64) error {
	if a.Minor < least || a.Minor > most {
		return invalid(field+".amount_minor", "must be from %d to %d", least, int64(most))
	}
	if unit, err := currency.ParseISO(a.Currency); err != nil || unit.String() != a.Currency {
		return invalid(field+".currency", "is no currency of ISO 4217, such as EUR")
	}
	return nil
}

// day reads a day as YYYY-MM-DD, at midnight UTC.
func day(field, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return t, invalid(field, "must be a day as YYYY-MM-DD, from 1970 to 2200")
	}
	return t, nil
}

func keysOf[K comparable](m map[K]bool) iter.Seq[K] { return maps.Keys(m) }

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
