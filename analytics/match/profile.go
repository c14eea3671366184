package match

import "strings"

// Profile is a Person made ready for comparing: folded and parsed once, then
// compared with any number of others. It is immutable and safe for concurrent use.
type Profile struct {
	email      string // canonical; "" when unknown or not an address
	local      string
	domain     string
	role, free bool

	phone   phoneNumber
	given   name
	surname name
	company company
	address address
	facts   []attribute // ordered by name
}

// NewProfile folds p. Values that cannot be read (an address without "@", a number
// of impossible length) count as unknown.
func NewProfile(p Person) *Profile {
	profile := &Profile{
		phone:   readPhone(p.Phone, p.Country),
		company: readCompany(p.Company),
		address: readAddress(&p),
		facts:   readAttributes(p.Attributes),
	}
	profile.given, profile.surname = readNames(p.GivenName, p.Surname)
	if email, ok := CanonicalEmail(p.Email); ok {
		profile.email = email
		profile.local, profile.domain, _ = strings.Cut(email, "@")
		profile.role, profile.free = RoleMailbox(profile.local), FreeMailDomain(profile.domain)
	}
	return profile
}

// named reports whether the record names a human being.
func (p *Profile) named() bool {
	return p.given.whole != "" || p.surname.whole != ""
}

// business reports whether the record is a company's own, without a person.
func (p *Profile) business() bool {
	return p.company.whole != "" && !p.named()
}
