package match

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJaroWinkler(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want float64
	}{
		// The worked examples of Winkler (1990).
		{"martha", "marhta", 0.9611},
		{"dwayne", "duane", 0.8400},
		{"dixon", "dicksonx", 0.8133},
		{"", "", 1},
		{"", "a", 0},
		{"abc", "xyz", 0},
		// Compared by bytes, these would share every second byte.
		{"כהן", "לוי", 0},
	} {
		require.InDelta(t, test.want, JaroWinkler(test.a, test.b), 0.0001, "%s %s", test.a, test.b)
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"kitten", "sitting", 3}, {"ab", "ba", 1}, {"1908", "1980", 1}, {"", "abc", 3}, {"ca", "abc", 3}, {"גדול", "גדל", 1},
	} {
		require.Equal(t, test.want, Distance(test.a, test.b), "%s %s", test.a, test.b)
	}
}

func TestSimilaritiesAreSymmetricAndBounded(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		runes := make([]rune, random.IntN(60)) // beyond the buffers on the stack
		for i := range runes {
			runes[i] = []rune("abcdאב")[random.IntN(6)]
		}
		return string(runes)
	}
	for range 5000 {
		a, b := text(), text()
		similarity := JaroWinkler(a, b)
		require.GreaterOrEqual(t, similarity, 0.0)
		require.LessOrEqual(t, similarity, 1.0)
		require.Equal(t, similarity, JaroWinkler(b, a), "%s %s", a, b)
		distance := Distance(a, b)
		require.Equal(t, distance, Distance(b, a))
		require.Equal(t, a == b, distance == 0)
		require.LessOrEqual(t, distance, max(len([]rune(a)), len([]rune(b))))
	}
}

func TestSoundOf(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"smith", "smyth"}, {"catherine", "katherine"}, {"philip", "filip"}, {"muller", "mueller"}, {"knight", "night"},
		{"ashcraft", "ashcroft"}, {"meier", "meyer"}, {"cohen", "kohen"},
	} {
		require.Equal(t, soundOf(pair[0]), soundOf(pair[1]), pair)
	}
	require.NotEqual(t, soundOf("smith"), soundOf("jones"))
	require.NotEqual(t, soundOf("כהן"), soundOf("לוי"))
	require.Empty(t, soundOf(""))
}
