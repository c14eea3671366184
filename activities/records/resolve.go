package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Resolve implements the contract Resolve.
func (r *Records) Resolve(ctx context.Context, arg Lead) (Resolution, error) {
	var out Resolution
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		reviews, err := d.reviews(lead)
		if err != nil {
			return err
		}
		var done bool
		if out, done, err = d.resolved(lead, reviews); done || err != nil {
			return err
		}
		out, err = d.resolveOne(lead, reviews, false)
		return err
	})
	return out, err
}

// resolveOne resolves a stored lead. Its contact is the one that a person chose in a review; contacts that a person told
// apart from it are left aside.
func (d *desk) resolveOne(lead query.Lead, reviews []query.MergeReview, askNobody bool) (Resolution, error) {
	sub, err := readSubmission(lead.Submission)
	if err != nil {
		return Resolution{}, err
	}
	policy, err := readPolicy(d.ctx, d.tx)
	if err != nil {
		return Resolution{}, err
	}
	a := newApplicant(lead.ID, sub, inspect(sub, policy), lead.SubmittedAt)
	a.sub.Channel, a.sub.Source = lead.Channel, lead.Source
	a.apart = map[uuid.UUID]bool{}
	for _, review := range reviews {
		switch review.State {
		case Separate:
			a.apart[review.ContactID] = true
		case Merge:
			a.target = review.ContactID
		}
	}
	a.askNobody = askNobody
	err = d.resolve([]*applicant{a}, d.putToReview)
	a.res.Bulk = lead.ImportID.Valid
	return a.res, err
}

func (d *desk) reviews(lead query.Lead) ([]query.MergeReview, error) {
	reviews, err := d.q.ListMergeReviews(d.ctx, d.tx, lead.ID)
	if err != nil {
		return nil, fmt.Errorf("read the merge reviews: %w", err)
	}
	return reviews, nil
}

// resolved is the resolution of a lead that has one already.
func (d *desk) resolved(lead query.Lead, reviews []query.MergeReview) (Resolution, bool, error) {
	if !lead.ContactID.Valid {
		for _, review := range reviews {
			if review.State == "open" {
				return Resolution{Verdict: InReview, ContactID: review.ContactID, ReviewID: review.ID, Bulk: lead.ImportID.Valid}, true, nil
			}
		}
		return Resolution{}, false, nil
	}
	out := Resolution{Verdict: Known, ContactID: lead.ContactID.UUID, DuplicateOf: lead.DuplicateOf.UUID, Bulk: lead.ImportID.Valid}
	if lead.DuplicateOf.Valid {
		out.Verdict = Repeated
		return out, true, nil
	}
	noted, err := d.q.GetInteraction(d.ctx, d.tx, derived(lead.ID, "submitted"))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return out, true, fmt.Errorf("read how the lead was resolved: %w", err)
	}
	var data struct {
		Resolution string `json:"resolution"`
	}
	if err == nil && json.Unmarshal(noted.Data, &data) == nil && data.Resolution == Created {
		out.Verdict = Created
	}
	return out, true, nil
}

// resolve finds or creates the contact of each applicant. Applicants of one call meet each other as if one had come
// after the other. similar is told of those that resemble somebody.
func (d *desk) resolve(applicants []*applicant, similar func(a *applicant, contact uuid.UUID, like match.Verdict)) error {
	known, err := d.look(applicants)
	if err != nil {
		return err
	}
	for _, a := range applicants {
		verdict, contact, like := a.recognise(known)
		switch verdict {
		case InReview:
			similar(a, contact, like)
			continue
		case Created:
			contact = newID()
			known.own[contact] = true
			known.profiles[contact] = a.profile
			d.out.contacts = append(d.out.contacts, a.row(contact, d.now))
			d.record("contact.create", "contact", contact, "", "email", "phone", "first_name", "last_name", "company")
		default:
			d.out.fills = append(d.out.fills, a.row(contact, d.now))
			d.record("contact.complete", "contact", contact, "a further lead of the same person")
		}
		d.join(a, known, verdict, contact)
	}
	d.joinFills()
	return nil
}

// join writes down that the lead is the contact's.
func (d *desk) join(a *applicant, known *acquaintances, verdict string, contact uuid.UUID) {
	a.res = Resolution{Verdict: verdict, ContactID: contact}
	status := "received"
	if first, working := known.live[contact]; working && first != a.lead {
		a.res.Verdict, a.res.DuplicateOf, status = Repeated, first, "merged"
	} else {
		known.live[contact] = a.lead
	}
	known.meet(a, contact)
	for _, identity := range a.identities() {
		if known.byIdentity[identity] == contact {
			d.out.identities.add(identity.Kind, identity.Value, contact)
		}
	}
	for _, key := range a.keys {
		d.out.keys.add(key.Kind, key.Value, contact)
	}
	for purpose, granted := range a.sub.Consent {
		d.out.consents.add(contact, purpose, granted, or(a.sub.Source, a.sub.Channel), a.submittedAt)
	}
	d.out.resolved = append(d.out.resolved, resolvedRow{ID: a.lead, Status: status, ContactID: db.NullID(contact), DuplicateOf: db.NullID(a.res.DuplicateOf), ResolvedBy: d.run()})
	data := map[string]any{"source": a.sub.Source, "resolution": a.res.Verdict}
	if a.sub.Campaign != "" {
		data["campaign"] = a.sub.Campaign
	}
	d.out.interactions = append(d.out.interactions, interactionRow{
		ID: derived(a.lead, "submitted"), ContactID: contact, LeadID: db.NullID(a.lead), Kind: "lead.submitted",
		Channel: db.NullText(a.sub.Channel), Data: data, At: a.submittedAt,
	})
	d.record("lead.resolve", "lead", a.lead, a.res.Verdict, "contact_id", "status")
}

// joinFills puts what several leads tell about one contact into one row: an update takes one row for each contact. What
// came first stays.
func (d *desk) joinFills() {
	at := map[uuid.UUID]int{}
	var out []contactRow
	for _, row := range d.out.fills {
		if i, twice := at[row.ID]; twice {
			out[i] = out[i].filledBy(row)
			continue
		}
		at[row.ID] = len(out)
		out = append(out, row)
	}
	d.out.fills = out
}

// filledBy completes a row with what another knows.
func (c contactRow) filledBy(other contactRow) contactRow {
	fill := func(to **string, from *string) {
		if *to == nil {
			*to = from
		}
	}
	fill(&c.Email, other.Email)
	fill(&c.Phone, other.Phone)
	fill(&c.FirstName, other.FirstName)
	fill(&c.LastName, other.LastName)
	fill(&c.Company, other.Company)
	fill(&c.Street, other.Street)
	fill(&c.City, other.City)
	fill(&c.Postcode, other.Postcode)
	fill(&c.Region, other.Region)
	fill(&c.Country, other.Country)
	fill(&c.TimeZone, other.TimeZone)
	fill(&c.Language, other.Language)
	merged := make(map[string]string, len(c.Attributes)+len(other.Attributes))
	for _, attributes := range []map[string]string{other.Attributes, c.Attributes} {
		for name, value := range attributes {
			merged[name] = value
		}
	}
	c.Attributes = merged
	return c
}

// putToReview leaves the decision to a person.
func (d *desk) putToReview(a *applicant, contact uuid.UUID, like match.Verdict) {
	review := reviewRow{ID: newID(), LeadID: a.lead, ContactID: contact, Score: like.Score, Reasons: []reviewReason{}, CreatedAt: d.now}
	for _, f := range like.Reasons {
		review.Reasons = append(review.Reasons, reviewReason(f))
	}
	a.res = Resolution{Verdict: InReview, ContactID: contact, ReviewID: review.ID}
	d.out.reviews = append(d.out.reviews, review)
	d.out.resolved = append(d.out.resolved, resolvedRow{ID: a.lead, Status: "in_review", ResolvedBy: d.run()})
	d.record("lead.compare", "lead", a.lead, "resembles a contact", "status")
}

// Settle implements the contract Settle.
func (r *Records) Settle(ctx context.Context, s Settlement) (Resolution, error) {
	return r.settle(ctx, s.LeadID, func(open query.MergeReview) (string, string, bool) {
		return s.Decision, "person", open.ID == s.ReviewID
	}, false)
}

// KeepApart implements the contract KeepApart.
func (r *Records) KeepApart(ctx context.Context, arg Lead) (Resolution, error) {
	return r.settle(ctx, arg.LeadID, func(query.MergeReview) (string, string, bool) { return Separate, "deadline", true }, true)
}

// settle closes the open review as decide says and resolves the lead again. A review that was closed where it was decided
// keeps that decision.
func (r *Records) settle(ctx context.Context, leadID uuid.UUID, decide func(query.MergeReview) (decision, by string, ok bool), askNobody bool) (Resolution, error) {
	var out Resolution
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(leadID)
		if err != nil {
			return err
		}
		reviews, err := d.reviews(lead)
		if err != nil {
			return err
		}
		for i, review := range reviews {
			decision, by, ok := decide(review)
			if review.State != "open" || !ok {
				continue
			}
			if _, err := d.q.CloseMergeReview(ctx, d.tx, query.CloseMergeReviewParams{ID: review.ID, State: decision, DecidedBy: &by, Now: &d.now}); err != nil {
				return fmt.Errorf("close the merge review: %w", err)
			}
			reviews[i].State = decision
			d.record("merge-review.close", "merge-review", review.ID, decision, "state")
		}
		if err := tasks.Cancel(ctx, d.tx, d.now, leadID, tasks.MergeReview); err != nil {
			return err
		}
		var done bool
		if out, done, err = d.resolved(lead, reviews); done || err != nil {
			return err
		}
		out, err = d.resolveOne(lead, reviews, askNobody)
		return err
	})
	return out, err
}
