package surveys

import (
	"context"
	"fmt"
	"time"

	"github.com/perdura/perdura/analytics/satisfaction"
	"github.com/perdura/perdura/db/query"
)

// Result is what came of the invitations of a survey that were written in a span of time. Test invitations are left
// out. The formulas and their sources stand in package satisfaction.
type Result struct {
	Invited, Opened, Answered int
	// Rate is the share of the invited who answered, in percent; nil without invitations.
	Rate *float64
	CSAT *CSATResult // nil without answers
	NPS  *NPSResult  // nil without answers
	// Words count the answers by the branch that they took; "" those that took none.
	Words     map[string]int
	Questions []QuestionResult
}

// CSATResult is the satisfaction of those who were asked for it.
type CSATResult struct {
	Answers int
	// Share of 4 and 5 of 5, in percent, and Mean, from 1 to 5.
	Share, Mean float64
	Interval    satisfaction.Interval
}

// NPSResult is the Net Promoter Score of those who were asked for it, from −100 to 100.
type NPSResult struct {
	Promoters, Passives, Detractors int
	Score                           float64
	Interval                        satisfaction.Interval
}

// QuestionResult counts the answers to one question. Of several choices each counts. What people wrote is not counted
// apart: Written says how many wrote something.
type QuestionResult struct {
	Question string
	Counts   map[string]int
	Written  int
}

// Results adds up the invitations of a survey written from (inclusive) until (exclusive). A survey that nobody was invited
// to has results of nothing. Errors: PostgreSQL's.
func Results(ctx context.Context, db query.DBTX, survey string, from, until time.Time) (Result, error) {
	q, r := query.New(), Result{Words: map[string]int{}}
	failed := func(err error) (Result, error) { return Result{}, fmt.Errorf("add up a survey: %w", err) }
	n, err := q.CountSurveyInvitations(ctx, db, query.CountSurveyInvitationsParams{Survey: survey, Since: from, Until: until})
	if err != nil {
		return failed(err)
	}
	r.Invited, r.Opened, r.Answered = int(n.Invited), int(n.Opened), int(n.Answered)
	if r.Invited > 0 {
		rate := 100 * float64(r.Answered) / float64(r.Invited)
		r.Rate = &rate
	}
	scores, err := q.CountSurveyScores(ctx, db, query.CountSurveyScoresParams{Survey: survey, Since: from, Until: until})
	if err != nil {
		return failed(err)
	}
	r.score(scores)
	words, err := q.CountSurveyWords(ctx, db, query.CountSurveyWordsParams{Survey: survey, Since: from, Until: until})
	if err != nil {
		return failed(err)
	}
	for _, w := range words {
		r.Words[w.Word] = int(w.Times)
	}
	choices, err := q.CountSurveyChoices(ctx, db, query.CountSurveyChoicesParams{Survey: survey, Since: from, Until: until})
	if err != nil {
		return failed(err)
	}
	for _, c := range choices {
		r.of(c.Question).Counts[c.Answer] = int(c.Times)
	}
	texts, err := q.CountSurveyTexts(ctx, db, query.CountSurveyTextsParams{Survey: survey, Since: from, Until: until})
	if err != nil {
		return failed(err)
	}
	for _, c := range texts {
		r.of(c.Question).Written = int(c.Times)
	}
	return r, nil
}

func (r *Result) score(s query.CountSurveyScoresRow) {
	nps := NPSResult{Promoters: int(s.Promoters), Detractors: int(s.Detractors), Passives: int(s.NpsAnswers - s.Promoters - s.Detractors)}
	var ok bool
	if nps.Score, nps.Interval, ok = satisfaction.NetPromoter(nps.Promoters, nps.Passives, nps.Detractors); ok {
		r.NPS = &nps
	}
	csat := CSATResult{Answers: int(s.CsatAnswers)}
	if csat.Share, csat.Interval, ok = satisfaction.Satisfied(int(s.Satisfied), csat.Answers); ok {
		csat.Mean = float64(s.CsatSum) / float64(csat.Answers)
		r.CSAT = &csat
	}
}

// of is the result of a question, made when there is none yet.
func (r *Result) of(question string) *QuestionResult {
	for i := range r.Questions {
		if r.Questions[i].Question == question {
			return &r.Questions[i]
		}
	}
	r.Questions = append(r.Questions, QuestionResult{Question: question, Counts: map[string]int{}})
	return &r.Questions[len(r.Questions)-1]
}
