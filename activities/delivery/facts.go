package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// Subjects are what a message to a person speaks of. A zero id means none.
type Subjects struct {
	MessageID, ContactID, LeadID, TaskID, CouponID, InvitationID, OptInID, ContractID, SigningCodeID, AppointmentID, EnrolmentID, LessonID uuid.UUID
	// AccountID is the contact whose account the message is about.
	AccountID uuid.UUID
	// ReaderID is the user of the house whose address Facts returns, for a test send.
	ReaderID uuid.UUID
}

// Facts are the values of one message's variables, and where a test send goes.
type Facts struct {
	templates.Values
	Language      string // of the person
	ReaderAddress string
	// CourseLanguage is that of the course that the message belongs to; empty for none.
	CourseLanguage string
}

// Facts reads the variables of a message by its ids. Absent things are missing. Errors: process.NotFound when there is no
// such contact.
func (c *Core) Facts(ctx context.Context, s Subjects) (Facts, error) {
	row, err := c.q.PersonFacts(ctx, c.pool, query.PersonFactsParams{
		ContactID: s.ContactID, LeadID: s.LeadID, TaskID: s.TaskID, CouponID: s.CouponID, ReaderID: s.ReaderID,
		ContractID: s.ContractID, AppointmentID: s.AppointmentID,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Facts{}, process.NotFound("contact", s.ContactID.String())
	}
	if err != nil {
		return Facts{}, fmt.Errorf("look up what a message speaks of: %w", err)
	}
	v := templates.Values{}
	for name, text := range map[string]string{
		"contact.first_name": row.FirstName, "contact.last_name": row.LastName, "contact.name": row.Name,
		"contact.company": row.Company, "contact.language": row.Language, "lead.source": row.LeadSource, "lead.message": row.LeadMessage,
		"owner.name": row.OwnerName, "owner.email": row.OwnerEmail, "coupon.code": row.CouponCode, "sender.name": c.sender,
		"survey.link": c.link(links.Survey, s.InvitationID), "opt_in.link": c.link(links.OptIn, s.OptInID),
		"contract.link": c.link(links.Contract, s.ContractID), "contract.title": row.ContractTitle, "signing.code": c.code(s.SigningCodeID),
		"account.link":     c.link(links.Account, s.AccountID),
		"preferences.link": c.link(links.Preferences, s.ContactID), "unsubscribe.link": c.link(links.Unsubscribe, s.MessageID),
	} {
		if text != "" {
			v[name] = text
		}
	}
	zone := zoneOf(row.TimeZone)
	if row.TaskDueAt != nil {
		v["task.due"] = row.TaskDueAt.In(zone)
	}
	if row.CouponExpiresAt != nil {
		v["coupon.expires"] = row.CouponExpiresAt.In(zone)
	}
	if row.ContractExpiresAt != nil {
		v["contract.until"] = row.ContractExpiresAt.In(zone)
	}
	if err := c.appointmentFacts(ctx, v, s.AppointmentID, row); err != nil {
		return Facts{}, err
	}
	switch {
	case row.CouponPercent > 0:
		v["coupon.value"] = templates.Percent(row.CouponPercent)
	case row.CouponAmount > 0:
		v["coupon.value"] = templates.Money{Minor: row.CouponAmount, Currency: row.CouponCurrency}
	}
	if err := c.accountFacts(ctx, s.AccountID, v); err != nil {
		return Facts{}, err
	}
	facts := Facts{Values: v, Language: row.Language, ReaderAddress: row.ReaderEmail}
	return facts, c.courseFacts(ctx, s, &facts)
}

// link is a signed link, empty when there is nothing to link to or nobody to sign.
func (c *Core) link(kind links.Kind, id uuid.UUID) string {
	if c.links == nil || id == uuid.Nil {
		return ""
	}
	return c.links.URL(kind, id)
}

// code is a one-time code, empty when there is none or nobody to work it out.
func (c *Core) code(id uuid.UUID) string {
	if c.links == nil || id == uuid.Nil {
		return ""
	}
	return c.links.Code(id)
}

// Unsubscribe and Preferences are the links of a message's footer; empty without a signer.
func (c *Core) Unsubscribe(message uuid.UUID) string { return c.link(links.Unsubscribe, message) }

// Preferences is where a person chooses topics.
func (c *Core) Preferences(contact uuid.UUID) string { return c.link(links.Preferences, contact) }

func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}
