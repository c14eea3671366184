package records

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// notReady are the reasons of sales that ask for nurturing at once; leads handed back for others are recycled.
var notReady = []string{"not-ready", "not-now", "too-early", "later", "no-time"}

// NotReady reports whether a lead that sales recycled for this reason is nurtured without a cooling period.
func NotReady(reason string) bool { return slices.Contains(notReady, reason) }

// marketingPurposes are the consents that nurturing lives by.
var marketingPurposes = []string{"email_marketing", "sms_marketing"}

// nurtureIfCold tells that a captured lead should be nurtured: it is cold, and the person agreed to hear from us.
func (d *desk) nurtureIfCold(lead query.Lead) error {
	if scoring.Tier(db.Text(lead.Tier)) != scoring.Cold || !lead.ContactID.Valid {
		return nil
	}
	consents, err := d.q.LatestConsents(d.ctx, d.tx, []uuid.UUID{lead.ContactID.UUID})
	if err != nil {
		return fmt.Errorf("read the consents: %w", err)
	}
	if !slices.ContainsFunc(consents, func(c query.LatestConsentsRow) bool {
		return c.Granted && slices.Contains(marketingPurposes, c.Purpose)
	}) {
		return nil
	}
	return d.nurture(lead, lead.ID)
}

// nurture tells that a lead should be nurtured, once for what it was caused by.
func (d *desk) nurture(lead query.Lead, cause uuid.UUID) error {
	return emit(d, "lead.nurture-due/"+cause.String(), lead.ContactID.UUID, events.NurtureDue,
		events.Contact{ContactID: lead.ContactID.UUID, LeadID: lead.ID})
}
