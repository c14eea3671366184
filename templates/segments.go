package templates

import "unicode/utf16"

// The alphabets of 3GPP TS 23.038 (GSM 03.38), 6.2.1: the default alphabet, and its extension whose characters take two
// places.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// Room of a text message in septets and in UTF-16 units: alone, and in each part of several (3GPP TS 23.040, 9.2.3.24.1).
const (
	gsmAlone, gsmPart = 160, 153
	ucsAlone, ucsPart = 70, 67
)

var gsmWidth = func() map[rune]int {
	width := map[rune]int{}
	for _, r := range gsmBasic {
		width[r] = 1
	}
	for _, r := range gsmExtension {
		width[r] = 2
	}
	return width
}()

// Segments is how many parts a text message takes on the air. wide is the first character outside of the GSM alphabet,
// because of which the whole message is written in UCS-2 and has less than half the room; 0 when there is none.
func Segments(text string) (parts int, wide rune) {
	widths := make([]int, 0, len(text))
	total := 0
	for _, r := range text {
		w, known := gsmWidth[r]
		if !known {
			wide = r
			break
		}
		widths, total = append(widths, w), total+w
	}
	alone, part := gsmAlone, gsmPart
	if wide != 0 {
		alone, part, total, widths = ucsAlone, ucsPart, 0, widths[:0]
		for _, r := range text {
			w := max(utf16.RuneLen(r), 1)
			widths, total = append(widths, w), total+w
		}
	}
	if total == 0 {
		return 0, wide
	}
	if total <= alone {
		return 1, wide
	}
	// A character of two places is not torn between parts.
	parts, used := 1, 0
	for _, w := range widths {
		if used+w > part {
			parts, used = parts+1, 0
		}
		used += w
	}
	return parts, wide
}
