package templates_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/templates"
)

// The bounds of 3GPP TS 23.040: 160 septets alone and 153 in each of several parts, 70 and 67 in UCS-2.
func TestSegments(t *testing.T) {
	t.Parallel()
	a := func(n int) string { return strings.Repeat("a", n) }
	for _, tc := range []struct {
		name, text string
		parts      int
		wide       rune
	}{
		{"nothing", "", 0, 0},
		{"one letter", "a", 1, 0},
		{"just one part", a(160), 1, 0},
		{"one too many", a(161), 2, 0},
		{"two full parts", a(306), 2, 0},
		{"three parts", a(307), 3, 0},
		{"letters of the alphabet", strings.Repeat("Äüñ£¿§Ω\n", 20), 1, 0},
		{"the extension counts two", a(158) + "€", 1, 0},
		{"one place short for it", a(159) + "€", 2, 0},
		{"eighty of the extension", strings.Repeat("~", 80), 1, 0},
		{"eighty-one of the extension", strings.Repeat("^", 81), 2, 0},
		// 152 letters and an escape of two places: it goes to the second part as a whole, which leaves room for 151 more.
		{"not torn between parts", a(152) + "{" + a(151), 2, 0},
		{"not torn, one more", a(152) + "{" + a(152), 3, 0},
		{"UCS-2, just one part", strings.Repeat("я", 70), 1, 'я'},
		{"UCS-2, one too many", strings.Repeat("я", 71), 2, 'я'},
		{"UCS-2, two full parts", strings.Repeat("я", 134), 2, 'я'},
		{"UCS-2, three parts", strings.Repeat("я", 135), 3, 'я'},
		{"one foreign letter makes all of it UCS-2", a(69) + "ç", 1, 'ç'},
		{"and costs more than half", a(70) + "ç", 2, 'ç'},
		{"the extension counts one there", strings.Repeat("€", 69) + "ę", 1, 'ę'},
		{"outside of the first plane counts two", strings.Repeat("😀", 35), 1, '😀'},
		{"outside of the first plane, one too many", strings.Repeat("😀", 35) + "a", 2, '😀'},
		// 33 of them fill 66 of 67 places, and the next one is not torn.
		{"a pair is not torn", strings.Repeat("😀", 66), 2, '😀'},
		{"a pair is not torn, one more", strings.Repeat("😀", 67), 3, '😀'},
		{"the curly apostrophe", "It’s", 1, '’'},
	} {
		parts, wide := templates.Segments(tc.text)
		require.Equal(t, tc.parts, parts, tc.name)
		require.Equal(t, tc.wide, wide, tc.name)
	}
}

// Property: a longer text never takes fewer parts, and one more letter at most one part more.
func TestSegmentsGrowWithTheText(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"a", "€", "я", "😀"} {
		before := 0
		for n := range 700 {
			parts, _ := templates.Segments(strings.Repeat(letter, n))
			require.GreaterOrEqual(t, parts, before)
			require.LessOrEqual(t, parts, before+1)
			before = parts
		}
	}
}
