package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/perdura/perdura/billing/stripe"
)

// stripeSignature is the header of Stripe's signature: https://docs.stripe.com/webhooks?verify=verify-manually.
const stripeSignature = "Stripe-Signature"

// stripeTolerance is how old, or how far ahead, a signature may be, as Stripe's own libraries have it.
const stripeTolerance = 5 * time.Minute

// maxStripeSignatures bounds what a call makes us compute. Stripe sends one for each secret that is valid.
const maxStripeSignatures = 16

// Stripe reads a call of Stripe's webhook at a real instant. Errors: ErrNotServed, ErrSignature, ErrGarbage.
func (r *Readers) Stripe(c Call, now time.Time) (stripe.Event, error) {
	if err := r.verifyStripe(c, now); err != nil {
		return stripe.Event{}, err
	}
	var e stripe.Event
	if err := json.Unmarshal(c.Body, &e); err != nil || e.ID == "" || len(e.ID) > maxID || e.Type == "" {
		return stripe.Event{}, fmt.Errorf("%w: an event of Stripe is expected", ErrGarbage)
	}
	return e, nil
}

// verifyStripe checks the HMAC over time stamp and raw body under each secret that is configured.
func (r *Readers) verifyStripe(c Call, now time.Time) error {
	if len(r.stripeSecrets) == 0 {
		return ErrNotServed
	}
	var stamp string
	var given [][]byte
	for part := range strings.SplitSeq(c.Header.Get(stripeSignature), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1": // v0 is of test mode and proves nothing
			if raw, err := hex.DecodeString(value); err == nil && len(given) < maxStripeSignatures {
				given = append(given, raw)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(given) == 0 {
		return ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > stripeTolerance || age < -stripeTolerance {
		return ErrSignature
	}
	for _, secret := range r.stripeSecrets {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(stamp + "."))
		h.Write(c.Body)
		want := h.Sum(nil)
		for _, signature := range given {
			if hmac.Equal(want, signature) {
				return nil
			}
		}
	}
	return ErrSignature
}

// stripeSecrets are the secrets of a setting, separated by commas.
func stripeSecrets(setting string) (out []string) {
	for text := range strings.SplitSeq(setting, ",") {
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	return out
}
