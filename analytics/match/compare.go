package match

import "strings"

// Compare answers whether two records describe the same person or company. Fields
// unknown on either side are neutral. It is symmetric.
func Compare(a, b Person) Verdict {
	return NewProfile(a).Compare(NewProfile(b))
}

// Compare is Compare for records already folded; use it when one record meets many.
//
// The weights of all fields and the prior add up to the score. Three rules then
// limit it, because fields of one household or office are not independent:
//
//   - Contact point: an equal mailbox or telephone number is at least a Review.
//   - Other person: an equal address, telephone or even birth date (twins) does not
//     outweigh another given name; nor does an equal name another date of birth or
//     personal identifier. Such pairs are at most a Review, unless a
//     personal identifier vouches for them.
//   - Household: a pair in which nothing belongs to one person alone (no given name,
//     birth date, identifier, mailbox or telephone in common) is at most a Review.
func (p *Profile) Compare(other *Profile) Verdict {
	c := comparison{a: p, b: other, bits: priorBits, factors: make([]Factor, 0, 16)}
	c.contactPoints()
	c.names()
	c.companies()
	c.addresses()
	c.attributes()
	c.applyRules()
	score := scoreOf(c.bits)
	return Verdict{Score: score, Class: classOf(score), Reasons: c.factors}
}

// comparison gathers the evidence about one pair.
type comparison struct {
	a, b    *Profile
	bits    float64
	factors []Factor

	contact      bool // an equal mailbox or telephone number, shared ones included
	ownMailbox   bool // an equal mailbox that is one person's
	otherMailbox bool // two mailboxes that are one person's each
	phone        bool
	vouched      bool // an equal personal identifier
	personal     bool // something of one person alone agrees
	sameBirth    bool
	otherName    bool // the names say: another person
	doubtfulName bool // given names that could be two people's or one's with errors
	otherBirth   bool
	otherID      bool
}

func (c *comparison) add(field string, similarity, bits float64) {
	c.bits += bits
	c.factors = append(c.factors, Factor{Field: field, Similarity: similarity, Weight: bits})
}

func (c *comparison) contactPoints() {
	a, b := c.a, c.b
	if a.email != "" && b.email != "" {
		switch {
		case a.email == b.email && a.role:
			c.contact = true
			c.add("email", 1, sameRoleMailbox.bits())
		case a.email == b.email:
			c.contact, c.ownMailbox, c.personal = true, true, true
			c.add("email", 1, sameMailbox.bits())
		case misspelt(a, b):
			c.add("email", 0.9, misspeltMailbox.bits())
		case a.local == b.local && !a.role && len(a.local) >= 6:
			c.add("email", 0.6, sameLocalPart.bits())
		case a.domain == b.domain && !a.free && (a.company.whole == "" || b.company.whole == ""):
			c.otherMailbox = !a.role && !b.role
			c.add("email", 0.4, sameEmployerMail.bits())
		default:
			c.otherMailbox = !a.role && !b.role
			c.add("email", 0, otherMailbox.bits())
		}
	}
	if a.phone.tail == "" || b.phone.tail == "" {
		return
	}
	international := a.phone.e164 != "" && b.phone.e164 != ""
	switch {
	case international && a.phone.e164 == b.phone.e164:
		c.contact, c.phone = true, true
		c.add("phone", 1, samePhone.bits())
	case !international && a.phone.tail == b.phone.tail:
		c.contact, c.phone = true, true
		c.add("phone", 1, samePhoneTail.bits())
	case len(a.phone.tail) == len(b.phone.tail) && a.phone.tail != b.phone.tail && Distance(a.phone.tail, b.phone.tail) == 1:
		c.add("phone", 0.9, misspeltPhone.bits())
	default:
		c.add("phone", 0, otherPhone.bits())
	}
}

// misspelt reports whether two mailboxes are one typing error apart, in the user
// name or in the domain. Dots are left aside, as a wrong domain hides whether they count.
func misspelt(a, b *Profile) bool {
	if a.role || min(len(a.local), len(b.local)) < 6 {
		return false
	}
	if a.domain == b.domain {
		return Distance(a.local, b.local) == 1
	}
	return strings.ReplaceAll(a.local, ".", "") == strings.ReplaceAll(b.local, ".", "") && Distance(a.domain, b.domain) == 1
}

// names weighs given name and surname, as written or exchanged, whichever fits
// better. An exchange needs both names to fit, so that it is not found by chance.
func (c *comparison) names() {
	a, b := c.a, c.b
	if a.given.whole != "" && a.surname.whole != "" && b.given.whole != "" && b.surname.whole != "" {
		given, givenSimilarity := a.given.agreement(b.given)
		surname, surnameSimilarity := a.surname.agreement(b.surname)
		if given < near || surname < near {
			crossed, crossedSimilarity := a.given.agreement(b.surname)
			back, backSimilarity := a.surname.agreement(b.given)
			if crossed >= partial && back >= partial && crossed+back > given+surname {
				// Which of the two is the given name is unknown: the weaker one counts as it.
				given, surname = min(crossed, back), max(crossed, back)
				givenSimilarity = min(crossedSimilarity, backSimilarity)
				surnameSimilarity = max(crossedSimilarity, backSimilarity)
				c.add("names_exchanged", 1, -1)
			}
		}
		c.addName("given_name", &givenOdds, given, givenSimilarity)
		c.addName("surname", &surnameOdds, surname, surnameSimilarity)
		c.otherName, c.doubtfulName = given == conflict, given == distant
		c.personal = c.personal || given >= partial
		return
	}
	if a.given.whole != "" && b.given.whole != "" {
		given, similarity := a.given.agreement(b.given)
		c.addName("given_name", &givenOdds, given, similarity)
		c.otherName, c.doubtfulName = given == conflict, given == distant
		c.personal = c.personal || given >= partial
	}
	if a.surname.whole != "" && b.surname.whole != "" {
		surname, similarity := a.surname.agreement(b.surname)
		c.addName("surname", &surnameOdds, surname, similarity)
		c.otherName = c.otherName || surname == conflict
	}
}

func (c *comparison) addName(field string, table *[grades]odds, g grade, similarity float64) {
	c.add(field, similarity, table[g].bits())
}

func (c *comparison) companies() {
	if c.a.company.whole == "" || c.b.company.whole == "" {
		return
	}
	g, similarity := c.a.company.agreement(c.b.company)
	if c.a.business() && c.b.business() {
		c.add("company", similarity, businessOdds[g].bits())
		c.personal = c.personal || g >= partial
		c.otherName = g <= distant
		return
	}
	c.add("company", similarity, companyOdds[g].bits())
}

func (c *comparison) applyRules() {
	limit := func(rule string, score float64) {
		c.add(rule, 0, bitsOf(score)-c.bits)
	}
	highest := SameScore - 0.01
	if c.contact && scoreOf(c.bits) < ReviewScore {
		limit("rule:same_contact_point", ReviewScore+0.01)
	}
	if scoreOf(c.bits) < SameScore {
		return
	}
	corroborated := c.vouched || c.ownMailbox
	personal := c.personal || c.vouched || c.phone && c.phoneIsPersonal()
	switch {
	case c.otherName && !c.vouched,
		c.doubtfulName && !corroborated && !c.sameBirth:
		limit("rule:other_name", highest)
	case c.otherBirth && !corroborated:
		limit("rule:other_birth_date", highest)
	case c.otherID && !c.sameBirth && !c.ownMailbox:
		limit("rule:other_identifier", highest)
	case !personal:
		limit("rule:household", highest)
	}
}

// phoneIsPersonal reports whether an equal number speaks for one person. A family
// name without a given name, or a mailbox of one's own, says that it may be
// another member of the household.
func (c *comparison) phoneIsPersonal() bool {
	familyOnly := func(p *Profile) bool { return p.given.whole == "" && p.surname.whole != "" }
	a, b := c.a, c.b
	return !c.otherMailbox && !(familyOnly(a) && b.named()) && !(familyOnly(b) && a.named())
}
