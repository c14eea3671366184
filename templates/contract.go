// Package templates turns a communication template and values into words: subject, text and HTML of a mail, or a text
// message. Templates are data with versions and languages; what they may speak of is a fixed list of typed variables,
// so that a wrong one is found when it is saved and not when it is sent.
package templates

import "github.com/perdura/perdura/activities/provider"

// Definition is what one version of a template says.
type Definition struct {
	// Languages by BCP 47 tag; Fallback is the one that everybody gets whose language is missing.
	Languages map[string]Words `json:"languages"`
	Fallback  string           `json:"fallback"`
}

// Words are a template in one language. Each text may use variables as {{contact.first_name}} and, with words for those
// who have none, {{contact.first_name | "there"}}.
type Words struct {
	// Email has a subject and a body in Markdown (CommonMark without raw HTML); nil when it is not for mail.
	Email *EmailWords `json:"email,omitempty"`
	// SMS is plain text; empty when it is not for text messages.
	SMS string `json:"sms,omitempty"`
}

// EmailWords are a mail. Preheader is the line that mailboxes show beside the subject.
type EmailWords struct {
	Subject   string `json:"subject"`
	Preheader string `json:"preheader,omitempty"`
	Body      string `json:"body"`
}

// Template is one version with what the policy gate goes by.
type Template struct {
	Name    string
	Version int
	Class   string // gate.Transactional or gate.Marketing
	Purpose string
	Topic   string
	Definition
}

// Values are the facts of one message by variable name ("contact.first_name"): string, time.Time, decimal amounts as
// Money, or int. A missing one is empty.
type Values map[string]any

// Rendered is a message in words.
type Rendered struct {
	Language string
	Subject  string
	Text     string
	HTML     string // mail only
	// Segments is how many parts a text message takes on the air (GSM 03.38 or UCS-2); 0 for mail.
	Segments int
}

// Channels lists the channels that the template has words for in its fallback language.
func (t Template) Channels() []provider.Channel {
	var channels []provider.Channel
	words := t.Languages[t.Fallback]
	if words.Email != nil {
		channels = append(channels, provider.Email)
	}
	if words.SMS != "" {
		channels = append(channels, provider.SMS)
	}
	return channels
}
