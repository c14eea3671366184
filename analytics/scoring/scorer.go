package scoring

// Scorer judges a lead. Implementations are safe for concurrent use and answer the
// same for the same features.
type Scorer interface {
	Score(Features) Scorecard
}

// Scorecard is a judgement with its reasons. It holds no personal data.
type Scorecard struct {
	Score        int      `json:"score"`         // 0..100
	Tier         Tier     `json:"tier"`          // from the score and the previous tier
	Unclamped    int      `json:"unclamped"`     // what the factors add up to, before it is cut to 0..100
	Factors      []Factor `json:"factors"`       // in the order of the rules
	ModelVersion string   `json:"model_version"` // changes whenever the scorer may answer otherwise
}

// Factor is one reason of a score.
type Factor struct {
	RuleID string `json:"rule_id"`
	Reason string `json:"reason"`
	Points int    `json:"points"`
}

// Bounds of Scorecard.Score.
const (
	MinScore = 0
	MaxScore = 100
)
