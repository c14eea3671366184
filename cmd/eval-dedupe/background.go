package main

import (
	"math/rand/v2"
	"strings"

	"github.com/perdura/perdura/analytics/match"
)

// A background is a large store of other people, in which the records of the file
// are to be found. Each invented contact mixes values of the file column by column,
// so that names and places keep their frequencies; digits of dates, identifiers and
// telephone numbers are drawn anew, so that they coincide only by chance. No invented
// contact is a duplicate, therefore each link to one is wrong. Invented contacts are
// strangers to each other: households and offices they have not. A file of few
// records repeats its names and streets more often than a real store would.
type background struct {
	size map[match.Key]int // how many invented contacts share a key of the file
}

// backgroundResult is what the file's records met in the background.
type backgroundResult struct {
	contacts   int
	candidates int // pairs compared
	same       int // wrong links
	review     int // pairs put to a person for nothing
}

const backgroundSeed = 20240601

// fresh are parts of column names whose digits are drawn anew.
var fresh = []string{"id", "birth", "date", "phone", "tel", "ssn"}

// countBackground draws the invented contacts once and counts the blocks they fill.
func countBackground(set *dataset, opts options) background {
	b := background{size: make(map[match.Key]int)}
	if opts.background == 0 {
		return b
	}
	for _, record := range set.records {
		for _, key := range record.Keys() {
			b.size[key] = 0
		}
	}
	drawBackground(set, opts, func(contact *match.Profile) {
		for _, key := range contact.Keys() {
			if n, shared := b.size[key]; shared {
				b.size[key] = n + 1
			}
		}
	})
	return b
}

// compare draws the same contacts again and compares them with the records whose
// readable blocks they are in.
func (b background) compare(set *dataset, opts options) backgroundResult {
	outcome := backgroundResult{contacts: opts.background}
	if opts.background == 0 {
		return outcome
	}
	index := make(map[match.Key][]int)
	for i, record := range set.records {
		for _, key := range record.Keys() {
			index[key] = append(index[key], i)
		}
	}
	drawBackground(set, opts, func(contact *match.Profile) {
		met := make(map[int]bool)
		for _, key := range contact.Keys() {
			if block := index[key]; len(block) > 0 && b.size[key]+len(block) <= opts.cap {
				for _, i := range block {
					met[i] = true
				}
			}
		}
		for i := range met {
			outcome.candidates++
			switch contact.Compare(set.records[i]).Class {
			case match.Same:
				outcome.same++
			case match.Review:
				outcome.review++
			}
		}
	})
	return outcome
}

// drawBackground calls use with each invented contact; the sequence is always the same.
func drawBackground(set *dataset, opts options, use func(*match.Profile)) {
	random := rand.New(rand.NewPCG(backgroundSeed, uint64(len(set.rows))))
	row := make(map[string]string, len(set.columns))
	for range opts.background {
		for _, column := range set.columns {
			value := set.rows[random.IntN(len(set.rows))][column]
			if redrawn(column) {
				value = drawDigits(value, column, random)
			}
			row[column] = value
		}
		use(match.NewProfile(personOf(row, opts.country)))
	}
}

func redrawn(column string) bool {
	for _, part := range fresh {
		if strings.Contains(strings.ToLower(column), part) {
			return true
		}
	}
	return false
}

// drawDigits replaces the digits of a value. Eight digits under a name of a date are
// a date of the last century.
func drawDigits(value, column string, random *rand.Rand) string {
	if strings.Contains(column, "birth") || strings.Contains(column, "date") {
		if len(value) != 8 {
			return value
		}
		day := random.IntN(100 * 365)
		return digits(1900+day/365, 4) + digits(1+day%365/31, 2) + digits(1+day%365%31%28, 2)
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0' + rune(random.IntN(10))
		}
		return r
	}, value)
}

func digits(n, width int) string {
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		out[i] = byte('0' + n%10)
		n /= 10
	}
	return string(out)
}
