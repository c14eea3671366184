package match

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A made-up town: people, their families and offices, and copies of some records
// with typing errors. Families share name, address and number; offices share company,
// mailbox and customer number. That is what tempts a linker into wrong merges.
type town struct {
	random  *rand.Rand
	records []Person
	entity  []int
}

func (w *town) pick(values []string) string { return values[w.random.IntN(len(values))] }

func (w *town) word(syllables int) string {
	var b strings.Builder
	for range syllables {
		b.WriteString(w.pick([]string{"ba", "rin", "lo", "me", "tash", "vo", "kel", "dun", "sar", "wi", "po", "gren", "hal", "ny", "fex"}))
	}
	return b.String()
}

func (w *town) date() string {
	return fmt.Sprintf("%04d-%02d-%02d", 1930+w.random.IntN(75), 1+w.random.IntN(12), 1+w.random.IntN(28))
}

func (w *town) add(entity int, p Person) {
	w.records, w.entity = append(w.records, p), append(w.entity, entity)
}

// misspell makes one typing error: a letter lost, doubled, replaced or exchanged.
func (w *town) misspell(s string) string {
	if len(s) < 3 {
		return s
	}
	i := 1 + w.random.IntN(len(s)-2)
	switch w.random.IntN(4) {
	case 0:
		return s[:i] + s[i+1:]
	case 1:
		return s[:i] + s[i:i+1] + s[i:]
	case 2:
		return s[:i] + string(rune('a'+w.random.IntN(26))) + s[i+1:]
	}
	return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
}

// copyOf returns p as another clerk would have typed it: up to three errors, one
// fact missing, sometimes names exchanged or the address of a later home.
func (w *town) copyOf(p Person) Person {
	for range 1 + w.random.IntN(3) {
		field := []*string{&p.GivenName, &p.Surname, &p.Street, &p.City, &p.Postcode, &p.Email}[w.random.IntN(6)]
		*field = w.misspell(*field)
	}
	*[]*string{&p.GivenName, &p.Street, &p.City, &p.Phone, &p.Email}[w.random.IntN(5)] = ""
	birth := p.Attributes["date_of_birth"]
	switch w.random.IntN(10) {
	case 0:
		p.GivenName, p.Surname = p.Surname, p.GivenName
	case 1:
		p.Street, p.City, p.Postcode = "1 "+w.word(3)+" Road", w.word(3), fmt.Sprint(10000+w.random.IntN(900))
	case 2:
		birth = birth[:8] + birth[9:] + birth[8:9]
	case 3:
		birth = ""
	}
	p.Attributes = map[string]string{"date_of_birth": birth, "campaign_id": "20931774"}
	return p
}

func newTown(people int) *town {
	w := &town{random: rand.New(rand.NewPCG(17, 42))}
	var given, surnames, streets, cities []string
	for range 80 {
		given, cities = append(given, w.word(2)), append(cities, w.word(3))
		surnames, streets = append(surnames, w.word(2), w.word(3), w.word(3)), append(streets, w.word(2)+" Street", w.word(3)+" Road")
	}
	entity := 0
	for entity < people {
		home := Person{
			Surname: w.pick(surnames), Street: fmt.Sprint(1+w.random.IntN(90), " ", w.pick(streets)), City: w.pick(cities),
			Postcode: fmt.Sprint(10000 + w.random.IntN(900)), Phone: fmt.Sprintf("+1202555%04d", w.random.IntN(10000)), Country: "US",
		}
		used := make(map[string]bool)
		for range 1 + w.random.IntN(3) {
			p := home
			for p.GivenName = w.pick(given); used[p.GivenName]; {
				p.GivenName = w.pick(given)
			}
			used[p.GivenName] = true
			p.Email = fmt.Sprintf("%s.%s%d@example.com", p.GivenName, p.Surname, w.random.IntN(1000))
			if w.random.IntN(5) == 0 {
				p.Email, p.Company = "info@sample"+p.Postcode[3:]+".example", "Sample "+p.Postcode[3:]
			}
			p.Attributes = map[string]string{"date_of_birth": w.date(), "campaign_id": "20931774"}
			w.add(entity, p)
			for range w.random.IntN(3) {
				w.add(entity, w.copyOf(p))
			}
			entity++
		}
	}
	return w
}

func TestLinkingFindsCopiesAndPartsFamilies(t *testing.T) {
	t.Parallel()
	w := newTown(2000)
	profiles := make([]*Profile, len(w.records))
	index := make(map[Key][]int)
	seen := make(map[int]int)
	var truth, candidates, met, same, wrong, shown int
	for i, record := range w.records {
		profiles[i] = NewProfile(record)
		found := make(map[int]bool)
		keys := profiles[i].Keys()
		for _, key := range keys {
			if block := index[key]; len(block) <= BlockCap {
				for _, j := range block {
					found[j] = true
				}
			}
			index[key] = append(index[key], i)
		}
		truth += seen[w.entity[i]]
		seen[w.entity[i]]++
		for j := range found {
			candidates++
			one := w.entity[i] == w.entity[j]
			if one {
				met++
			}
			switch class := profiles[i].Compare(profiles[j]).Class; {
			case class == Same && one:
				same++
				shown++
			case class == Same:
				wrong++
			case class == Review && one:
				shown++
			}
		}
	}
	f1 := 2 * float64(same) / float64(same+wrong+truth)
	t.Logf("%d records, %d true pairs, %.1f candidates per record, blocking recall %.4f, precision %.4f, recall %.4f, F1 %.4f, recall with review %.4f",
		len(w.records), truth, float64(candidates)/float64(len(w.records)), float64(met)/float64(truth),
		float64(same)/float64(same+wrong), float64(same)/float64(truth), f1, float64(shown)/float64(truth))
	require.Greater(t, truth, 1000)
	require.GreaterOrEqual(t, float64(met)/float64(truth), 0.99, "blocking recall")
	require.GreaterOrEqual(t, float64(same)/float64(same+wrong), 0.99, "precision")
	require.GreaterOrEqual(t, f1, 0.95)
	require.Less(t, candidates, 40*len(w.records))
}
