package match

// JaroWinkler returns the similarity of two texts between 0 (nothing in common)
// and 1 (equal), with the common-prefix bonus of Winkler (1990): scale 0.1, up to
// four letters. It works on runes, so that scripts beyond Latin compare by letter
// and not by the bytes their letters share. It is symmetric; two empty texts are equal.
func JaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if len(a) > len(b) || len(a) == len(b) && a > b {
		a, b = b, a // which letters are paired depends on the order otherwise
	}
	var bufA, bufB [48]rune
	x, y := appendRunes(bufA[:0], a), appendRunes(bufB[:0], b)
	jaro := jaro(x, y)
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}

func jaro(x, y []rune) float64 {
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	window := max(max(len(x), len(y))/2-1, 0)
	var bufX, bufY [48]bool
	usedX, usedY := grow(bufX[:], len(x)), grow(bufY[:], len(y))
	matches := 0
	for i, r := range x {
		for j := max(0, i-window); j < min(len(y), i+window+1); j++ {
			if !usedY[j] && y[j] == r {
				usedX[i], usedY[j] = true, true
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	moved, j := 0, 0
	for i, r := range x {
		if !usedX[i] {
			continue
		}
		for !usedY[j] {
			j++
		}
		if y[j] != r {
			moved++
		}
		j++
	}
	m := float64(matches)
	return (m/float64(len(x)) + m/float64(len(y)) + (m-float64(moved/2))/m) / 3
}

// Distance returns the number of typing errors between two texts: insertions,
// deletions, substitutions and swaps of neighbours (the restricted Damerau–Levenshtein
// or "optimal string alignment" distance), counted in runes.
func Distance(a, b string) int {
	if a == b {
		return 0
	}
	var bufA, bufB [48]rune
	x, y := appendRunes(bufA[:0], a), appendRunes(bufB[:0], b)
	if len(x) == 0 || len(y) == 0 {
		return max(len(x), len(y))
	}
	var rows [3][49]int
	before, last, row := grow(rows[0][:], len(y)+1), grow(rows[1][:], len(y)+1), grow(rows[2][:], len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// grow returns buffer cut to n, or a new slice when the buffer on the stack is too short.
func grow[T any](buffer []T, n int) []T {
	if n <= len(buffer) {
		return buffer[:n]
	}
	return make([]T, n)
}

func appendRunes(to []rune, s string) []rune {
	for _, r := range s {
		to = append(to, r)
	}
	return to
}
