package receivables

import (
	"time"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// Policy says when an invoice counts as overdue.
type Policy struct {
	// GraceDays pass after the due day; 0 for none. Transfers are on their way on the due day.
	GraceDays int `json:"grace_days" jsonschema:"minimum=0,maximum=60"`
}

// PolicyName is the name of the one policy that counts.
const PolicyName = "default"

// Policies is the kind of definition that holds the policy.
var Policies = definitions.NewKind("billing-policy", "How long after its due day an invoice counts as overdue.",
	checkPolicy, map[string]Policy{PolicyName: {GraceDays: 2}})

func checkPolicy(p Policy) []definitions.Problem {
	if p.GraceDays < 0 || p.GraceDays > 60 {
		return []definitions.Problem{{Field: "grace_days", Message: "must be from 0 to 60"}}
	}
	return nil
}

// overdueAt is the first instant after the due day and the grace, in a zone. due is a day, at midnight UTC.
func (p Policy) overdueAt(due time.Time, zone *time.Location) time.Time {
	last := time.Date(due.Year(), due.Month(), due.Day()+p.GraceDays, 12, 0, 0, 0, zone) // noon: it is there on every day
	return calendar.NextLocal(last, zone, calendar.At(0, 0)).UTC()
}
