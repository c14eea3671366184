package api

import (
	"time"

	"github.com/perdura/perdura/analytics/satisfaction"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/surveys"
)

// SurveyResults are what came of the invitations of a survey.
type SurveyResults struct {
	Survey    string           `json:"survey"`
	From      *time.Time       `json:"from,omitempty"`
	To        *time.Time       `json:"to,omitempty"`
	Invited   int              `json:"invited"`
	Opened    int              `json:"opened" jsonschema_description:"those to whom the form was shown"`
	Answered  int              `json:"answered"`
	Rate      *float64         `json:"rate,omitempty" jsonschema_description:"answered of invited, in percent"`
	CSAT      *SurveyCSAT      `json:"csat,omitempty"`
	NPS       *SurveyNPS       `json:"nps,omitempty"`
	Words     map[string]int   `json:"words" jsonschema_description:"answers by the branch of the survey that they took"`
	Questions []SurveyQuestion `json:"questions"`
}

// SurveyCSAT is the satisfaction score.
type SurveyCSAT struct {
	Answers int     `json:"answers"`
	Share   float64 `json:"share" jsonschema_description:"4 and 5 of 5 among the answers, in percent"`
	Low     float64 `json:"low" jsonschema_description:"of the 95 % interval of share (Wilson)"`
	High    float64 `json:"high"`
	Mean    float64 `json:"mean" jsonschema_description:"from 1 to 5"`
}

// SurveyNPS is the Net Promoter Score.
type SurveyNPS struct {
	Promoters  int     `json:"promoters" jsonschema_description:"9 and 10 of 10"`
	Passives   int     `json:"passives" jsonschema_description:"7 and 8"`
	Detractors int     `json:"detractors" jsonschema_description:"6 and less"`
	Score      float64 `json:"score" jsonschema_description:"share of promoters less share of detractors, from -100 to 100"`
	Low        float64 `json:"low" jsonschema_description:"of the 95 % interval of score (adjusted Wald, Rocks 2016)"`
	High       float64 `json:"high"`
}

// SurveyQuestion counts the answers to a question.
type SurveyQuestion struct {
	Question string         `json:"question"`
	Counts   map[string]int `json:"counts" jsonschema_description:"how often each answer was given"`
	Written  int            `json:"written,omitempty" jsonschema_description:"how many answered in their own words"`
}

type resultSpan struct {
	From time.Time `json:"from,omitzero" jsonschema_description:"invitations written from this time on"`
	To   time.Time `json:"to,omitzero" jsonschema_description:"invitations written before this time"`
}

func (s *Server) surveyResults(c *Call) error {
	var span resultSpan
	if err := c.DecodeQuery(&span); err != nil {
		return err
	}
	name, err := s.surveyOf(c)
	if err != nil {
		return err
	}
	out := SurveyResults{Survey: name}
	from, to := span.From, endOfTime
	if !from.IsZero() {
		out.From = utc(&from)
	}
	if !span.To.IsZero() {
		to = span.To
		out.To = utc(&to)
	}
	if !from.Before(to) {
		return problem.BadRequest("Ask for a span of time.", problem.Field{Field: "to", Message: "must be later than from"})
	}
	r, err := surveys.Results(c.Ctx(), s.pool, name, from, to)
	if err != nil {
		return err
	}
	return c.OK(out.fill(r))
}

func (v SurveyResults) fill(r surveys.Result) SurveyResults {
	v.Invited, v.Opened, v.Answered, v.Rate, v.Words = r.Invited, r.Opened, r.Answered, r.Rate, r.Words
	if r.CSAT != nil {
		low, high := bounds(r.CSAT.Interval)
		v.CSAT = &SurveyCSAT{Answers: r.CSAT.Answers, Share: r.CSAT.Share, Mean: r.CSAT.Mean, Low: low, High: high}
	}
	if r.NPS != nil {
		low, high := bounds(r.NPS.Interval)
		v.NPS = &SurveyNPS{
			Promoters: r.NPS.Promoters, Passives: r.NPS.Passives, Detractors: r.NPS.Detractors, Score: r.NPS.Score, Low: low, High: high,
		}
	}
	v.Questions = make([]SurveyQuestion, len(r.Questions))
	for i, q := range r.Questions {
		v.Questions[i] = SurveyQuestion{Question: q.Question, Counts: q.Counts, Written: q.Written}
	}
	return v
}

func bounds(i satisfaction.Interval) (low, high float64) { return i.Low, i.High }
