package access

import "slices"

// Action is what a caller wants to do. Its name is also the scope that a key needs for it.
type Action string

// The scopes, all of them. A key holds a list; Everything stands for all.
const (
	LeadsRead              Action = "leads:read"
	LeadsWrite             Action = "leads:write"
	ContactsRead           Action = "contacts:read"
	ContactsWrite          Action = "contacts:write"
	ConsentsRead           Action = "consents:read"
	ConsentsWrite          Action = "consents:write" // also asks people to confirm a consent
	AudiencesRead          Action = "audiences:read" // hashes of addresses, for advertising platforms
	DefinitionsRead        Action = "definitions:read"
	DefinitionsWrite       Action = "definitions:write"
	ProcessesRead          Action = "processes:read"
	ProcessesWrite         Action = "processes:write" // start, signal, update, cancel
	EventsWrite            Action = "events:write"
	TasksRead              Action = "tasks:read"
	TasksWrite             Action = "tasks:write"
	AbsencesRead           Action = "absences:read"
	AbsencesWrite          Action = "absences:write" // whose work goes to a deputy, and when
	ApprovalsRead          Action = "approvals:read"
	ApprovalsDecide        Action = "approvals:decide" // in the name of the key's user
	CommissionsRead        Action = "commissions:read"
	CommissionsWrite       Action = "commissions:write" // tell of refunds, which claw commissions back
	LossesRead             Action = "losses:read"
	CollectionsRead        Action = "collections:read" // who owes, and what is next
	MessagesRead           Action = "messages:read"
	MessagesWrite          Action = "messages:write" // ask for messages to people; also tests, which pass the policy by
	TemplatesRead          Action = "templates:read"
	TemplatesWrite         Action = "templates:write"         // all but publishing transactional ones
	TemplatesTransactional Action = "templates:transactional" // publish templates for which no consent is asked
	ImportsRead            Action = "imports:read"
	ImportsWrite           Action = "imports:write"
	ReviewsRead            Action = "reviews:read"
	ReviewsWrite           Action = "reviews:write"
	SurveysRead            Action = "surveys:read"
	SurveysWrite           Action = "surveys:write" // invite people
	DealsRead              Action = "deals:read"    // also pipelines and the forecast
	DealsWrite             Action = "deals:write"   // open, move, amend, log, lose
	CoursesRead            Action = "courses:read"  // also who learns what
	CoursesWrite           Action = "courses:write" // enrol people, and move their enrolments
	CouponsRead            Action = "coupons:read"
	CouponsRedeem          Action = "coupons:redeem"
	AppointmentsRead       Action = "appointments:read"
	AppointmentsWrite      Action = "appointments:write" // book, move, cancel, say how it went; tell of busy times
	ContractsRead          Action = "contracts:read"
	ContractsWrite         Action = "contracts:write" // sign for our side, and take contracts back
	BillingRead            Action = "billing:read"    // invoices and accounts
	BillingWrite           Action = "billing:write"   // tell of invoices, payments and promises
	Admin                  Action = "admin"           // users, rules, calendars, settings, keys
	CodecDecode            Action = "codec:decode"    // read encrypted payloads in the Temporal UI
	Everything             Action = "*"
)

var scopes = []Action{
	LeadsRead, LeadsWrite, ContactsRead, ContactsWrite, ConsentsRead, ConsentsWrite, AudiencesRead, DefinitionsRead, DefinitionsWrite, ProcessesRead, ProcessesWrite, EventsWrite, TasksRead, TasksWrite,
	AbsencesRead, AbsencesWrite,
	MessagesRead, MessagesWrite, TemplatesRead, TemplatesWrite, TemplatesTransactional, ImportsRead, ImportsWrite, ReviewsRead, ReviewsWrite,
	ApprovalsRead, ApprovalsDecide, DealsRead, DealsWrite, ContractsRead, ContractsWrite, CommissionsRead, CommissionsWrite, LossesRead,
	CollectionsRead, AppointmentsRead, AppointmentsWrite,
	SurveysRead, SurveysWrite, CoursesRead, CoursesWrite, CouponsRead, CouponsRedeem, BillingRead, BillingWrite, Admin, CodecDecode, Everything,
}

// Scopes lists every scope a key may hold.
func Scopes() []Action { return slices.Clone(scopes) }
