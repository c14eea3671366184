package arrivals

import (
	"fmt"
	"time"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// Policy says how customers are asked whether something arrived.
type Policy struct {
	// AskAt is the hour of the day of arrival, where the person lives, at which deliveries are done.
	AskAt string `json:"ask_at" jsonschema:"pattern=^[0-2][0-9]:[0-5][0-9]$"`
	// Channel is sms or email, or empty for the one that the person prefers.
	Channel string `json:"channel,omitempty" jsonschema:"enum=sms,enum=email,enum="`
	// RemindAfter the question without an answer comes one reminder; GiveUpAfter that, silence is taken as the answer.
	RemindAfter definitions.Span `json:"remind_after"`
	GiveUpAfter definitions.Span `json:"give_up_after"`
}

// PolicyName is the name of the one policy that counts.
const PolicyName = "default"

// Policies is the kind of definition that holds the policy.
var Policies = definitions.NewKind("arrival-policy", "When customers are asked whether a delivery arrived, and how often.",
	checkPolicy, map[string]Policy{PolicyName: {AskAt: "18:00", Channel: "sms", RemindAfter: "20h", GiveUpAfter: "2d"}})

func checkPolicy(p Policy) (problems []definitions.Problem) {
	if _, err := calendar.ParseClock(p.AskAt); err != nil {
		problems = append(problems, definitions.Problem{Field: "ask_at", Message: "must be a time of day such as 18:00"})
	}
	for _, f := range []struct {
		field string
		span  definitions.Span
	}{{"remind_after", p.RemindAfter}, {"give_up_after", p.GiveUpAfter}} {
		if length, err := f.span.Parse(); err != nil || length < time.Hour || length > 30*day {
			problems = append(problems, definitions.Problem{Field: f.field, Message: "must be a span from 1h to 30d"})
		}
	}
	return problems
}

// plan is the policy's for a delivery on a day, where the person lives.
func (p Policy) plan(on string, zone *time.Location) (Plan, error) {
	date, err := time.Parse(time.DateOnly, on)
	if err != nil {
		return Plan{}, fmt.Errorf("the day of arrival is not written as YYYY-MM-DD")
	}
	at, err := calendar.ParseClock(p.AskAt)
	if err != nil {
		return Plan{}, err
	}
	remind, err := p.RemindAfter.Parse()
	if err != nil {
		return Plan{}, err
	}
	giveUp, err := p.GiveUpAfter.Parse()
	if err != nil {
		return Plan{}, err
	}
	midnight := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, zone)
	return Plan{AskAt: calendar.NextLocal(midnight, zone, at).UTC(), Channel: p.Channel, RemindAfter: remind, GiveUpAfter: giveUp}, nil
}
