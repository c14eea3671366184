package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/survey"
)

// SurveyAnswer is what one person answered.
type SurveyAnswer struct {
	InvitationID uuid.UUID           `json:"invitation_id"`
	ContactID    uuid.UUID           `json:"contact_id"`
	Occasion     string              `json:"occasion"`
	Version      int32               `json:"version" jsonschema_description:"the version of the survey that was answered"`
	Test         bool                `json:"test"`
	Answers      map[string][]string `json:"answers" jsonschema_description:"what was chosen, by question"`
	Texts        map[string]string   `json:"texts" jsonschema_description:"what was written, by question"`
	Word         string              `json:"word,omitempty" jsonschema_description:"the branch of the survey that the answer took"`
	NPS          *int32              `json:"nps,omitempty"`
	CSAT         *int32              `json:"csat,omitempty"`
	At           time.Time           `json:"at"`
	Links        map[string]string   `json:"links"`
}

// SurveyInvitation asks one person.
type SurveyInvitation struct {
	ContactID uuid.UUID `json:"contact_id"`
	Occasion  string    `json:"occasion" jsonschema:"minLength=1,maxLength=200,pattern=\\S" jsonschema_description:"opaque id of what is asked about; nobody is asked twice about one"`
	Test      bool      `json:"test,omitempty" jsonschema_description:"stays out of every statistic"`
}

func (s *Server) surveyOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/surveys/{survey}/results", ID: "getSurveyResults", Tag: "surveys", Access: access.SurveysRead,
			Query: typeOf[resultSpan](), Summary: "What came of the invitations of a survey",
			Description: "Counts the invitations that were written in a span of time, test invitations left out.",
			Answers:     []Answer{answer[SurveyResults](200, "The results.")}, Problems: []int{http.StatusNotFound}, Handle: s.surveyResults,
		},
		{
			Method: http.MethodGet, Path: "/v1/surveys/{survey}/answers", ID: "listSurveyAnswers", Tag: "surveys", Access: access.SurveysRead,
			Query: typeOf[Paging](), Summary: "List the answers to a survey, the newest first",
			Answers: []Answer{answer[Page[SurveyAnswer]](200, "A page of answers.")}, Handle: s.surveyAnswers,
		},
		{
			Method: http.MethodPost, Path: "/v1/surveys/{survey}/invitations", ID: "inviteToSurvey", Tag: "surveys", Access: access.SurveysWrite,
			Summary: "Invite a person to a survey", Description: "Starts the process survey. Who was invited about the same occasion before is not invited again: 409.",
			Body: jsonBody(SurveyInvitation{ContactID: uuid.Max, Occasion: "order-1001"}),
			Answers: []Answer{
				answer[RunStarted](201, "The person will be invited; id is that of the invitation.", "Location"),
				answer[RunStarted](200, "The invitation of an earlier call with the same Idempotency-Key.", "Location"),
			}, Handle: s.invite,
		},
	}
}

// surveyOf errs when there is no such survey.
func (s *Server) surveyOf(c *Call) (string, error) {
	name := c.Param("survey")
	_, _, err := surveys.Kind.Current(c.Ctx(), s.pool, name)
	if errors.Is(err, definitions.ErrUnknown) {
		return "", problem.NotFound("survey", name)
	}
	return name, err
}

func (s *Server) invite(c *Call) error {
	var in SurveyInvitation
	if err := c.Decode(&in); err != nil {
		return err
	}
	name, err := s.surveyOf(c)
	if err != nil {
		return err
	}
	_, err = query.New().GetContact(c.Ctx(), s.pool, in.ContactID)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Invalid(problem.Field{Field: "contact_id", Message: "there is no such contact"})
	}
	if err != nil {
		return fmt.Errorf("invite to a survey: %w", err)
	}
	def, err := s.definition(survey.Process.Name())
	if err != nil {
		return err
	}
	input, err := json.Marshal(survey.Input{Survey: name, ContactID: in.ContactID, Occasion: in.Occasion, Test: in.Test})
	if err != nil {
		return fmt.Errorf("invite to a survey: encode the input: %w", err)
	}
	return s.startRunWith(c, def, input)
}

func (s *Server) surveyAnswers(c *Call) error {
	var f Paging
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	name, err := s.surveyOf(c)
	if err != nil {
		return err
	}
	list := "survey answers " + name
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListSurveyAnswerPageParams{Survey: name, MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListSurveyAnswerPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list the answers to a survey: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, answerView, func(r query.ListSurveyAnswerPageRow) timePlace { return timePlace{r.At, r.ID} }))
}

func answerView(r query.ListSurveyAnswerPageRow) SurveyAnswer {
	v := SurveyAnswer{
		InvitationID: r.ID, ContactID: r.ContactID, Occasion: r.Occasion, Version: r.SurveyVersion, Test: r.Test, Word: r.Word,
		NPS: r.Nps, CSAT: r.Csat, At: r.At.UTC(), Answers: map[string][]string{}, Texts: map[string]string{},
		Links: map[string]string{"contact": link("v1/contacts", r.ContactID.String()), "run": link("v1/processes/survey/runs", r.ID.String())},
	}
	_ = json.Unmarshal(r.Answers, &v.Answers) // written by us
	_ = json.Unmarshal(r.Texts, &v.Texts)
	return v
}
