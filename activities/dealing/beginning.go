package dealing

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process"
)

// begin fills in what was not given.
func begin(ctx context.Context, tx pgx.Tx, now time.Time, o Opening) (query.AddDealParams, deals.Pipeline, error) {
	var row query.AddDealParams
	rules, version, err := deals.Kind.Current(ctx, tx, o.Pipeline)
	if errors.Is(err, definitions.ErrUnknown) {
		err = wrong("pipeline", "there is no such pipeline")
	}
	if err != nil {
		return row, rules, err
	}
	row = query.AddDealParams{
		ID: uuid.Must(uuid.NewV7()), Key: process.Key(ctx), Name: o.Name, LeadID: db.NullID(o.LeadID), OwnerID: db.NullID(o.OwnerID), Pipeline: o.Pipeline,
		PipelineVersion: int32(version), Stage: rules.First().Name, Now: now,
	}
	if err := parties(ctx, tx, o, &row); err != nil {
		return row, rules, err
	}
	fields := terms(o, rules, &row)
	if problem := o.Attributes.Check(); problem != "" {
		fields = append(fields, deals.Unmet{Field: "attributes", Message: problem})
	}
	if len(fields) > 0 {
		return row, rules, &WrongOpening{fields}
	}
	row.Attributes, err = json.Marshal(deals.Attributes{}.With(o.Attributes))
	return row, rules, err
}

// parties finds whose deal it is, and with whom.
func parties(ctx context.Context, tx pgx.Tx, o Opening, row *query.AddDealParams) error {
	q, contactID := query.New(), o.ContactID
	if o.LeadID != uuid.Nil {
		lead, err := q.LockLead(ctx, tx, o.LeadID)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return wrong("lead", "there is no such lead")
		case err != nil:
			return fmt.Errorf("read the lead: %w", err)
		case !lead.ContactID.Valid:
			return wrong("lead", "is not captured yet: it has no contact")
		case contactID != uuid.Nil && contactID != lead.ContactID.UUID:
			return wrong("contact", "is not that of the lead")
		}
		contactID = lead.ContactID.UUID
		if !row.OwnerID.Valid {
			row.OwnerID = lead.AssigneeID
		}
	}
	if contactID == uuid.Nil {
		return wrong("contact", "name the contact or the lead")
	}
	contact, err := q.GetContact(ctx, tx, contactID)
	if errors.Is(err, pgx.ErrNoRows) {
		return wrong("contact", "there is no such contact")
	}
	if err != nil {
		return fmt.Errorf("read the contact: %w", err)
	}
	row.ContactID = contact.ID
	if !row.OwnerID.Valid {
		row.OwnerID = contact.OwnerID
	}
	if row.Name == "" {
		person := strings.TrimSpace(db.Text(contact.FirstName) + " " + db.Text(contact.LastName))
		row.Name = cmp.Or(db.Text(contact.Company), person, "A deal")
	}
	return isActive(ctx, tx, o, row)
}

// isActive lets deals belong to active users only; what comes of a lead whose owner has left belongs to nobody yet.
func isActive(ctx context.Context, tx pgx.Tx, o Opening, row *query.AddDealParams) error {
	if !row.OwnerID.Valid {
		return nil
	}
	active, err := query.New().ListActiveUsers(ctx, tx, []uuid.UUID{row.OwnerID.UUID})
	switch {
	case err != nil:
		return fmt.Errorf("read the owner: %w", err)
	case len(active) == 0 && o.OwnerID != uuid.Nil:
		return wrong("owner", "is not an active user")
	case len(active) == 0:
		row.OwnerID = uuid.NullUUID{}
	}
	return nil
}

// terms are those given, else those of the pipeline. It returns what is wrong with them.
func terms(o Opening, rules deals.Pipeline, row *query.AddDealParams) (fields []deals.Unmet) {
	amount := rules.Entry.Amount
	if o.Amount != nil {
		amount = *o.Amount
	}
	if !deals.Currency(amount.Currency) {
		return []deals.Unmet{{Field: "amount", Message: "has to be given, with its currency: the pipeline has none to begin with"}}
	}
	list := amount
	if o.List != nil {
		list = *o.List
	}
	fields = append(amountProblems("amount", amount, amount.Currency), amountProblems("list_amount", list, amount.Currency)...)
	row.AmountMinor, row.ListMinor, row.Currency = amount.Minor, list.Minor, amount.Currency
	switch {
	case o.CloseOn != "":
		day, ok := date(o.CloseOn)
		if !ok {
			fields = append(fields, notADay)
		}
		row.CloseOn = day
	case rules.Entry.CloseInDays > 0:
		row.CloseOn = pgtype.Date{Time: row.Now.UTC().AddDate(0, 0, rules.Entry.CloseInDays), Valid: true}
	}
	return fields
}
