package deals

// Categories of a forecast.
const (
	CategoryWon      = "won"
	CategoryCommit   = "commit"
	CategoryBestCase = "best-case"
	CategoryPipeline = "pipeline"
	CategoryOmitted  = "omitted"
)

// The states of a deal.
const (
	Open    = "open"
	Closing = "closing"
	Won     = "won"
	Lost    = "lost"
)

// From these probabilities on, in thousandths, a deal is in the better category.
const (
	commitFrom   = 700
	bestCaseFrom = 400
)

// Category says how a forecast counts a deal.
func Category(state string, permille int) string {
	switch {
	case state == Won:
		return CategoryWon
	case state == Lost:
		return CategoryOmitted
	case permille >= commitFrom:
		return CategoryCommit
	case permille >= bestCaseFrom:
		return CategoryBestCase
	}
	return CategoryPipeline
}
