package match

import (
	"slices"
	"strings"
	"unicode"
)

// streetWords brings usual abbreviations and spelt-out ordinals to one form.
var streetWords = map[string]string{
	"street": "st", "str": "st", "strasse": "st", "road": "rd", "avenue": "ave", "av": "ave", "boulevard": "blvd", "blv": "blvd",
	"drive": "dr", "lane": "ln", "place": "pl", "court": "ct", "circuit": "cct", "crescent": "cres", "cr": "cres", "highway": "hwy",
	"square": "sq", "terrace": "tce", "parade": "pde", "parkway": "pkwy", "close": "cl", "plaza": "plz",
	"north": "n", "south": "s", "east": "e", "west": "w", "apartment": "apt", "suite": "ste", "floor": "fl",
	"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th",
	"eighth": "8th", "ninth": "9th", "tenth": "10th",
}

// maxLines bounds the lines, and the numbers, of one address that are compared.
const maxLines = 4

// address is a folded postal address.
type address struct {
	numbers   []string // house and flat numbers, in the order written
	lines     []string // the words of each line, without numbers and spaces
	city      string
	citySound string
	postcode  string
	region    string
	country   string
}

func readAddress(p *Person) address {
	a := address{
		city:     squash(known(p.City)),
		postcode: squash(known(p.Postcode)),
		region:   squash(known(p.State)),
		country:  squash(known(p.Country)),
	}
	a.citySound = soundOf(a.city)
	for line := range strings.SplitSeq(cut(p.Street), ",") {
		var words strings.Builder
		for word := range strings.FieldsSeq(known(line)) {
			if houseNumber(word) {
				if len(a.numbers) < maxLines {
					a.numbers = append(a.numbers, word)
				}
				continue
			}
			if short := streetWords[word]; short != "" {
				word = short
			}
			words.WriteString(word)
		}
		if words.Len() > 0 && len(a.lines) < maxLines {
			a.lines = append(a.lines, words.String())
		}
	}
	return a
}

// houseNumber tells "12" and "12a" from words and from ordinals such as "4th".
func houseNumber(word string) bool {
	letters := strings.TrimLeft(word, "0123456789")
	return len(letters) < len(word) && (letters == "" || len(letters) == 1 && unicode.IsLetter(rune(letters[0])))
}

// lineAgreement returns the similarity of the best fitting line, and of the next
// line when both addresses have one (0 when not). Lines may stand in either order.
func (a *address) lineAgreement(b *address) (best, next float64) {
	if len(a.lines) == 1 && len(b.lines) == 1 {
		return JaroWinkler(a.lines[0], b.lines[0]), 0
	}
	for _, x := range a.lines {
		for _, y := range b.lines {
			best = max(best, JaroWinkler(x, y))
		}
	}
	for i, x := range a.lines {
		for j, y := range b.lines {
			if JaroWinkler(x, y) == best {
				next = max(next, bestExcept(a.lines, b.lines, i, j))
			}
		}
	}
	return best, next
}

// bestExcept returns the similarity of the best fitting lines besides x[i] and y[j].
func bestExcept(x, y []string, i, j int) (best float64) {
	for k := range x {
		for l := range y {
			if k != i && l != j {
				best = max(best, JaroWinkler(x[k], y[l]))
			}
		}
	}
	return best
}

// numbersAgree answers conflict when both addresses have numbers and share none,
// exact when they share one, and partial when a side has none.
func (a *address) numbersAgree(b *address) grade {
	if len(a.numbers) == 0 || len(b.numbers) == 0 {
		return partial
	}
	for _, n := range a.numbers {
		if slices.Contains(b.numbers, n) {
			return exact
		}
	}
	return conflict
}
