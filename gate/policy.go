package gate

import (
	"time"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/definitions"
)

// Policy says what may be sent to whom, and when. It is data: people change it as a definition, and every message says
// which version decided it.
type Policy struct {
	// LegalBases are tried in order; the first that speaks of the purpose and the country decides. Without one that does,
	// consent is needed.
	LegalBases []LegalBasis `json:"legal_bases" jsonschema:"maxItems=200"`
	// CustomerLifecycles are the values of a contact's lifecycle that make somebody a customer, for soft opt-in and
	// newcomers.
	CustomerLifecycles []string `json:"customer_lifecycles" jsonschema:"maxItems=20"`
	TimeZone           ZoneRule `json:"time_zone"`
	// Hours are when messages may arrive. The first that speaks of class, topic, channel and country decides; without one,
	// any time is right.
	Hours []HoursRule `json:"hours" jsonschema:"maxItems=100"`
	// Caps all hold: a marketing message waits until none of those that speak of it is reached.
	Caps []Cap `json:"caps" jsonschema:"maxItems=100"`
	// Departments have priorities, by name; the higher wins. Those left out have 0.
	Departments map[string]int `json:"department_priorities"`
	Collisions  Collisions     `json:"collisions"`
	Newcomers   []Newcomer     `json:"newcomers" jsonschema:"maxItems=50"`
	// LongestShiftHours is how long a message that says nothing about it waits for its turn, from when it was first
	// brought to the gate.
	LongestShiftHours int      `json:"longest_shift_hours" jsonschema:"minimum=1,maximum=8760"`
	Tracking          Tracking `json:"tracking"`
}

// LegalBasis is what makes a purpose lawful in some countries.
type LegalBasis struct {
	Purpose   string   `json:"purpose,omitempty" jsonschema_description:"empty: every purpose"`
	Countries []string `json:"countries,omitempty" jsonschema:"maxItems=260" jsonschema_description:"ISO 3166-1 alpha-2; empty: every country"`
	Basis     Basis    `json:"basis" jsonschema:"enum=consent,enum=soft-opt-in,enum=legitimate-interest,enum=none"`
}

// Basis is a sort of legal basis.
type Basis string

// The bases. Whichever it is, what a person withdrew is not sent.
const (
	Consent            Basis = "consent"             // the person agreed to the purpose
	SoftOptIn          Basis = "soft-opt-in"         // the person is a customer, or agreed
	LegitimateInterest Basis = "legitimate-interest" // the person did not object
	NoBasis            Basis = "none"                // there is none: it is never sent
)

// ZoneRule says which time zone counts where a contact names none.
type ZoneRule struct {
	// GuessFromCountry takes the country's zone; of several, the one that most of its people live in.
	GuessFromCountry bool `json:"guess_from_country"`
	// Default counts where nothing else is known. Empty: such people are not written to where hours matter.
	Default string `json:"default,omitempty" jsonschema_description:"IANA name"`
}

// HoursRule opens some hours of the week to messages, in the person's time zone.
type HoursRule struct {
	Class     string             `json:"class" jsonschema:"enum=marketing,enum=transactional"`
	Topics    []string           `json:"topics,omitempty" jsonschema:"maxItems=100" jsonschema_description:"empty: every topic"`
	Channels  []provider.Channel `json:"channels,omitempty" jsonschema:"maxItems=3" jsonschema_description:"empty: every channel"`
	Countries []string           `json:"countries,omitempty" jsonschema:"maxItems=260" jsonschema_description:"ISO 3166-1 alpha-2; empty: every country"`
	// Open maps a day ("monday") to its spans ("09:00-12:30"). Days left out are quiet.
	Open map[string][]string `json:"open"`
	// QuietOnHolidays closes the public holidays of the person's country as well.
	QuietOnHolidays bool `json:"quiet_on_holidays"`
}

// Units of a Cap.
const (
	PerDay   = "day"   // calendar day where the person lives
	PerWeek  = "week"  // any seven days of 24 hours
	PerHours = "hours" // any stretch of that many hours
)

// Cap bounds how many marketing messages reach one person. It counts those that match all that it names.
type Cap struct {
	Channel    provider.Channel `json:"channel,omitempty" jsonschema:"enum=email,enum=sms,enum=webhook"`
	Department string           `json:"department,omitempty"`
	Topic      string           `json:"topic,omitempty"`
	Template   string           `json:"template,omitempty"`
	Per        string           `json:"per" jsonschema:"enum=day,enum=week,enum=hours"`
	Hours      int              `json:"hours,omitempty" jsonschema:"minimum=1,maximum=8760" jsonschema_description:"with per hours: how many"`
	Max        int              `json:"max" jsonschema:"minimum=1,maximum=1000"`
}

// Overflows of a collision.
const (
	OverflowShift  = "shift"
	OverflowRefuse = "refuse"
)

// Collisions settles who speaks when several departments want one person on the same day.
type Collisions struct {
	// WindowMinutes is how long a marketing message is held when it first comes to the gate, so that the others who want
	// the person today are known when it is decided.
	WindowMinutes int `json:"window_minutes" jsonschema:"minimum=0,maximum=1440"`
	// MaxPerDay is how many marketing messages reach one person in a calendar day, of all departments and channels; 0 for
	// no limit, and then nothing is held.
	MaxPerDay int `json:"max_per_day" jsonschema:"minimum=0,maximum=100"`
	// Overflow says what becomes of the others: shift to another day, or refuse.
	Overflow string `json:"overflow" jsonschema:"enum=shift,enum=refuse"`
	// PatienceHours lets a message that has waited so long go before those of any priority, the oldest first, so that a
	// busy department cannot keep another silent for ever. 0: it never does, and what waits in vain is refused in the end.
	PatienceHours int `json:"patience_hours,omitempty" jsonschema:"minimum=0,maximum=8760"`
}

// Newcomer keeps topics from somebody who has become a customer only recently.
type Newcomer struct {
	Topics []string `json:"topics,omitempty" jsonschema:"maxItems=100" jsonschema_description:"empty: every topic"`
	Days   int      `json:"days" jsonschema:"minimum=1,maximum=3650"`
	// Then says what becomes of the message: refuse, or shift to the end of the days.
	Then string `json:"then" jsonschema:"enum=shift,enum=refuse"`
}

// Modes of Tracking.
const (
	TrackAlways      = "always"
	TrackWithConsent = "with-consent"
	TrackNever       = "never"
)

// Tracking says whether opens and clicks may be recorded.
type Tracking struct {
	Mode    string `json:"mode" jsonschema:"enum=always,enum=with-consent,enum=never"`
	Purpose string `json:"purpose,omitempty" jsonschema_description:"with-consent: the purpose that the person agreed to"`
}

// Kind is the definition that holds the policy, and PolicyName the one that the gate goes by.
var Kind = definitions.NewKind("contact-policy", "What may be sent to whom, and when.", checkPolicy,
	map[string]Policy{PolicyName: Standard()})

// PolicyName is the name of the policy that counts.
const PolicyName = "default"

// Standard is the policy that counts until somebody writes one: strict where laws differ.
func Standard() Policy {
	workdays := func(span, saturday string) map[string][]string {
		return map[string][]string{
			"monday": {span}, "tuesday": {span}, "wednesday": {span}, "thursday": {span}, "friday": {span}, "saturday": {saturday},
		}
	}
	return Policy{
		LegalBases:         []LegalBasis{{Basis: Consent}},
		CustomerLifecycles: []string{"customer"},
		TimeZone:           ZoneRule{GuessFromCountry: true, Default: "UTC"},
		Hours: []HoursRule{
			{Class: Marketing, Channels: []provider.Channel{provider.SMS}, Open: workdays("09:00-20:00", "10:00-18:00"), QuietOnHolidays: true},
			{Class: Marketing, Open: workdays("08:00-20:00", "09:00-18:00"), QuietOnHolidays: true},
			// What is owed knows no hours, but nobody is reminded of a debt at night.
			{
				Class: Transactional, Topics: []string{Collections}, Channels: []provider.Channel{provider.SMS, provider.Email},
				Open: workdays("08:00-21:00", "08:00-21:00"), QuietOnHolidays: true,
			},
		},
		Caps: []Cap{
			{Channel: provider.Email, Per: PerWeek, Max: 3},
			{Channel: provider.SMS, Per: PerWeek, Max: 2},
			{Template: "survey-invitation", Per: PerHours, Hours: 30 * 24, Max: 1},
		},
		Departments:       map[string]int{"customer-service": 40, "sales": 30, "product": 20, "marketing": 10},
		Collisions:        Collisions{WindowMinutes: 15, MaxPerDay: 1, Overflow: OverflowShift},
		Newcomers:         []Newcomer{{Topics: []string{"offers"}, Days: 14, Then: OverflowRefuse}},
		LongestShiftHours: 7 * 24,
		Tracking:          Tracking{Mode: TrackWithConsent, Purpose: "tracking"},
	}
}

// customer reports whether a lifecycle is that of a customer.
func (p Policy) customer(lifecycle string) bool {
	for _, l := range p.CustomerLifecycles {
		if l == lifecycle {
			return true
		}
	}
	return false
}

// longestWindow is how far back what left may still matter.
func (p Policy) longestWindow() time.Duration {
	longest := 50 * time.Hour // a local day, the longest there is, seen from anywhere
	for _, c := range p.Caps {
		longest = max(longest, c.window())
	}
	return longest
}

// window is the stretch that a rolling cap looks at; zero for calendar days.
func (c Cap) window() time.Duration {
	switch c.Per {
	case PerWeek:
		return 7 * 24 * time.Hour
	case PerHours:
		return time.Duration(c.Hours) * time.Hour
	default:
		return 0
	}
}
