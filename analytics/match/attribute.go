package match

import (
	"slices"
	"strings"
	"time"
)

// attributeKind says what evidence an attribute can give.
type attributeKind int

const (
	kindContext    attributeKind = iota // describes the visit or the interest, not the person
	kindText                            // free text or a choice
	kindDate                            // a date other than of birth
	kindIdentifier                      // looks like an identifier, of what is unknown
	kindAccountID                       // an identifier of a customer, which may be a whole company or family
	kindPersonID                        // an identifier of one human being
	kindBirthDate
)

// Words in attribute names. Those of contextWords win: "campaign_id" identifies no
// person, however long it is.
var (
	contextWords = setOf(`campaign utm ad ads adset adgroup form product sku page session source event order offer list batch import version
		store branch agent device browser language locale currency plan template variant segment timestamp created updated time
		budget amount price revenue size employees quantity qty score income salary latitude longitude lat lng lon count volume total
		age rating year month ip url referrer referer tracking channel category`)
	personWords = setOf(`ssn soc social national passport tin tfn nin nino nhs licence license personal person
		identity citizen teudat medicare patient employee`)
	accountWords = setOf(`customer client account member membership tax vat registration insurance user external id`)
	birthWords   = setOf(`birth dob birthdate birthday dateofbirth born geburtsdatum`)
)

var dateLayouts = []string{"20060102", "2006-01-02", time.RFC3339, "2006/01/02", "02/01/2006", "2/1/2006", "01/02/2006", "02.01.2006", "2.1.2006", "02-01-2006"}

// attribute is one folded fact.
type attribute struct {
	name  string // folded, without separators
	kind  attributeKind
	value string // dates as yyyymmdd when readable; identifiers and texts without spaces
}

// readAttributes folds the attributes that can give evidence, ordered by name.
func readAttributes(values map[string]string) []attribute {
	if len(values) == 0 {
		return nil
	}
	attributes := make([]attribute, 0, len(values))
	for raw, value := range values {
		words := foldText(strings.ReplaceAll(raw, "_", " "))
		a := attribute{name: squash(words)}
		a.kind, a.value = classify(words, value)
		if a.kind != kindContext && a.value != "" {
			attributes = append(attributes, a)
		}
	}
	slices.SortFunc(attributes, func(a, b attribute) int {
		return strings.Compare(a.name+"\x00"+a.value, b.name+"\x00"+b.value)
	})
	return attributes
}

// classify tells what an attribute is from the words of its name and the shape of
// its value, and returns the value folded for comparison.
func classify(words, raw string) (attributeKind, string) {
	value := squash(known(raw))
	var context, account, person, birth bool
	for word := range strings.FieldsSeq(words) {
		context = context || contextWords[word]
		account = account || accountWords[word]
		person = person || personWords[word]
		birth = birth || birthWords[word]
	}
	switch {
	case value == "":
		return kindContext, ""
	case birth:
		if date, ok := readDate(raw); ok {
			return kindBirthDate, date
		}
		if digits := digitsOf(value); len(digits) == 8 {
			return kindBirthDate, digits // a date with a typing error
		}
		return kindText, value
	case context:
		return kindContext, ""
	}
	named := person || account
	if date, ok := readDate(raw); ok && !named {
		return kindDate, date
	}
	switch {
	case !looksLikeIdentifier(value, named):
		return kindText, value
	case person:
		return kindPersonID, value
	case account:
		return kindAccountID, value
	}
	return kindIdentifier, value
}

// looksLikeIdentifier asks for length and variety. Without a telling name it asks
// for more, since round amounts and small counts are digits too.
func looksLikeIdentifier(value string, named bool) bool {
	digits := digitsOf(value)
	if len(value) > 40 || len(digits) < 3 || uniform(digits) || strings.Contains("01234567890", digits) {
		return false
	}
	if named {
		return len(value) >= 5
	}
	return len(value) >= 6 && len(digits)*2 >= len(value) && !strings.HasSuffix(digits, "000")
}

// readDate reads the usual spellings of a date between 1850 and 2100 and returns
// yyyymmdd. Of the two readings of 03/04/2005 it takes the day first; comparing
// allows for the other.
func readDate(raw string) (string, bool) {
	raw = strings.TrimSpace(raw)
	if len(raw) < 8 || len(raw) > 35 || raw[0] < '0' || raw[0] > '9' {
		return "", false
	}
	for _, layout := range dateLayouts {
		if layout != time.RFC3339 && len(layout) < len(raw) {
			continue
		}
		if date, err := time.Parse(layout, raw); err == nil {
			if date.Year() < 1850 || date.Year() > 2100 {
				return "", false
			}
			return date.Format("20060102"), true
		}
	}
	return "", false
}

// dateAgreement grades two dates in yyyymmdd form: near is one typing error, two
// swapped digits, or day and month exchanged; partial is two of three parts equal.
func dateAgreement(a, b string) grade {
	if a == b {
		return exact
	}
	if len(a) != 8 || len(b) != 8 {
		return conflict
	}
	if Distance(a, b) == 1 || a[:4] == b[:4] && a[4:6] == b[6:] && a[6:] == b[4:6] {
		return near
	}
	equal := 0
	for _, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}} {
		if a[part[0]:part[1]] == b[part[0]:part[1]] {
			equal++
		}
	}
	if equal == 2 || Distance(a, b) == 2 {
		return partial
	}
	return conflict
}
