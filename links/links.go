// Package links makes and reads the signed links that leave the house in messages: to unsubscribe, to choose topics, to
// answer a survey. A link says what it is for and about whom by an opaque id, and proves that we wrote it; it needs no
// session, and one for a purpose is of no use for another.
package links

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Kind is what a link is for. It is the first part of its path and is signed along.
type Kind string

// The kinds of links.
const (
	Unsubscribe Kind = "u" // a message's id
	Preferences Kind = "p" // a contact's id
	OptIn       Kind = "c" // an opt-in's id
	Survey      Kind = "s" // an invitation's id
	Contract    Kind = "k" // a contract's id
	Account     Kind = "b" // a contact's id: what they owe
	Open        Kind = "o" // a message's id: the tracking image
	Click       Kind = "l" // a message's id, with the position of the link
	Calendar    Kind = "t" // a calendar link's id
	Appointment Kind = "a" // an appointment's id
)

// plainLength is what a link says: 4 bytes position, 16 bytes id.
const plainLength = 4 + 16

// tagLength is how much of the HMAC stands in a link: 128 bits (RFC 2104, 5).
const tagLength = 16

// MinKey is the shortest key, in bytes.
const MinKey = 32

// Signer makes and reads links. The zero value reads and makes none.
type Signer struct {
	base string
	keys [][]byte
}

// NewSigner returns a signer for links below base (a URL without trailing slash). The first key signs, all are
// recognised. It errs when there is no key or one is shorter than MinKey.
func NewSigner(base string, keys ...[]byte) (*Signer, error) {
	if len(keys) == 0 {
		return nil, errors.New("links.keys: give at least one key")
	}
	for i, k := range keys {
		if len(k) < MinKey {
			return nil, fmt.Errorf("links.keys: key %d has %d bytes; give %d or more", i+1, len(k), MinKey)
		}
	}
	return &Signer{base: strings.TrimSuffix(base, "/"), keys: keys}, nil
}

// URL is the link of this kind about id.
func (s *Signer) URL(k Kind, id uuid.UUID) string {
	return s.base + "/" + string(k) + "/" + s.Token(k, id, 0)
}

// ClickURL is the link that leads on to the link at position of a message.
func (s *Signer) ClickURL(message uuid.UUID, position int) string {
	return s.base + "/" + string(Click) + "/" + s.Token(Click, message, position)
}

// Below is the address of a path of the API, such as a link that is read there.
func (s *Signer) Below(path string) string { return s.base + path }

// Token is the signed part of a link: 4 bytes position, 16 bytes id, 16 bytes HMAC-SHA-256, in base64url.
func (s *Signer) Token(k Kind, id uuid.UUID, position int) string {
	plain := binary.BigEndian.AppendUint32(nil, uint32(position))
	plain = append(plain, id[:]...)
	return base64.RawURLEncoding.EncodeToString(append(plain, tag(s.keys[0], k, plain)...))
}

// ErrForged means that a token was not made by us, or not for this kind.
var ErrForged = errors.New("the link is not one of ours")

// Read checks a token and returns what it is about. Errors: ErrForged.
func (s *Signer) Read(k Kind, token string) (id uuid.UUID, position int, err error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(plainLength+tagLength) { // the decoder passes line breaks over
		return uuid.Nil, 0, ErrForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != plainLength+tagLength {
		return uuid.Nil, 0, ErrForged
	}
	plain, given := raw[:plainLength], raw[plainLength:]
	for _, key := range s.keys {
		if hmac.Equal(tag(key, k, plain), given) {
			return uuid.UUID(plain[4:20]), int(binary.BigEndian.Uint32(plain[:4])), nil
		}
	}
	return uuid.Nil, 0, ErrForged
}

// Code is the one-time code of an id: six digits, which nobody can work out without the key.
func (s *Signer) Code(id uuid.UUID) string {
	mac := hmac.New(sha256.New, s.keys[0])
	mac.Write([]byte("perdura/code/"))
	mac.Write(id[:])
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}

func tag(key []byte, k Kind, plain []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("perdura/link/" + string(k) + "/"))
	mac.Write(plain)
	return mac.Sum(nil)[:tagLength]
}
