package gate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
)

var noon = time.Date(2026, 6, 10, 10, 0, 0, 0, time.UTC) // a Wednesday

func TestStandingRules(t *testing.T) {
	t.Parallel()
	both := []provider.Channel{provider.Email, provider.SMS}
	for _, tc := range []struct {
		name    string
		change  func(*gate.Policy, *gate.Facts, *gate.Request)
		reason  string
		channel provider.Channel
	}{
		{"nothing against it", func(*gate.Policy, *gate.Facts, *gate.Request) {}, "", provider.Email},
		{"the preferred channel first", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) { f.Preferred = provider.SMS }, "", provider.SMS},
		{"a preferred channel without words", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) {
			f.Preferred, r.Channels = provider.SMS, both[:1]
		}, "", provider.Email},
		{"a channel that nobody carries", func(_ *gate.Policy, _ *gate.Facts, r *gate.Request) {
			r.Channel, r.Channels = provider.SMS, both[:1]
		}, gate.NotConfigured, ""},
		{"no channel at all", func(_ *gate.Policy, _ *gate.Facts, r *gate.Request) { r.Channels = nil }, gate.NotConfigured, ""},
		{"an unknown contact", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) { *f = gate.Facts{} }, gate.NoContact, provider.Email},
		{"no address", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) { f.Addresses = nil }, gate.NoAddress, provider.Email},
		{"the other channel has an address", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) { delete(f.Addresses, provider.Email) }, "", provider.SMS},
		{"the only channel with an address is suppressed", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) {
			delete(f.Addresses, provider.Email)
			f.Suppressed = []gate.Standing{{Channel: provider.SMS, Scope: "marketing"}}
		}, gate.Suppressed, provider.SMS},
		{"suppressed for marketing", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) {
			r.Channel, f.Suppressed = provider.Email, []gate.Standing{{Channel: provider.Email, Scope: "marketing"}}
		}, gate.Suppressed, provider.Email},
		{"suppressed on the other channel", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) {
			r.Channel, f.Suppressed = provider.Email, []gate.Standing{{Channel: provider.SMS, Scope: "all"}}
		}, "", provider.Email},
		{"what is owed ignores a suppression for marketing", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) {
			r.Channel, r.Class, f.Suppressed = provider.Email, gate.Transactional, []gate.Standing{{Channel: provider.Email, Scope: "marketing"}}
		}, "", provider.Email},
		{"what is owed heeds a bounce", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) {
			r.Channel, r.Class, f.Suppressed = provider.Email, gate.Transactional, []gate.Standing{{Channel: provider.Email, Scope: "all"}}
		}, gate.Suppressed, provider.Email},
		{"an unwanted topic", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) { f.Topics["news"] = false }, gate.TopicOptOut, provider.Email},
		{"another topic is unwanted", func(_ *gate.Policy, f *gate.Facts, _ *gate.Request) { f.Topics["offers"] = false }, "", provider.Email},
		{"what is owed has no topics to opt out of", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) {
			r.Class, f.Topics["news"] = gate.Transactional, false
		}, "", provider.Email},
		{"a test goes to staff", func(_ *gate.Policy, f *gate.Facts, r *gate.Request) { *f, r.Test = gate.Facts{}, true }, "", provider.Email},
	} {
		p, f, r := open(), ada(), mail()
		tc.change(&p, &f, &r)
		v := gate.Decide(p, f, r, noon)
		require.Equal(t, tc.reason, v.Reason, tc.name)
		require.Equal(t, tc.channel, v.Channel, tc.name)
		if tc.reason == "" {
			require.Equal(t, gate.Allow, v.Answer, tc.name)
		} else {
			require.Equal(t, gate.Refuse, v.Answer, tc.name)
		}
	}
}

func TestLegalBasis(t *testing.T) {
	t.Parallel()
	const granted, withdrawn = true, false
	for _, tc := range []struct {
		name      string
		basis     gate.Basis
		purpose   string
		consents  map[string]bool
		lifecycle string
		lawful    bool
	}{
		{"consent, none given", gate.Consent, "newsletter", nil, "customer", false},
		{"consent, given", gate.Consent, "newsletter", map[string]bool{"newsletter": granted}, "lead", true},
		{"consent, given to something else", gate.Consent, "newsletter", map[string]bool{"surveys": granted}, "lead", false},
		{"consent to one purpose, no to the channel as such", gate.Consent, "newsletter", map[string]bool{"newsletter": granted, "email_marketing": withdrawn}, "lead", true},
		{"consent, withdrawn", gate.Consent, "newsletter", map[string]bool{"newsletter": withdrawn}, "customer", false},
		{"a consent to text messages is none to mail", gate.Consent, "sms_marketing", map[string]bool{"sms_marketing": granted}, "lead", false},
		{"mail under the name of text messages needs its own", gate.Consent, "sms_marketing", map[string]bool{"email_marketing": granted}, "lead", true},
		{"no purpose is the marketing of the channel", gate.Consent, "", map[string]bool{"email_marketing": granted}, "lead", true},
		{"no purpose and no consent", gate.Consent, "", nil, "lead", false},
		{"soft opt-in of a customer", gate.SoftOptIn, "newsletter", nil, "customer", true},
		{"soft opt-in of a lead", gate.SoftOptIn, "newsletter", nil, "lead", false},
		{"soft opt-in of a lead who agreed", gate.SoftOptIn, "newsletter", map[string]bool{"newsletter": granted}, "lead", true},
		{"soft opt-in of a customer who objected", gate.SoftOptIn, "newsletter", map[string]bool{"newsletter": withdrawn}, "customer", false},
		{"soft opt-in of a customer who objected to all mail", gate.SoftOptIn, "newsletter", map[string]bool{"email_marketing": withdrawn}, "customer", false},
		{"legitimate interest", gate.LegitimateInterest, "newsletter", nil, "lead", true},
		{"legitimate interest against an objection", gate.LegitimateInterest, "newsletter", map[string]bool{"newsletter": withdrawn}, "lead", false},
		{"legitimate interest against an objection to all mail", gate.LegitimateInterest, "newsletter", map[string]bool{"email_marketing": withdrawn}, "lead", false},
		{"none", gate.NoBasis, "newsletter", map[string]bool{"newsletter": granted}, "customer", false},
	} {
		p, f, r := open(), ada(), mail()
		p.LegalBases = []gate.LegalBasis{{Basis: tc.basis}}
		f.Consents, f.Lifecycle, r.Purpose, r.Channel = tc.consents, tc.lifecycle, tc.purpose, provider.Email
		v := gate.Decide(p, f, r, noon)
		if !tc.lawful {
			require.Equal(t, gate.NoConsent, v.Reason, tc.name)
			r.Class = gate.Transactional
			v = gate.Decide(p, f, r, noon)
		}
		require.Equal(t, gate.Allow, v.Answer, tc.name)
	}
}

func TestTheFirstLegalBasisThatFitsCounts(t *testing.T) {
	t.Parallel()
	p, f, r := open(), ada(), mail()
	r.Channel = provider.Email
	p.LegalBases = []gate.LegalBasis{
		{Purpose: "surveys", Countries: []string{"DE", "AT"}, Basis: gate.LegitimateInterest},
		{Purpose: "surveys", Basis: gate.NoBasis},
	}
	for _, tc := range []struct{ purpose, country, reason string }{
		{"surveys", "DE", ""}, {"surveys", "FR", gate.NoConsent}, {"surveys", "", gate.NoConsent},
		{"newsletter", "DE", gate.NoConsent}, // nothing speaks of it: consent
	} {
		r.Purpose, f.Country = tc.purpose, tc.country
		require.Equal(t, tc.reason, gate.Decide(p, f, r, noon).Reason, "%v", tc)
	}
}

func TestTracking(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule  gate.Tracking
		agree bool
		want  bool
	}{
		{gate.Tracking{Mode: gate.TrackAlways}, false, true}, {gate.Tracking{Mode: gate.TrackNever}, true, false},
		{gate.Tracking{Mode: gate.TrackWithConsent, Purpose: "tracking"}, true, true},
		{gate.Tracking{Mode: gate.TrackWithConsent, Purpose: "tracking"}, false, false},
	} {
		p, f := open(), ada()
		p.Tracking, f.Consents["tracking"] = tc.rule, tc.agree
		require.Equal(t, tc.want, gate.Decide(p, f, mail(), noon).Track, "%+v", tc)
	}
}
