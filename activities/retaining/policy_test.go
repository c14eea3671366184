package retaining_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/definitions"
)

func named(problems []definitions.Problem) []string {
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	return fields
}

func TestPoliciesAreChecked(t *testing.T) {
	t.Parallel()
	standard, ok := retaining.PolicyKind.Standard(retaining.DefaultName)
	require.True(t, ok)
	for field, spoil := range map[string]func(*retaining.Policy){
		"":                    func(*retaining.Policy) {},
		"survey":              func(p *retaining.Policy) { p.Survey = "" },
		"letters.other":       func(p *retaining.Policy) { delete(p.Letters, "other") },
		"letters.price":       func(p *retaining.Policy) { p.Letters["price"] = "Not a name" },
		"letters.No word":     func(p *retaining.Policy) { p.Letters["No word"] = "letter" },
		"coupon.offer":        func(p *retaining.Policy) { p.Coupon.Offer = "15 %" },
		"coupon.template":     func(p *retaining.Policy) { p.Coupon.Template = "" },
		"coupon":              func(p *retaining.Policy) { p.Coupon.Percent = 0 },
		"coupon.percent":      func(p *retaining.Policy) { p.Coupon.Percent = 101 },
		"coupon.amount_minor": func(p *retaining.Policy) { p.Coupon.Percent, p.Coupon.AmountMinor, p.Coupon.Currency = 0, -5, "EUR" },
		"coupon.currency":     func(p *retaining.Policy) { p.Coupon.Percent, p.Coupon.AmountMinor, p.Coupon.Currency = 0, 5, "Euro" },
		"coupon.valid_for":    func(p *retaining.Policy) { p.Coupon.ValidFor = "" },
		"rest":                func(p *retaining.Policy) { p.Rest = "half a year" },
	} {
		var p retaining.Policy
		require.NoError(t, json.Unmarshal(standard, &p))
		spoil(&p)
		body, err := json.Marshal(p)
		require.NoError(t, err)
		if field == "" {
			require.Empty(t, retaining.PolicyKind.Check(body))
			continue
		}
		require.Equal(t, []string{field}, named(retaining.PolicyKind.Check(body)))
	}
}

func TestWatchesAreChecked(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"after": "120d", "rest": "180d", "per_day": 500, "at": "08:00"}`:   nil,
		`{"after": "120d", "rest": "180d", "per_day": 0, "at": "23:59"}`:     nil,
		`{"after": "0d", "rest": "180d", "per_day": 500, "at": "08:00"}`:     {"after"},
		`{"after": "120d", "rest": "3651d", "per_day": 500, "at": "08:00"}`:  {"rest"},
		`{"after": "120d", "rest": "180d", "per_day": -1, "at": "08:00"}`:    {"per_day"},
		`{"after": "120d", "rest": "180d", "per_day": 100001, "at": "8 am"}`: {"per_day", "at"},
	} {
		require.Equal(t, want, named(retaining.WatchKind.Check([]byte(body))), body)
	}
}
