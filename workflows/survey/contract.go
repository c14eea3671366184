// Package survey asks a person how it was, reminds them, and acts on what they say: somebody calls the dissatisfied
// back, promoters are asked to recommend us, and everybody is thanked.
package survey

import (
	"strings"
	"time"

	"github.com/google/uuid"

	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
)

// Input says whom to ask about what.
type Input struct {
	// Survey is a survey's name; empty for the standard one of For.
	Survey string `json:"survey,omitempty"`
	// For is the kind of occasion: sale, service or retention.
	For       string    `json:"for,omitempty" jsonschema:"enum=sale,enum=service,enum=retention,enum="`
	ContactID uuid.UUID `json:"contact_id"`
	// Occasion is the opaque id of what is asked about. Nobody is asked twice about one.
	Occasion string `json:"occasion" jsonschema:"minLength=1,maxLength=200"`
	// Test invitations stay out of every statistic.
	Test bool `json:"test,omitempty"`
	// SoFar is what a long run hands to the one that continues it.
	SoFar SoFar `json:"so_far,omitzero"`
}

// SoFar is the invitation that left, how many reminders were due since, and until when the next is waited for.
type SoFar struct {
	Invitation surveying.Invitation `json:"invitation,omitzero"`
	Reminders  int                  `json:"reminders,omitempty"`
	Until      time.Time            `json:"until,omitzero"`
}

// InvitationID is the id of the invitation, and the subject of the run.
func (in Input) InvitationID() uuid.UUID {
	return surveys.Ask{Survey: in.Survey, For: in.For, ContactID: in.ContactID, Occasion: in.Occasion}.InvitationID()
}

func subject(in Input) string {
	if in.ContactID == uuid.Nil || strings.TrimSpace(in.Occasion) == "" || in.Survey == "" && in.For == "" {
		return "" // nobody, nothing or no way to ask
	}
	return in.InvitationID().String()
}

// Endings of the process.
const (
	AnsweredPromoter  = "answered-promoter"
	Answered          = "answered"
	AnsweredDetractor = "answered-detractor"
	Silent            = "silent"      // the form closed without an answer
	OptedOut          = "opted-out"   // they do not want to be asked
	Unreachable       = "unreachable" // no message comes through
	Refused           = "refused"     // the policy says no, or they were asked before: see the reason
)

// Outcome says how it ended. Word routes what somebody answered, in the words of the survey's branches; what they wrote
// stays in PostgreSQL.
type Outcome struct {
	Status       string    `json:"status"`
	InvitationID uuid.UUID `json:"invitation_id,omitzero"`
	Word         string    `json:"word,omitempty"`
	Reason       string    `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Replied tells the run that the form was filled in.
var Replied = process.NewSignal[events.Answered]("answered", "the person filled in the form")

const name = "survey"

// Process is the survey.
var Process = process.New(name, run,
	process.Owner("customer-service"),
	process.Purpose("Whoever bought something or was served is asked how it was, and everybody who answers is answered."),
	process.OneRunPer(subject),
	process.Reenters(process.OnceEver),
	process.Given("a sale", Input{For: surveys.Sale, ContactID: uuid.Max, Occasion: "sale"}),
	process.StartsOn(events.SaleCompleted, on(surveys.Sale)),
	process.StartsOn(events.ServiceEnded, on(surveys.Service)),
	process.Receives(Replied),
	process.SignalsOn(events.SurveyAnswered, Replied, func(e events.Answered) (string, events.Answered, bool) {
		return e.InvitationID.String(), e, e.InvitationID != uuid.Nil
	}),
	journey.Hears(name),
	process.Ends(AnsweredPromoter, Answered, AnsweredDetractor, Silent, OptedOut, Unreachable, Refused),
	process.Returns(Outcome{Status: Answered, Word: "price"}, Outcome{Status: AnsweredPromoter}, Outcome{Status: AnsweredDetractor},
		Outcome{Status: Silent}, Outcome{Status: OptedOut}, Outcome{Status: Unreachable}, Outcome{Status: Refused, Reason: "asked-before"}),
)

func on(occasion string) func(events.Ended) (Input, bool) {
	return func(e events.Ended) (Input, bool) {
		in := Input{Survey: e.Survey, For: occasion, ContactID: e.ContactID, Occasion: e.Reference}
		return in, subject(in) != ""
	}
}
