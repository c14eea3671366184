package explore

import (
	"strings"
	"unicode/utf8"
)

const lineHeight = 18.0

// wrap breaks text into lines of at most width runes where it can; a word that is longer is cut.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			runes := []rune(word)
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// textWidth estimates the width of text in a sans-serif face of 14 pixels. It errs on the wide side.
func textWidth(text string) float64 {
	w := 0.0
	for _, r := range text {
		switch {
		case r >= 0x1100: // East Asian and pictographs are as wide as high
			w += 14
		case strings.ContainsRune("iIjltf.,:;'|!()[] ", r):
			w += 4.8
		case strings.ContainsRune("mwMW", r), r >= 'A' && r <= 'Z':
			w += 10.6
		default:
			w += 8
		}
	}
	return w
}
