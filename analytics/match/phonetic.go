package match

import "strings"

// soundGroups are the consonant classes of Soundex (R. C. Russell, 1918).
var soundGroups = [26]byte{
	'b' - 'a': '1', 'f' - 'a': '1', 'p' - 'a': '1', 'v' - 'a': '1',
	'c' - 'a': '2', 'g' - 'a': '2', 'j' - 'a': '2', 'k' - 'a': '2', 'q' - 'a': '2', 's' - 'a': '2', 'x' - 'a': '2', 'z' - 'a': '2',
	'd' - 'a': '3', 't' - 'a': '3', 'l' - 'a': '4', 'm' - 'a': '5', 'n' - 'a': '5', 'r' - 'a': '6',
}

// openings are spellings of one opening sound.
var openings = strings.NewReplacer(
	"^ph", "f", "^kn", "n", "^gn", "n", "^wr", "r", "^pf", "f", "^c", "k", "^q", "k", "^z", "s", "^x", "s", "^v", "f", "^j", "j", "^", "")

// soundLength keeps two letters more than classic Soundex, for smaller blocks.
const soundLength = 6

// soundOf returns a code that is equal for spellings that sound alike: the opening
// sound and up to five consonant classes. Letters outside a–z stand for themselves,
// so names in other scripts get their leading letters. "" for "".
func soundOf(squashed string) string {
	if squashed == "" {
		return ""
	}
	s := openings.Replace("^" + squashed)
	code := make([]rune, 0, soundLength)
	var last rune
	for i, r := range s {
		group := r
		switch {
		case r >= 'a' && r <= 'z':
			group = rune(soundGroups[r-'a'])
		case r >= '0' && r <= '9':
			group = -r
		}
		if i == 0 {
			code, last = append(code, r), group
			continue
		}
		if r == 'h' || r == 'w' {
			continue // they do not part two letters of one class
		}
		if group != 0 && group != last {
			if group < 0 {
				code = append(code, r)
			} else {
				code = append(code, group)
			}
			if len(code) == soundLength {
				break
			}
		}
		last = group
	}
	return string(code)
}
