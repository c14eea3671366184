// Package money holds amounts as the API writes them: a whole number of a currency's smallest unit.
package money

import (
	"fmt"

	"golang.org/x/text/currency"
)

// Amount is a sum of money. Minor counts the currency's smallest units (cents of EUR, whole yen of JPY).
type Amount struct {
	Minor    int64  `json:"amount_minor"`
	Currency string `json:"currency" jsonschema:"pattern=^[A-Z]{3}$" jsonschema_description:"ISO 4217"`
}

// Digits is how many decimals the currency has (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD; 2 when it is not known.
func Digits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

// String writes the amount for people who read a log or a table: "1299.00 EUR".
func (a Amount) String() string {
	digits := Digits(a.Currency)
	if digits == 0 {
		return fmt.Sprintf("%d %s", a.Minor, a.Currency)
	}
	sign, minor := "", a.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	scale := int64(1)
	for range digits {
		scale *= 10
	}
	return fmt.Sprintf("%s%d.%0*d %s", sign, minor/scale, digits, minor%scale, a.Currency)
}
