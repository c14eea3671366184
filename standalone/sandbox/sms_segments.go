package sandbox

import (
	"strings"
	"unicode/utf16"
)

// gsm7 is the GSM 03.38 default alphabet; gsm7Extended takes two places.
const (
	gsm7 = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsm7Extended = "\f^{}\\[~]|€"
)

// segments returns how many SMS a body takes: 160 GSM-7 characters or 70
// UTF-16 units in one, 153 or 67 in each of several.
func segments(body string) int {
	septets := 0
	for _, r := range body {
		switch {
		case strings.ContainsRune(gsm7, r):
			septets++
		case strings.ContainsRune(gsm7Extended, r):
			septets += 2
		default:
			return split(len(utf16.Encode([]rune(body))), 70, 67)
		}
	}
	return split(septets, 160, 153)
}

func split(length, single, part int) int {
	if length <= single {
		return 1
	}
	return (length + part - 1) / part
}
