// Package surveying asks people and reads what they answered, for processes: ids and words of the business go in and
// out, what people wrote stays in PostgreSQL.
package surveying

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
)

// Ask is the wish to ask one person about one occasion: see surveys.Ask.
type Ask struct {
	Survey    string    `json:"survey,omitempty"`
	For       string    `json:"for,omitempty"`
	ContactID uuid.UUID `json:"contact_id"`
	Occasion  string    `json:"occasion"`
	Test      bool      `json:"test,omitempty"`
}

// What becomes of the wish to ask.
const (
	Invited     = "invited"
	AskedBefore = "asked-before" // the same survey, person and occasion
	Nobody      = "nobody"       // the person does not exist any more
	NoSurvey    = "no-survey"    // there is no such survey, or no standard one
)

// Invitation is what a process needs to know to see an invitation through.
type Invitation struct {
	Verdict      string    `json:"verdict"`
	InvitationID uuid.UUID `json:"invitation_id,omitzero"`
	// Template and Reminder are communication templates.
	Template string `json:"template,omitempty"`
	Reminder string `json:"reminder,omitempty"`
	// RemindAfter is how long after the invitation left those are reminded who have not answered.
	RemindAfter []time.Duration `json:"remind_after,omitempty"`
	ExpiresAt   time.Time       `json:"expires_at,omitzero"`
}

// farAway is later than any time at which a process is explored.
var farAway = time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)

// Invite writes the invitation, once: the same wish finds the invitation that stands.
var Invite = process.NewActivity[Ask, Invitation]("surveys.invite", process.Database,
	process.Yields("invited", Invitation{
		Verdict: Invited, InvitationID: uuid.Max, Template: surveys.TemplateInvitation, Reminder: surveys.TemplateReminder,
		RemindAfter: []time.Duration{72 * time.Hour}, ExpiresAt: farAway,
	}),
	process.Yields("asked before", Invitation{Verdict: AskedBefore}),
	process.Yields("nobody there", Invitation{Verdict: Nobody}),
	process.Yields("no such survey", Invitation{Verdict: NoSurvey}))

// Reply is what somebody answered, as far as a process may know it.
type Reply struct {
	Answered bool `json:"answered"`
	// Word is that of the survey's branch; empty when none applies.
	Word string `json:"word,omitempty"`
	// Then is what follows: thank, promote, call-back or nothing. Template is the letter to send; empty for none.
	Then     string `json:"then,omitempty"`
	Template string `json:"template,omitempty"`
}

// Invitee names an invitation.
type Invitee struct {
	InvitationID uuid.UUID `json:"invitation_id"`
}

// Read tells what somebody answered, if they did.
var Read = process.NewActivity[Invitee, Reply]("surveys.read", process.Database,
	process.Yields("no answer", Reply{}),
	process.Yields("an answer", Reply{Answered: true, Then: surveys.Thank, Template: surveys.TemplateThanks}),
	process.Yields("a promoter", Reply{Answered: true, Word: "promoter", Then: surveys.Promote, Template: surveys.TemplatePromoter}),
	process.Yields("a detractor", Reply{Answered: true, Word: "detractor", Then: surveys.CallBack, Template: surveys.TemplateDetractor}),
	process.Yields("an answer for others", Reply{Answered: true, Word: "price", Then: surveys.Nothing}))
