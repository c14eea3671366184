package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// newID returns a UUIDv7 (RFC 9562) for the given moment of the sandbox clock.
func newID(at time.Time) string {
	var id [16]byte
	rand.Read(id[6:]) // never fails: crypto/rand ends the program instead
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], uint64(max(at.UnixMilli(), 0)))
	copy(id[:6], stamp[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// twilioSID turns a message's ID into the 34 characters Twilio would use. The
// two carry the same 128 bits, so that either finds the message.
func twilioSID(id string) string {
	return "SM" + strings.ReplaceAll(id, "-", "")
}

// idOfSID is the inverse of twilioSID; false for anything that is not a
// message SID.
func idOfSID(sid string) (string, bool) {
	text, ok := strings.CutPrefix(sid, "SM")
	if !ok || len(text) != 32 {
		return "", false
	}
	text = strings.ToLower(text)
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"), true
}

// randomHex returns n random bytes as 2n lower-case hexadecimal digits.
func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
