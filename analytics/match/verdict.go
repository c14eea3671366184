package match

import "math"

// Class is what to do with a pair of records.
type Class int

const (
	// Different pairs are left alone.
	Different Class = iota
	// Review pairs are put to a person: probably the same, or the same contact
	// point under another name.
	Review
	// Same pairs may be merged without asking.
	Same
)

// String returns "different", "review" or "same".
func (c Class) String() string {
	switch c {
	case Same:
		return "same"
	case Review:
		return "review"
	}
	return "different"
}

// Thresholds on Verdict.Score. At SameScore fewer than one merge in a hundred would
// be wrong if the fields were independent; below ReviewScore a pair is four times
// likelier to be two people than one.
const (
	SameScore   = 0.99
	ReviewScore = 0.20
)

// Factor is one reason of a verdict. It holds no value of the records.
type Factor struct {
	Field      string  `json:"field"`      // "surname", "phone", "attribute:date_of_birth", or the rule that set a limit
	Similarity float64 `json:"similarity"` // 0..1
	Weight     float64 `json:"weight"`     // bits: positive for the same person, negative against
}

// Verdict is the outcome of comparing two records.
type Verdict struct {
	Score   float64 // probability-like, 0..1
	Class   Class
	Reasons []Factor // fields known on both sides, in a fixed order; then the rules that applied
}

// scoreOf turns bits of evidence, prior included, into a probability.
func scoreOf(bits float64) float64 {
	return 1 / (1 + math.Exp2(-bits))
}

// bitsOf is the inverse of scoreOf.
func bitsOf(score float64) float64 {
	return math.Log2(score / (1 - score))
}

func classOf(score float64) Class {
	switch {
	case score >= SameScore:
		return Same
	case score >= ReviewScore:
		return Review
	}
	return Different
}
