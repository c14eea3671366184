package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/intake"
)

// Amendment answers the data requests of a lead. Key names it for good: the same one twice changes nothing. By fills the
// actor of the audit records.
type Amendment struct {
	Key   string
	By    audit.Record
	Patch intake.Submission
}

// ErrNotAsked says that no data request of the lead is open.
var ErrNotAsked = errors.New("amend the lead: no data request of it is open: change its contact instead")

// ElsewhereCode is the code of a Declined whose identifiers are somebody else's.
const ElsewhereCode = "belongs-to-another"

// Declined says why an amendment was not taken, by field. Code is Malformed or ElsewhereCode.
type Declined struct {
	Code   string
	Fields []Problem
}

func (d *Declined) Error() string { return "amend the lead: " + d.Code }

// Amend takes an amendment of a lead that capture went on with while its data requests stood open, and for which no run
// waits any more: it changes the submission, closes the requests that are answered, and completes the contact, if there
// is one by now, as a further lead of the same person would. A captured lead is scored anew. The caller has locked lead
// (LockLead) in tx. Errors are ErrNotAsked, *Declined, or those of the database.
//
// What the amendment gives is judged at once, since nobody would ask again: malformed values are declined, and so is an
// e-mail address or telephone number that is another contact's, unless both may share it.
func Amend(ctx context.Context, tx pgx.Tx, now time.Time, lead query.Lead, am Amendment) error {
	d := &desk{ctx: ctx, tx: tx, q: query.New(), now: now.Truncate(time.Microsecond), actor: am.By}
	done := derived(lead.ID, "amended/"+am.Key)
	if _, err := d.q.GetInteraction(ctx, tx, done); !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	open, err := d.q.ListOpenDataRequests(ctx, tx, lead.ID)
	if err != nil {
		return fmt.Errorf("read the data requests: %w", err)
	}
	if len(open) == 0 {
		return ErrNotAsked
	}
	policy, err := readPolicy(ctx, tx)
	if err != nil {
		return err
	}
	var kept intake.Submission
	if err := json.Unmarshal(lead.Submission, &kept); err != nil {
		return fmt.Errorf("read the submission: it does not have the shape of a lead (%T)", err)
	}
	before, err := readSubmission(lead.Submission)
	if err != nil {
		return err
	}
	if lead.Submission, err = json.Marshal(kept.Amend(am.Patch)); err != nil {
		return fmt.Errorf("encode the submission: %w", err)
	}
	after, err := readSubmission(lead.Submission)
	if err != nil {
		return err
	}
	was, is := inspect(before, policy), inspect(after, policy)
	if worse := is.worseThan(was, am.Patch.Fields()); len(worse) > 0 {
		return &Declined{Code: Malformed, Fields: worse}
	}
	if err := d.q.SetSubmission(ctx, tx, query.SetSubmissionParams{ID: lead.ID, Submission: lead.Submission}); err != nil {
		return fmt.Errorf("write the submission: %w", err)
	}
	d.record("lead.amend", "lead", lead.ID, "a data request was answered", am.Patch.Fields()...)
	if err := d.keepRequests(lead, is); err != nil {
		return err
	}
	if lead.ContactID.Valid {
		after.Channel, after.Source = lead.Channel, lead.Source
		if err := d.complete(newApplicant(lead.ID, after, is, lead.SubmittedAt), lead, was, am.Patch); err != nil {
			return err
		}
		d.out.interactions = append(d.out.interactions, interactionRow{
			ID: done, ContactID: lead.ContactID.UUID, LeadID: db.NullID(lead.ID), Kind: "lead.amended",
			Data: map[string]any{"fields": am.Patch.Fields()}, At: d.now,
		})
	}
	if lead.Status == "captured" {
		if _, err := d.scoreStored(lead, derived(lead.ID, "amended-score/"+am.Key), nil); err != nil {
			return err
		}
	}
	return d.write()
}

// worseThan are the malformed fields that the patch gave, or that could be read before it.
func (i inspection) worseThan(was inspection, patched []string) []Problem {
	return slices.DeleteFunc(i.of(false), func(p Problem) bool {
		same := func(q Problem) bool { return q.Field == p.Field }
		return !slices.Contains(patched, p.Field) && slices.ContainsFunc(was.of(false), same)
	})
}

// complete fills what the lead's contact lacks. Identifiers that the submission had before were decided upon when it was
// resolved; new ones become the contact's.
func (d *desk) complete(a *applicant, lead query.Lead, was inspection, patch intake.Submission) error {
	contact := lead.ContactID.UUID
	reviews, err := d.reviews(lead)
	if err != nil {
		return err
	}
	a.target, a.apart = contact, map[uuid.UUID]bool{}
	for _, review := range reviews {
		if review.State == Separate {
			a.apart[review.ContactID] = true
		}
	}
	known, err := d.look([]*applicant{a})
	if err != nil {
		return err
	}
	var taken []Problem
	for _, identity := range a.identities() {
		owner, found := known.byIdentity[identity]
		switch {
		case !found:
			d.out.identities.add(identity.Kind, identity.Value, contact)
		case owner != contact && identity.Value != was.email && identity.Value != was.phone && a.is(known, owner, identity):
			taken = append(taken, Problem{Field: identity.Kind, Message: "belongs to contact " + owner.String() + ": submit a lead of that person instead"})
		}
	}
	if len(taken) > 0 {
		return &Declined{Code: ElsewhereCode, Fields: taken}
	}
	for _, key := range a.keys {
		d.out.keys.add(key.Kind, key.Value, contact)
	}
	for purpose, granted := range patch.Consent {
		d.out.consents.add(contact, purpose, granted, or(lead.Source, lead.Channel), d.now)
	}
	d.out.fills = append(d.out.fills, a.row(contact, d.now))
	d.record("contact.complete", "contact", contact, "a data request was answered", patch.Fields()...)
	return nil
}

// is reports whether sharing an identifier with a contact means being that contact.
func (a *applicant) is(known *acquaintances, contact uuid.UUID, shared match.Key) bool {
	if a.apart[contact] || known.profiles[contact] == nil {
		return false
	}
	return personal(shared) || !contradicts(a.compare(known, contact))
}
