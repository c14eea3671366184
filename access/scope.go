package access

import "slices"

// Action is what a caller wants to do. Its name is also the scope that a key needs for it.
type Action string

// The scopes, all of them. A key holds a list; Everything stands for all.
const (
	LeadsRead      Action = "leads:read"
	LeadsWrite     Action = "leads:write"
	ContactsRead   Action = "contacts:read"
	ContactsWrite  Action = "contacts:write"
	ProcessesRead  Action = "processes:read"
	ProcessesWrite Action = "processes:write" // start, signal, update, cancel
	EventsWrite    Action = "events:write"
	TasksRead      Action = "tasks:read"
	TasksWrite     Action = "tasks:write"
	MessagesRead   Action = "messages:read"
	ImportsRead    Action = "imports:read"
	ImportsWrite   Action = "imports:write"
	ReviewsRead    Action = "reviews:read"
	ReviewsWrite   Action = "reviews:write"
	Admin          Action = "admin"        // users, rules, calendars, settings, keys
	CodecDecode    Action = "codec:decode" // read encrypted payloads in the Temporal UI
	Everything     Action = "*"
)

var scopes = []Action{
	LeadsRead, LeadsWrite, ContactsRead, ContactsWrite, ProcessesRead, ProcessesWrite, EventsWrite, TasksRead, TasksWrite,
	MessagesRead, ImportsRead, ImportsWrite, ReviewsRead, ReviewsWrite, Admin, CodecDecode, Everything,
}

// Scopes lists every scope a key may hold.
func Scopes() []Action { return slices.Clone(scopes) }
