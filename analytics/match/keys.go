package match

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Key is one entry of the blocking index: records that share a key are candidates
// to be the same person. Kind names the pass that made it; Value is at most 24
// bytes, longer ones are hashed.
type Key struct {
	Kind  string
	Value string
}

// BlockCap is the number of contacts from which the caller leaves a key's block
// unread: it then tells too little (a very common name, a shared switchboard), and
// the record's other keys find its duplicates. It bounds the work per record to
// BlockCap comparisons for each key.
const BlockCap = 50

// longestValue is the length from which a key value is replaced by its hash.
const longestValue = 24

// linePrefix is how many letters of a street stand for it: few, as errors fall late.
const linePrefix = 6

// Keys returns the blocking keys of p, ordered and without repetitions: see
// Profile.Keys.
func Keys(p Person) []Key { return NewProfile(p).Keys() }

// Keys returns the blocking keys of the record, ordered and without repetitions: 2
// to 12 for a usual lead, up to 40 with full address, birth date and identifiers.
//
// Each pass survives other errors. The block sizes are what to expect among a million
// contacts of one large country; frequent names exceed them and are then capped.
//
//	email  mailbox                                            1
//	phone  last 8 digits                                      1
//	id     an identifying attribute                           1
//	ix     its digits in order, with given name or surname    1    (digits swapped)
//	nb     a name's sound + birth date                        1    (both names, so either may be wrong)
//	ib     both initials + birth date                         1
//	bp     birth date + postcode                              1
//	np     a name's sound + postcode                          1–5
//	nc     a name's sound + other initial + city's sound      1–5  (postcode wrong)
//	ns     a name's sound + first letters of the street       1–20
//	sp     first letters of the street + postcode             1–5  (names wrong)
//	st     the same with number + city's sound                1–3
//	nm     letters of the full name, ordered                  1–30 (letters swapped, names swapped)
//	nn     sounds of both names                               5–50
//	cn     first word of the company + a name's sound         1–5
//	cd     business mail domain + a name's sound              1–5
//	co     company, for records without a person              1–5
//	cp     first letters of it + postcode or city             1–5
func (p *Profile) Keys() []Key {
	keys := make(keySet, 0, 32)
	if p.email != "" {
		keys.add("email", p.email)
	}
	if p.phone.tail != "" {
		keys.add("phone", p.phone.tail)
	}
	p.addFactKeys(&keys)
	p.addNameKeys(&keys)
	p.addAddressKeys(&keys)
	p.addCompanyKeys(&keys)
	slices.SortFunc(keys, func(a, b Key) int {
		if c := strings.Compare(a.Kind, b.Kind); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return slices.Compact(keys)
}

func (p *Profile) addFactKeys(keys *keySet) {
	for _, fact := range p.facts {
		switch fact.kind {
		case kindPersonID, kindAccountID, kindIdentifier:
			keys.add("id", fact.name, fact.value)
			if fact.kind != kindIdentifier {
				keys.add("ix", sortedLetters(fact.value), p.given.sound)
				keys.add("ix", sortedLetters(fact.value), p.surname.sound)
			}
		case kindBirthDate:
			// Names carry no mark of their place, so that swapped names still meet.
			keys.add("nb", p.given.sound, fact.value)
			keys.add("nb", p.surname.sound, fact.value)
			keys.add("bp", fact.value, p.address.postcode)
			if p.named() {
				keys.add("ib", sortedLetters(p.given.initial()+p.surname.initial()), fact.value)
			}
		}
	}
}

func (p *Profile) addNameKeys(keys *keySet) {
	given, surname := p.given, p.surname
	if given.whole != "" && surname.whole != "" {
		keys.add("nm", sortedLetters(given.whole+surname.whole))
		keys.add("nn", min(given.sound, surname.sound), max(given.sound, surname.sound))
		keys.add("nc", given.sound, surname.initial(), p.address.citySound)
	}
	keys.add("nc", surname.sound, given.initial(), p.address.citySound)
	for _, part := range []name{given, surname} {
		keys.add("np", part.sound, p.address.postcode)
		for _, line := range p.address.lines {
			keys.add("ns", part.sound, prefix(line, linePrefix))
		}
		keys.add("cn", part.sound, p.company.first)
		if p.domain != "" && !p.free {
			keys.add("cd", part.sound, p.domain)
		}
	}
}

func (p *Profile) addAddressKeys(keys *keySet) {
	if !p.named() && p.company.whole == "" {
		return
	}
	for _, line := range p.address.lines {
		keys.add("sp", prefix(line, linePrefix), p.address.postcode)
		for _, number := range p.address.numbers {
			keys.add("st", prefix(line, linePrefix), number, p.address.citySound)
		}
	}
}

func (p *Profile) addCompanyKeys(keys *keySet) {
	if !p.business() {
		return
	}
	keys.add("co", p.company.whole)
	keys.add("cp", prefix(p.company.whole, 6), p.address.postcode)
	keys.add("cp", prefix(p.company.whole, 6), p.address.city)
	keys.add("cp", p.company.sound, p.address.city)
}

type keySet []Key

// add appends a key, unless one of its parts is unknown.
func (s *keySet) add(kind string, parts ...string) {
	if slices.Contains(parts, "") {
		return
	}
	value := strings.Join(parts, "|")
	if len(value) > longestValue {
		sum := sha256.Sum256([]byte(value))
		value = hex.EncodeToString(sum[:longestValue/2])
	}
	*s = append(*s, Key{Kind: kind, Value: value})
}

// prefix returns the first n letters of s, or all of it.
func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
