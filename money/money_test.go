package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/money"
)

func TestAmountsAreWrittenWithTheDecimalsOfTheirCurrency(t *testing.T) {
	t.Parallel()
	for want, amount := range map[string]money.Amount{
		"1299.00 EUR": {Minor: 129900, Currency: "EUR"},
		"-0.05 USD":   {Minor: -5, Currency: "USD"},
		"1299 JPY":    {Minor: 1299, Currency: "JPY"},
		"1.299 KWD":   {Minor: 1299, Currency: "KWD"},
	} {
		require.Equal(t, want, amount.String())
	}
}
