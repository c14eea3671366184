package match

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters that Unicode does not decompose, as they are usually transcribed.
var transcribed = map[rune]string{
	'ß': "ss", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h",
}

// placeholders are what people and exports write for "unknown".
var placeholders = map[string]bool{
	"na": true, "none": true, "null": true, "nil": true, "unknown": true, "notavailable": true, "notapplicable": true,
	"xxx": true, "undefined": true, "nan": true,
}

// noNames are placeholders in name fields. They are fewer and compared with their
// spaces, since Na and Null are surnames.
var noNames = map[string]bool{"n a": true, "unknown": true, "not available": true, "not applicable": true, "undefined": true}

// longestField is how many bytes of a field are looked at. Comparing takes time in
// the square of the length, and nobody's name or address line is longer.
const longestField = 400

// cut leaves the first longestField bytes of s; a letter cut in half is not a letter.
func cut(s string) string {
	return s[:min(len(s), longestField)]
}

// foldText brings s to lower-case words parted by single spaces: compatibility
// forms resolved (NFKD), diacritics off, apostrophes dropped, other punctuation
// turned into spaces. Letters of every script are kept, up to longestField bytes of s.
func foldText(s string) string {
	s = cut(s)
	var b strings.Builder
	b.Grow(len(s))
	space := false
	write := func(r rune) {
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	if !isASCII(s) {
		s = norm.NFKD.String(s)
	}
	for _, r := range s {
		r = unicode.ToLower(r)
		switch {
		case r == '\'' || r == '’' || r == '`' || r == '׳' || r == '״' || unicode.Is(unicode.Mn, r):
		case r > unicode.MaxASCII && transcribed[r] != "":
			for _, t := range transcribed[r] {
				write(t)
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			write(r)
		default:
			space = true
		}
	}
	return b.String()
}

// squash removes the spaces of a folded text, so that a misplaced blank is harmless.
func squash(folded string) string {
	return strings.ReplaceAll(folded, " ", "")
}

// known folds s and answers "" for placeholders such as "n/a" or "unknown".
func known(s string) string {
	folded := foldText(s)
	if placeholders[squash(folded)] {
		return ""
	}
	return folded
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// digitsOf returns the decimal digits of s.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// sortedLetters returns the runes of s in order: equal for any transposition.
func sortedLetters(s string) string {
	runes := []rune(s)
	slices.Sort(runes)
	return string(runes)
}

func sortedNames(values map[string]string) []string {
	return slices.Sorted(maps.Keys(values))
}
