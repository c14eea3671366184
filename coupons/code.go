// Package coupons issues codes that are worth something once, and redeems them.
package coupons

import (
	"crypto/rand"
	"errors"
	"strings"
)

// alphabet are the digits of Crockford's Base32 (Crockford, Base 32, 2019): no I, L, O or U, so that nothing is misread
// and nothing rude is spelled.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// symbols is how many random digits a code has: 5 bits each, 60 bits together. With a million codes standing, one guess
// in 10¹² hits; at the API's limit of calls for each key that is not worth trying.
const symbols = 12

// checkModulus is that of Crockford's check symbol: the first prime above 32. It finds every mistyped digit and every two
// that were exchanged.
const checkModulus = 37

// ErrMistyped means that a code is not one of ours: too short, a foreign character, or a check digit that does not fit.
var ErrMistyped = errors.New("the code was mistyped")

// NewCode makes a code such as 7K3M-9QXA-2TZB-5: twelve random digits and the check digit. Codes whose check symbol would
// be a punctuation mark are thrown away, so that a code is letters and digits only; that costs 0.2 of the 60 bits.
func NewCode() string {
	for {
		var raw [symbols]byte
		_, _ = rand.Read(raw[:]) // never errs
		digits := make([]byte, symbols)
		for i, b := range raw {
			digits[i] = alphabet[b&31]
		}
		if sum := check(string(digits)); sum < len(alphabet) {
			return spell(string(digits) + alphabet[sum:sum+1])
		}
	}
}

// ReadCode reads a code as people type it: in any case, with or without hyphens and spaces, O for 0, I or L for 1. It
// returns the code as it is kept. Errors: ErrMistyped.
func ReadCode(typed string) (string, error) {
	plain := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(typed)))
	if len(plain) != symbols+1 {
		return "", ErrMistyped
	}
	for i := range len(plain) {
		if strings.IndexByte(alphabet, plain[i]) < 0 {
			return "", ErrMistyped
		}
	}
	if check(plain[:symbols]) != strings.IndexByte(alphabet, plain[symbols]) {
		return "", ErrMistyped
	}
	return spell(plain), nil
}

func check(digits string) int {
	sum := 0
	for i := range len(digits) {
		sum = (sum*32 + strings.IndexByte(alphabet, digits[i])) % checkModulus
	}
	return sum
}

func spell(plain string) string {
	return plain[:4] + "-" + plain[4:8] + "-" + plain[8:12] + "-" + plain[12:]
}
