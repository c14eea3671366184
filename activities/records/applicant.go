package records

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Kinds of contact_identities: canonical identifiers that belong to one contact.
const (
	byEmail = "email"
	byPhone = "phone"
)

// applicant is a lead on its way to a contact.
type applicant struct {
	lead        uuid.UUID
	sub         Submission
	submittedAt time.Time

	person       match.Person
	profile      *match.Profile
	keys         []match.Key
	email, phone string // canonical

	target    uuid.UUID               // the contact that a person chose
	apart     map[uuid.UUID]bool      // contacts that a person told apart from it
	askNobody bool                    // somebody similar counts as somebody else
	verdict   map[uuid.UUID]*likeness // by contact, as far as compared

	res Resolution
}

type likeness struct{ match.Verdict }

// newApplicant reads the submission of a lead. Values that cannot be read take no part.
func newApplicant(lead uuid.UUID, sub Submission, in inspection, submittedAt time.Time) *applicant {
	sub = sub.cleared(in)
	a := &applicant{lead: lead, sub: sub, submittedAt: submittedAt, person: sub.person(), email: in.email, phone: in.phone, verdict: map[uuid.UUID]*likeness{}}
	if in.phone != "" {
		a.person.Phone = in.phone
	}
	a.profile = match.NewProfile(a.person)
	a.keys = a.profile.Keys()
	return a
}

// identities are the canonical identifiers, the stronger first.
func (a *applicant) identities() []match.Key {
	var out []match.Key
	if a.email != "" {
		out = append(out, match.Key{Kind: byEmail, Value: a.email})
	}
	if a.phone != "" {
		out = append(out, match.Key{Kind: byPhone, Value: a.phone})
	}
	return out
}

// locked are the kinds of keys under whose lock a lead is resolved: two leads that share one wait for each other. Rarer
// likenesses than these may slip through when both come in the same instant; each then has a contact of its own.
var locked = []string{"email", "phone", "id", "nm", "co"}

func (a *applicant) lockKeys() []int64 {
	var out []int64
	for _, key := range a.keys {
		if slices.Contains(locked, key.Kind) {
			h := fnv.New64a()
			_, _ = h.Write([]byte("contact/" + key.Kind + "/" + key.Value))
			out = append(out, int64(h.Sum64()))
		}
	}
	return out
}

// row is the applicant as a contact.
func (a *applicant) row(id uuid.UUID, now time.Time) contactRow {
	p := a.person
	row := contactRow{
		ID: id, Email: db.NullText(a.sub.Email), Phone: db.NullText(a.phone), FirstName: db.NullText(p.GivenName), LastName: db.NullText(p.Surname),
		Company: db.NullText(p.Company), Street: db.NullText(p.Street), City: db.NullText(p.City), Postcode: db.NullText(p.Postcode), Region: db.NullText(p.State),
		Country: db.NullText(p.Country), TimeZone: db.NullText(a.sub.TimeZone), Language: db.NullText(a.sub.Language), Attributes: p.Attributes,
		CreatedAt: now, UpdatedAt: now,
	}
	if row.Email == nil && a.email != "" {
		row.Email = db.NullText(a.email)
	}
	return row
}

// personOf is a contact as records are compared.
func personOf(c query.Contact) match.Person {
	p := match.Person{
		Email: db.Text(c.Email), Phone: db.Text(c.Phone), GivenName: db.Text(c.FirstName), Surname: db.Text(c.LastName),
		Company: db.Text(c.Company), Street: db.Text(c.Street), City: db.Text(c.City), Postcode: db.Text(c.Postcode),
		State: db.Text(c.Region), Country: db.Text(c.Country),
	}
	// Attributes that are not plain texts say nothing when compared.
	var attributes map[string]any
	if json.Unmarshal(c.Attributes, &attributes) == nil {
		p.Attributes = Submission{Attributes: attributes}.plainAttributes()
	}
	return p
}
