package deals

import "slices"

// The codes with which a change of a deal is refused.
const (
	Ended         = "deal-ended"      // it is won or lost
	InClosing     = "deal-closing"    // the closing has to end first
	NoSuchStage   = "no-such-stage"   // the pipeline knows no such stage
	AlreadyThere  = "already-there"   // the deal is at this stage
	StageSkipped  = "stage-skipped"   // forward goes one stage at a time
	ReasonMissing = "reason-missing"  // going back or losing needs one of the pipeline's reasons
	CriteriaUnmet = "criteria-unmet"  // the stage asks for more
	BadTerms      = "terms-not-right" // a currency, an amount or an attribute that cannot be
)

// Judge says whether a deal may go to a stage: "" and what is not met yet, which is nothing when it may, or the code of
// the refusal. reason is a code, for going back.
func (p Pipeline) Judge(f Facts, to, reason string) (code string, unmet []Unmet) {
	from, at := p.place(f.Stage), p.place(to)
	switch {
	case at < 0:
		return NoSuchStage, nil
	case at == from:
		return AlreadyThere, nil
	case at > from+1:
		return StageSkipped, nil
	case at < from && !slices.Contains(p.BackReasons, reason):
		return ReasonMissing, nil
	case at < from:
		return "", nil
	}
	if unmet = p.Unmet(f, to); len(unmet) > 0 {
		return CriteriaUnmet, unmet
	}
	return "", nil
}
