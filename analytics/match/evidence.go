package match

import "strings"

// addresses weighs place and street. What repeats itself is bounded: city, postcode
// and state follow from each other, and so in part does the street.
func (c *comparison) addresses() {
	a, b := &c.a.address, &c.b.address
	total := 0.0
	bounded := func(field string, similarity, bits, lowest, highest float64) {
		bits = min(max(bits, lowest-total), highest-total)
		total += bits
		c.add(field, similarity, bits)
	}
	if a.city != "" && b.city != "" {
		g, similarity := placeGrade(a.city, b.city)
		bounded("city", similarity, cityOdds[g].bits(), minPlaceBits, maxPlaceBits)
	}
	if a.postcode != "" && b.postcode != "" {
		g, similarity := exact, 1.0
		if a.postcode != b.postcode {
			g, similarity = conflict, JaroWinkler(a.postcode, b.postcode)
			if Distance(a.postcode, b.postcode) == 1 {
				g = near
			}
		}
		bounded("postcode", similarity, postcodeOdds[g].bits(), minPlaceBits, maxPlaceBits)
	}
	if a.region != "" && b.region != "" {
		g := equality(a.region, b.region)
		bounded("state", float64(g)/float64(exact), regionOdds[g].bits(), minPlaceBits, maxPlaceBits)
	}
	if a.country != "" && b.country != "" {
		g := equality(a.country, b.country)
		bounded("country", float64(g)/float64(exact), countryOdds[g].bits(), minPlaceBits, maxPlaceBits)
	}
	if len(a.lines) == 0 || len(b.lines) == 0 {
		return
	}
	best, next := a.lineAgreement(b)
	bits := streetOdds[streetGrade(best, a.numbersAgree(b))].bits()
	if next >= 0.9 && best >= 0.9 {
		bits += secondLineOdds.bits()
	}
	bounded("street", best, bits, minPlaceBits+streetOdds[conflict].bits(), maxAddressBits)
}

// streetGrade joins the words of a street with its house number: exact is both,
// near is a spelling error or a missing number, partial the street with another
// number or a doubtful street with the number.
func streetGrade(words float64, number grade) grade {
	switch {
	case words >= 0.97 && number == exact:
		return exact
	case words >= 0.90 && number >= partial:
		return near
	case words >= 0.90, words >= 0.82 && number == exact:
		return partial
	case words >= 0.82, words >= 0.72 && number == exact:
		return distant
	}
	return conflict
}

func placeGrade(a, b string) (grade, float64) {
	if a == b {
		return exact, 1
	}
	similarity := JaroWinkler(a, b)
	switch {
	case similarity >= 0.92, min(len(a), len(b)) >= 5 && Distance(a, b) <= 2:
		return near, similarity
	case similarity >= 0.84:
		return partial, similarity
	case similarity >= 0.75:
		return distant, similarity
	}
	return conflict, similarity
}

func equality(a, b string) grade {
	if a == b {
		return exact
	}
	return conflict
}

// attributes weighs the facts both records state under one name.
func (c *comparison) attributes() {
	text := 0.0
	x, y := c.a.facts, c.b.facts
	for len(x) > 0 && len(y) > 0 {
		switch order := strings.Compare(x[0].name, y[0].name); {
		case order < 0:
			x = x[1:]
			continue
		case order > 0:
			y = y[1:]
			continue
		}
		f, g := x[0], y[0]
		x, y = x[1:], y[1:]
		field := "attribute:" + f.name
		switch kind := min(f.kind, g.kind); kind {
		case kindBirthDate:
			c.birthDates(field, f.value, g.value)
		case kindDate:
			d := dateAgreement(f.value, g.value)
			c.add(field, float64(d)/float64(exact), dateOdds[d].bits())
		case kindIdentifier, kindAccountID, kindPersonID:
			c.identifiers(field, kind, f.value, g.value)
		default:
			same, other := textOdds(min(len(f.value), len(g.value)))
			bits, similarity := other.bits(), 0.0
			if f.value == g.value || min(len(f.value), len(g.value)) >= 6 && JaroWinkler(f.value, g.value) >= 0.92 {
				bits, similarity = same.bits(), 1
			}
			bits = min(max(bits, minTextBits-text), maxTextBits-text)
			text += bits
			c.add(field, similarity, bits)
		}
	}
}

func (c *comparison) birthDates(field, a, b string) {
	g := dateAgreement(a, b)
	c.add(field, float64(g)/float64(exact), birthOdds[g].bits())
	c.sameBirth = c.sameBirth || g >= near
	c.personal = c.personal || g >= near
	c.otherBirth = g < near
}

func (c *comparison) identifiers(field string, kind attributeKind, a, b string) {
	same, misspelt, other := identifierOdds(kind, min(len(a), len(b)))
	person := kind == kindPersonID
	switch {
	case a == b:
		c.add(field, 1, same.bits())
		c.vouched = c.vouched || person
		c.personal = c.personal || person
	case len(a) >= 6 && len(b) >= 6 && Distance(a, b) == 1:
		c.add(field, 0.9, misspelt.bits())
		c.vouched = c.vouched || person
		c.personal = c.personal || person
	default:
		c.add(field, 0, other.bits())
		c.otherID = c.otherID || person
	}
}
