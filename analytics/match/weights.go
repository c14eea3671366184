package match

import "math"

// grade is how well two values of a field fit.
type grade int

const (
	conflict grade = iota // two different values
	distant               // different, with some letters in common
	partial               // compatible: an initial, a part, one of several
	near                  // one value and a usual spelling or typing error of it
	exact
	grades
)

// odds are the two probabilities of Fellegi and Sunter for one grade of a field:
// m that a pair of records of the same person falls in it, u that a pair of
// different persons does. The weight of the grade is log2(m/u) bits.
type odds struct{ m, u float64 }

func (o odds) bits() float64 { return math.Log2(o.m / o.u) }

// The probabilities are general knowledge about names, addresses and typing errors
// (name frequencies of a large country, one field in ten with an error, one person in
// six moved or changed provider), not fitted to a file. Order: conflict, distant,
// partial, near, exact.
var (
	givenOdds   = [grades]odds{{.04, .91}, {.05, .055}, {.04, .015}, {.10, .008}, {.77, .012}}
	surnameOdds = [grades]odds{{.05, .94}, {.04, .05}, {.03, .006}, {.10, .002}, {.78, .0016}}
	// companyOdds weighs the employer of a person, businessOdds the name of a company
	// record itself, of which there are few colleagues' copies.
	companyOdds  = [grades]odds{{.10, .94}, {.02, .04}, {.06, .01}, {.12, .002}, {.70, .002}}
	businessOdds = [grades]odds{{.06, .94}, {.02, .05}, {.07, .006}, {.15, .0006}, {.70, .0002}}
	cityOdds     = [grades]odds{{.18, .93}, {.02, .04}, {.02, .02}, {.10, .005}, {.68, .02}}
	postcodeOdds = [grades]odds{{.17, .98}, {.02, .01}, {.02, .01}, {.08, .008}, {.71, .008}}
	regionOdds   = [grades]odds{{.18, .75}, {.18, .75}, {.18, .75}, {.82, .25}, {.82, .25}}
	countryOdds  = [grades]odds{{.03, .40}, {.03, .40}, {.03, .40}, {.97, .60}, {.97, .60}}
	birthOdds    = [grades]odds{{.03, .99}, {.03, .99}, {.01, .01}, {.06, .001}, {.90, .00005}}
	dateOdds     = [grades]odds{{.50, .93}, {.50, .93}, {.10, .10}, {.10, .05}, {.40, .05}}

	// Street grades combine the words with the house number; see streetGrade.
	streetOdds     = [grades]odds{{.17, .97}, {.05, .02}, {.08, .004}, {.20, .001}, {.50, .0001}}
	secondLineOdds = odds{.60, .05}

	sameMailbox      = odds{.55, 1e-9}
	sameRoleMailbox  = odds{.30, 3e-7} // several people read it
	misspeltMailbox  = odds{.05, 2e-5}
	sameLocalPart    = odds{.08, .005} // one user name at two providers
	sameEmployerMail = odds{.12, .004} // two addresses at one business domain
	otherMailbox     = odds{.20, .99}

	samePhone     = odds{.60, 5e-9}
	samePhoneTail = odds{.60, 2e-7} // country unknown: only the last digits compare
	misspeltPhone = odds{.05, 2e-5}
	otherPhone    = odds{.30, .999}
)

// priorBits is log2 of the odds that two records taken at random from a store of a
// quarter of a million are the same person. Evidence has to outweigh it.
const priorBits = -18

// Bounds for groups of fields that repeat one another: city, postcode and state
// follow from each other, and the street from the postcode.
const (
	maxPlaceBits   = 9
	minPlaceBits   = -5
	maxAddressBits = 18
	maxTextBits    = 4
	minTextBits    = -2
)

// identifierOdds returns the weights of an identifier by its length: each digit is
// worth 0.8 decimal places, since real numbers carry check digits and prefixes.
func identifierOdds(kind attributeKind, length int) (same, misspelt, other odds) {
	chance := max(math.Pow(10, -0.8*float64(length)), 1e-7)
	switch kind {
	case kindAccountID:
		chance = max(chance, 1e-4) // colleagues and families share it
	case kindIdentifier:
		// Nothing says that it belongs to the person: it may be shared by thousands.
		chance = max(chance, .003)
		return odds{.70, chance}, odds{.05, .02}, odds{.25, .95}
	}
	return odds{.88, chance}, odds{.05, min(chance*9*float64(length), .02)}, odds{.07, .999}
}

// textOdds returns the weights of a free attribute; longer texts agree more rarely.
func textOdds(length int) (same, other odds) {
	if length >= 8 {
		return odds{.50, .10}, odds{.50, .90}
	}
	return odds{.50, .25}, odds{.50, .75}
}
