package match

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneTail is how many last digits identify a number when its country is unknown.
const phoneTail = 8

// CanonicalPhone returns raw in E.164 form (+ and up to 15 digits). Numbers without
// an international prefix are read as dialled in defaultCountry (ISO 3166-1 alpha-2;
// "" accepts international numbers only). It answers false when the number has an
// impossible length for its country; whether the range is in use is not checked,
// because ranges open faster than their lists are published. Extensions are dropped.
func CanonicalPhone(raw, defaultCountry string) (string, bool) {
	number, err := phonenumbers.Parse(raw, strings.ToUpper(strings.TrimSpace(defaultCountry)))
	if err != nil || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

// phoneNumber is a number as far as it could be read: E.164 when its country is
// known, and in any case the digits that end it.
type phoneNumber struct {
	e164 string
	tail string
}

func readPhone(raw, country string) phoneNumber {
	if strings.TrimSpace(raw) == "" {
		return phoneNumber{}
	}
	if e164, ok := CanonicalPhone(raw, country); ok {
		return phoneNumber{e164: e164, tail: e164[max(0, len(e164)-phoneTail):]}
	}
	digits := digitsOf(raw)
	if len(digits) < 7 || uniform(digits) {
		return phoneNumber{}
	}
	return phoneNumber{tail: digits[max(0, len(digits)-phoneTail):]}
}

// uniform reports whether s repeats one character, as made-up numbers do.
func uniform(s string) bool {
	return s == "" || strings.Count(s, s[:1]) == len(s)
}
