package records

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/perdura/perdura/analytics/match"
)

// recognise says which contact the applicant is: Created for nobody known, Known with the contact, or InReview with the
// contact that a person must compare it with.
//
// An identifier decides by itself: an e-mail address, or else a telephone number, belongs to one contact. Unless it may
// be shared (telephones, mailboxes such as info@) and the names speak of two people: then a person decides. Without a
// common identifier the evidence of all fields counts, as package match weighs it.
func (a *applicant) recognise(known *acquaintances) (verdict string, contact uuid.UUID, like match.Verdict) {
	if a.target != uuid.Nil {
		return Known, a.target, like
	}
	var best uuid.UUID
	consider := func(id uuid.UUID) match.Verdict {
		v := a.compare(known, id)
		if v.Class != match.Different && (best == uuid.Nil || v.Score > like.Score) {
			best, like = id, v
		}
		return v
	}
	for _, identity := range a.identities() {
		owner, found := known.byIdentity[identity]
		if !found || a.apart[owner] || known.profiles[owner] == nil {
			continue
		}
		v := consider(owner)
		if personal(identity) || !contradicts(v) {
			return Known, owner, v
		}
	}
	for _, key := range a.keys {
		block := known.byKey[key]
		if len(block) >= match.BlockCap {
			continue
		}
		for _, id := range block {
			if !a.apart[id] && known.profiles[id] != nil {
				consider(id)
			}
		}
	}
	switch {
	case best == uuid.Nil || like.Class == match.Review && a.askNobody:
		return Created, uuid.Nil, like
	case like.Class == match.Same:
		return Known, best, like
	}
	return InReview, best, like
}

func (a *applicant) compare(known *acquaintances, id uuid.UUID) match.Verdict {
	v := a.verdict[id]
	if v == nil {
		v = &likeness{a.profile.Compare(known.profiles[id])}
		a.verdict[id] = v
	}
	return v.Verdict
}

// personal reports whether an identifier is one person's: a mailbox that does not name a function.
func personal(identity match.Key) bool {
	local, _, _ := strings.Cut(identity.Value, "@")
	return identity.Kind == byEmail && !match.RoleMailbox(local)
}

// contradicts reports whether the names speak of two people.
func contradicts(v match.Verdict) bool {
	if v.Class == match.Same {
		return false
	}
	given := slices.IndexFunc(v.Reasons, func(f match.Factor) bool { return f.Field == "given_name" })
	if given >= 0 {
		return v.Reasons[given].Weight < 0
	}
	return slices.ContainsFunc(v.Reasons, func(f match.Factor) bool {
		return (f.Field == "surname" || f.Field == "company") && f.Weight < 0
	})
}
