package match

import "strings"

// legalForms are words that state a company's legal form and vary between spellings
// of one company.
var legalForms = setOf(`gmbh mbh ag kg ohg ug se ev co company corp corporation inc incorporated llc llp lp ltd limited plc pty pte
	sa sas sarl srl spa sl slu sro bv nv ab oy oyj as asa aps kft zrt doo dd ltda oo ooo zao pao kk gk holding holdings group the and und et y`)

// company is a folded company name without its legal form.
type company struct {
	whole string // all words, without spaces
	first string // the first word: the part people abbreviate a company to
	sound string
}

func readCompany(raw string) company {
	// Dotted forms (S.A., B.V., e.V.) are one word.
	words := strings.Fields(known(strings.ReplaceAll(raw, ".", "")))
	if strings.Contains(strings.TrimSuffix(raw, "."), ".") && len(words) < 2 {
		words = strings.Fields(known(raw)) // example.com
	}
	kept := words[:0:0]
	for _, word := range words {
		if !legalForms[word] {
			kept = append(kept, word)
		}
	}
	if len(kept) == 0 {
		kept = words
	}
	if len(kept) == 0 {
		return company{}
	}
	whole := strings.Join(kept, "")
	return company{whole: whole, first: kept[0], sound: soundOf(whole)}
}

// agreement grades how well two company names fit, both known.
func (c company) agreement(other company) (grade, float64) {
	if c.whole == other.whole {
		return exact, 1
	}
	similarity := JaroWinkler(c.whole, other.whole)
	short, long := c.whole, other.whole
	if len(short) > len(long) {
		short, long = long, short
	}
	switch {
	case similarity >= 0.94, len(short) >= 5 && Distance(c.whole, other.whole) == 1:
		return near, similarity
	case len(short) >= 4 && strings.HasPrefix(long, short),
		len(c.first) >= 4 && c.first == other.first,
		len(short) >= 6 && strings.Contains(long, short),
		similarity >= 0.86:
		return partial, max(similarity, 0.86)
	case similarity >= 0.72:
		return distant, similarity
	}
	return conflict, similarity
}
