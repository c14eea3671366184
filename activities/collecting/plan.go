package collecting

import (
	"slices"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
)

// Plan says how a debt is collected: from whom, and by which steps.
type Plan struct {
	// Match says whose debts the plan is for; without anything in it, for all.
	Match Match `json:"match,omitzero"`
	// Priority decides among plans that suit: the highest wins.
	Priority int    `json:"priority"`
	Steps    []Step `json:"steps" jsonschema:"minItems=1,maxItems=30"`
	// Team gets the calls, disputes and hand-overs; Finance refunds and claims in a bankruptcy.
	Team    string `json:"team" jsonschema:"minLength=1,maxLength=100"`
	Finance string `json:"finance" jsonschema:"minLength=1,maxLength=100"`
	// GraceDays is how many days after the promised one the money may still come in.
	GraceDays int `json:"grace_days" jsonschema:"minimum=0,maximum=60"`
	// PromiseWithin is how far ahead a customer may promise on the payment page.
	PromiseWithin definitions.Span `json:"promise_within"`
	// OnBroken is what follows a broken promise at once; nothing, and the plan goes on.
	OnBroken string   `json:"on_broken,omitempty" jsonschema:"enum=message,enum=call,enum="`
	WriteOff WriteOff `json:"write_off,omitzero"`
}

// Match bounds whose debts a plan is for. All that it names has to fit.
type Match struct {
	// Segments are values of the contact's lifecycle, such as customer; empty: everybody.
	Segments []string `json:"segments,omitempty" jsonschema:"maxItems=50"`
	// Currency is that of the amounts; empty: every currency.
	Currency string `json:"currency,omitempty" jsonschema_description:"ISO 4217; empty: every currency"`
	// FromMinor and ToMinor bound what is due, in the currency's smallest unit, both included; ToMinor 0: no bound.
	FromMinor int64 `json:"from_minor,omitempty" jsonschema:"minimum=0"`
	ToMinor   int64 `json:"to_minor,omitempty" jsonschema:"minimum=0"`
}

// suits reports whether a plan with this match is for a customer of a segment who owes so much.
func (m Match) suits(segment string, due money.Amount) bool {
	return (len(m.Segments) == 0 || slices.Contains(m.Segments, segment)) && (m.Currency == "" || m.Currency == due.Currency) &&
		within(due.Minor, m.FromMinor, m.ToMinor)
}

func within(minor, from, to int64) bool { return minor >= from && (to == 0 || minor <= to) }

// Channels of a step.
const (
	Email  = "email"
	SMS    = "sms"
	Call   = "call"   // a task for somebody of the team
	Notice = "notice" // the last word, by e-mail
)

// Tones of a step, the softest first.
const (
	Friendly = "friendly"
	Firm     = "firm"
	Final    = "final"
)

var tones = []string{Friendly, Firm, Final}

// Conditions of a step. Opened means that the customer opened the payment page, or opened or clicked a message.
const (
	Always     = "always"
	NotOpened  = "not-opened"
	OpenedOnly = "opened"
)

// What a step makes of customers who broke a promise.
const (
	BrokenToo   = "too" // the same as of others
	BrokenOnly  = "only"
	BrokenNever = "never"
)

// Step is one thing that is done to collect a debt.
type Step struct {
	Channel string `json:"channel" jsonschema:"enum=email,enum=sms,enum=call,enum=notice"`
	// Tone chooses the template dunning-friendly, dunning-firm or dunning-final. Each broken promise makes it one firmer.
	Tone string `json:"tone,omitempty" jsonschema:"enum=friendly,enum=firm,enum=final,enum="`
	// Template speaks instead, in whatever tone.
	Template string `json:"template,omitempty" jsonschema:"maxLength=100"`
	// Wait is the time since the step before that was taken, or since the beginning.
	Wait definitions.Span `json:"wait"`
	// When says whom the step is for.
	When string `json:"when" jsonschema:"enum=always,enum=not-opened,enum=opened"`
	// Broken says whether it is for customers who broke a promise; too when left out.
	Broken string `json:"broken_promise,omitempty" jsonschema:"enum=too,enum=only,enum=never,enum="`
}

// WriteOff says what is proposed to be written off when the steps have brought nothing. Whatever is not proposed is handed
// over to an agency.
type WriteOff struct {
	// Wait is the time since the last step that was taken.
	Wait definitions.Span `json:"wait"`
	// FromMinor and ToMinor bound what is proposed, both included; ToMinor 0: no bound. Never is for plans that propose nothing.
	FromMinor int64 `json:"from_minor,omitempty" jsonschema:"minimum=0"`
	ToMinor   int64 `json:"to_minor,omitempty" jsonschema:"minimum=0"`
	Never     bool  `json:"never,omitempty"`
}

// via is the channel of the step's message; empty for a task.
func (s Step) via() provider.Channel {
	switch s.Channel {
	case Email, Notice:
		return provider.Email
	case SMS:
		return provider.SMS
	}
	return ""
}

// template is what the step says to somebody who broke so many promises.
func (s Step) template(broken int) string {
	if s.Template != "" {
		return s.Template
	}
	tone := s.Tone
	if s.Channel == Notice {
		tone = Final
	}
	at := max(0, slices.Index(tones, tone))
	return "dunning-" + tones[min(at+broken, len(tones)-1)]
}

// PlanStandard is the name of the plan that is there before anybody writes one.
const PlanStandard = "standard"

// Plans are the dunning plans. A run stays with the version that it began with.
var Plans = definitions.NewKind("dunning-plan", "How debts are collected: by which steps, in which tone, and what is written off in the end.",
	checkPlan, map[string]Plan{PlanStandard: {
		Steps: []Step{
			{Channel: Email, Tone: Friendly, When: Always},
			{Channel: SMS, Tone: Firm, Wait: "3d", When: NotOpened},
			{Channel: Call, Wait: "4d", When: Always},
			{Channel: Notice, Tone: Final, Wait: "5d", When: Always},
		},
		Team: "collections", Finance: "finance", GraceDays: 2, PromiseWithin: "30d", OnBroken: "message",
		WriteOff: WriteOff{Wait: "7d"},
	}})
