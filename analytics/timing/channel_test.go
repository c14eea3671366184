package timing_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/analytics/timing"
)

func TestPreferredChannel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		records []timing.Record
		said    string
		want    string
	}{
		"none":                     {},
		"said":                     {records: []timing.Record{{Channel: "email", Sent: 20, Reacted: 20}, {Channel: "sms"}}, said: "sms", want: "sms"},
		"said, but not possible":   {records: []timing.Record{{Channel: "email"}}, said: "sms", want: "email"},
		"nothing known: the first": {records: []timing.Record{{Channel: "email"}, {Channel: "sms"}}, want: "email"},
		"what everybody reacts to": {records: []timing.Record{
			{Channel: "email", EverybodySent: 1000, EverybodyReacted: 200}, {Channel: "sms", EverybodySent: 1000, EverybodyReacted: 400},
		}, want: "sms"},
		"one lucky message changes nothing": {records: []timing.Record{
			{Channel: "email", Sent: 1, Reacted: 1, EverybodySent: 1000, EverybodyReacted: 200}, {Channel: "sms", EverybodySent: 1000, EverybodyReacted: 400},
		}, want: "sms"},
		"a habit does": {records: []timing.Record{
			{Channel: "email", Sent: 10, Reacted: 8, EverybodySent: 1000, EverybodyReacted: 200},
			{Channel: "sms", Sent: 10, Reacted: 0, EverybodySent: 1000, EverybodyReacted: 400},
		}, want: "email"},
	} {
		require.Equal(t, test.want, timing.PreferredChannel(test.records, test.said, timing.StandardRates()), name)
	}
}

// A rate is one, grows with every reaction and falls with every message that got none.
func TestRate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		everybody, sent := random.IntN(1000), random.IntN(50)
		r := timing.Record{Sent: sent, EverybodySent: everybody}
		if everybody > 0 {
			r.EverybodyReacted = random.IntN(everybody)
		}
		if sent > 0 {
			r.Reacted = random.IntN(sent)
		}
		rate := timing.Rate(r, timing.StandardRates())
		require.GreaterOrEqual(t, rate, 0.0)
		require.LessOrEqual(t, rate, 1.0)
		better, worse := r, r
		better.Sent, better.Reacted, worse.Sent = sent+1, r.Reacted+1, sent+1
		require.Greater(t, timing.Rate(better, timing.StandardRates()), rate)
		require.LessOrEqual(t, timing.Rate(worse, timing.StandardRates()), rate)
	}
	require.Equal(t, 0.5, timing.Rate(timing.Record{Sent: 2, Reacted: 1}, timing.Rates{}), "without priors it is the share")
	require.Zero(t, timing.Rate(timing.Record{}, timing.Rates{}))
}
