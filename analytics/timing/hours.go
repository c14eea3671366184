package timing

import (
	"math"
	"time"
)

const (
	hoursOfDay = 24
	workday    = 0
	weekend    = 1
)

// daysOf is how many days of the week each class has.
var daysOf = [2]float64{5, 2}

// Hours counts reactions by class of day and local hour.
type Hours [2][hoursOfDay]float64

// Add counts a reaction; at is in the local time of the person.
func (h *Hours) Add(at time.Time) { h[classOf(at)][at.Hour()]++ }

// Total is the number of reactions.
func (h *Hours) Total() float64 {
	sum := 0.0
	for _, class := range h {
		for _, n := range class {
			sum += n
		}
	}
	return sum
}

func classOf(at time.Time) int {
	if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
		return weekend
	}
	return workday
}

// Belief says how much the reactions of everybody weigh.
type Belief struct {
	// Strength is the weight of everybody's habits, in reactions of the person.
	Strength float64
	// Spread is κ, the concentration of the kernel: 0 spreads a reaction over the whole day, large values keep it where
	// it was.
	Spread float64
	// Floor is added to every cell of everybody's counts, so that no hour is impossible for want of data.
	Floor float64
}

// StandardBelief lets ten reactions of a person weigh as much as everybody's; a reaction tells of some two hours around.
func StandardBelief() Belief { return Belief{Strength: 10, Spread: 8, Floor: 5} }

// Odds is the share of a person's reactions expected in each single hour: p(c), see the package's words, divided by the
// days of the class.
type Odds [2][hoursOfDay]float64

// Learn returns what to expect of a person with these reactions, among everybody with theirs. Negative weights of the
// belief count as zero.
func Learn(own, everybody Hours, b Belief) Odds {
	strength, floor := math.Max(b.Strength, 0), math.Max(b.Floor, 0)
	if strength == 0 && own.Total() == 0 {
		strength = 1 // nothing else is known
	}
	prior := everybody.Total() + floor*7*hoursOfDay
	total := strength + own.Total()
	kernel := kernelOf(b.Spread)
	var out Odds
	for class := range out {
		for hour := range out[class] {
			share := daysOf[class] / (7 * hoursOfDay)
			if prior > 0 {
				share = (everybody[class][hour] + floor*daysOf[class]) / prior
			}
			sum := strength * share
			for other, n := range own[class] {
				sum += kernel[(hour-other+hoursOfDay)%hoursOfDay] * n
			}
			out[class][hour] = sum / total / daysOf[class]
		}
	}
	return out
}

// kernelOf is the weight of an hour so many hours away, around the clock.
func kernelOf(spread float64) (weights [hoursOfDay]float64) {
	sum := 0.0
	for d := range weights {
		// Minus one keeps the exponential finite for any spread.
		weights[d] = math.Exp(math.Max(spread, 0) * (math.Cos(2*math.Pi*float64(d)/hoursOfDay) - 1))
		sum += weights[d]
	}
	for d := range weights {
		weights[d] /= sum
	}
	return weights
}

// Window is when a message may be sent.
type Window struct {
	// Allowed tells whether an instant, in local time, is within the hours in which people may be written to.
	Allowed func(local time.Time) bool
	// Within is how long a message may wait for a better hour.
	Within time.Duration
	// Patience discounts waiting: after so long the odds of an hour count half. Zero does not discount.
	Patience time.Duration
}

// Best is the instant from after on, in zone, with the best odds among those that the window allows: after itself, or
// the beginning of an hour. When nothing is allowed within the window, the first allowed beginning of an hour in the two
// weeks after it is taken, and after itself when there is none either. Equal odds go to the earlier.
func Best(o Odds, after time.Time, zone *time.Location, w Window) time.Time {
	allowed := w.Allowed
	if allowed == nil {
		allowed = func(time.Time) bool { return true }
	}
	best, most := time.Time{}, -1.0
	for at := after; at.Before(after.Add(w.Within + 14*24*time.Hour)); at = nextHour(at, zone) {
		late := at.Sub(after)
		if late > w.Within && !best.IsZero() {
			break
		}
		local := at.In(zone)
		if !allowed(local) {
			continue
		}
		if late > w.Within {
			return at
		}
		odds := o[classOf(local)][local.Hour()]
		if w.Patience > 0 {
			odds *= math.Exp2(-float64(late) / float64(w.Patience))
		}
		if odds > most {
			best, most = at, odds
		}
	}
	if best.IsZero() {
		return after
	}
	return best
}

// nextHour is the next instant at which clocks in zone begin an hour; zones that are off by half an hour have theirs.
func nextHour(at time.Time, zone *time.Location) time.Time {
	local := at.In(zone)
	gone := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	return at.Add(time.Hour - gone)
}
