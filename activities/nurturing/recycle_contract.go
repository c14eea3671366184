package nurturing

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Returned names a lead that sales handed back, or whose track ran out. Reason is a word of the business.
type Returned struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id"`
	Reason    string    `json:"reason"`
}

// Verdicts of ReadRule and Look, beside OptedOut, Converted and Withdrawn.
const (
	Free       = "free"        // nobody works on the lead: the rule applies
	AskedAgain = "asked-again" // the person came back, and sales has the lead
)

// What a rule does after the cooling period.
const (
	ThenNurture  = "nurture"  // a track
	ThenReturn   = "return"   // back to sales
	ThenAudience = "audience" // advertisements
	ThenDrop     = "drop"     // nothing
)

// Applied is the rule of a reason as it stood when the run began, by value: it stays with the run.
type Applied struct {
	Verdict  string        `json:"verdict"`
	Version  int           `json:"version,omitempty"`
	Cooling  time.Duration `json:"cooling,omitempty"`
	Then     string        `json:"then,omitempty"` // drop, too, when the lead has been round often enough
	Track    string        `json:"track,omitempty"`
	Audience string        `json:"audience,omitempty"`
	Round    int           `json:"round,omitempty"` // from 1
}

func applied(then string) Applied {
	return Applied{Verdict: Free, Cooling: 60 * 24 * time.Hour, Then: then, Track: "recycled", Audience: "remarketing", Round: 1}
}

// ReadRule finds what the recycling rules say about a reason.
var ReadRule = process.NewActivity[Returned, Applied]("nurturing.read-rule", process.Database,
	process.Yields("nurture again", applied(ThenNurture)),
	process.Yields("return to sales", applied(ThenReturn)),
	process.Yields("into an audience", applied(ThenAudience)),
	process.Yields("drop", Applied{Verdict: Free, Then: ThenDrop}),
	process.Yields("with sales again", Applied{Verdict: AskedAgain}),
	process.Yields("a customer", Applied{Verdict: Converted}),
	process.Yields("no consent left", Applied{Verdict: OptedOut}),
	process.Yields("gone", Applied{Verdict: Withdrawn}))

// Seen is how things stand with a person after a while.
type Seen struct {
	Verdict string `json:"verdict"`
}

// Look sees whether the lead is still free, after the cooling period.
var Look = process.NewActivity[Returned, Seen]("nurturing.look", process.Database,
	process.Yields("still free", Seen{Free}),
	process.Yields("with sales again", Seen{AskedAgain}),
	process.Yields("a customer", Seen{Converted}),
	process.Yields("no consent left", Seen{OptedOut}),
	process.Yields("gone", Seen{Withdrawn}))

// Membership puts a person into a remarketing audience.
type Membership struct {
	ContactID uuid.UUID `json:"contact_id"`
	Audience  string    `json:"audience"`
	Reason    string    `json:"reason"`
}

// Enlist makes a person a member of an audience. Who may really be shown advertisements is decided at each export.
var Enlist = process.NewActivity[Membership, struct{}]("nurturing.enlist", process.Database)
