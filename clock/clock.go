// Package clock holds the one clock of the house. Real deployments run it at speed 1; the sandbox lets business
// time pass faster than real time, so that a month of a journey is watched in a minute on the real engine.
package clock

import (
	"fmt"
	"time"
)

// Clock maps real time to business time. The zero value is real time itself. A Clock is data: it travels to a
// workflow with its start, so that a replay computes the same instants.
type Clock struct {
	// Origin is the real instant at which the business clock read Business.
	Origin time.Time `json:"origin,omitzero"`
	// Business is what the business clock read at Origin.
	Business time.Time `json:"business,omitzero"`
	// Speed is business seconds per real second; 0 and 1 both mean real time.
	Speed float64 `json:"speed,omitempty"`
}

// MaxSpeed keeps a day of business time above one engine timer tick.
const MaxSpeed = 86400

// New returns a clock that reads business at the real instant origin and runs at speed.
// It errs when speed is below 1 or above MaxSpeed.
func New(origin, business time.Time, speed float64) (Clock, error) {
	if speed < 1 || speed > MaxSpeed {
		return Clock{}, fmt.Errorf("clock speed %g is outside 1..%d: choose a speed in that range", speed, MaxSpeed)
	}
	return Clock{Origin: origin, Business: business, Speed: speed}, nil
}

// Real reports whether business time is real time.
func (c Clock) Real() bool { return c.Origin.IsZero() && (c.Speed == 0 || c.Speed == 1) }

// Now is the business time of this instant, in UTC.
func (c Clock) Now() time.Time { return c.At(time.Now()) }

// At converts a real instant to business time, in UTC.
func (c Clock) At(realTime time.Time) time.Time {
	if c.Real() {
		return realTime.UTC()
	}
	return c.Business.Add(time.Duration(float64(realTime.Sub(c.Origin)) * c.speed())).UTC()
}

// Span converts a business duration to the real duration that a timer must run.
func (c Clock) Span(business time.Duration) time.Duration {
	if c.speed() == 1 {
		return business
	}
	return time.Duration(float64(business) / c.speed())
}

// Stretch is how much business time passes in a real duration: what people type takes them real time at any speed. It is
// never less than the duration itself.
func (c Clock) Stretch(realTime time.Duration) time.Duration {
	return time.Duration(float64(realTime) * max(c.speed(), 1))
}

func (c Clock) speed() float64 {
	if c.Speed == 0 {
		return 1
	}
	return c.Speed
}
