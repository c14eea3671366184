package config

// stripeURL is Stripe's own address; a sandbox stands elsewhere.
const stripeURL = "https://api.stripe.com"

// Stripe is an account at Stripe, whose invoices are booked here.
type Stripe struct {
	APIKey string
	// WebhookSecret verifies Stripe's events: whsec_…; several, separated by commas, while one is replaced.
	WebhookSecret string
	// URL is the base of the API, without a trailing slash.
	URL string
}

// Configured reports whether Stripe can be asked.
func (s Stripe) Configured() bool { return s.APIKey != "" }

func stripeSettings() []Setting {
	return []Setting{
		{
			Key: "stripe.api_key", Secret: true,
			Doc: "Restricted key of Stripe that may read events and invoices, and write invoices to mark them uncollectible. Empty: Stripe is not asked.",
			put: text(func(c *Config) *string { return &c.Stripe.APIKey }),
		},
		{
			Key: "stripe.webhook_secret", Secret: true,
			Doc: "Signing secret of the webhook endpoint at Stripe (whsec_…); several, separated by commas, while one is replaced.",
			put: text(func(c *Config) *string { return &c.Stripe.WebhookSecret }),
		},
		{
			Key: "stripe.url", Default: stripeURL, Example: stripeURL,
			Doc: "Stripe's API.",
			put: text(func(c *Config) *string { return &c.Stripe.URL }, webURL),
		},
	}
}
