package worker

import (
	"github.com/perdura/perdura/activities/stripe"
	"github.com/perdura/perdura/process"
)

// stripeInvoices asks Stripe. Without a key the steps are there all the same, and Stripe refuses them.
func stripeInvoices(d Deps) []process.Implementation {
	return stripe.New(stripe.Options{Pool: d.Pool, Clock: d.Clock, Poke: d.Poker, APIKey: d.Config.Stripe.APIKey, URL: d.Config.Stripe.URL}).Activities()
}
