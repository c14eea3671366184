package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Key is a private key: an id by which receipts name it, and the seed of an Ed25519 key (RFC 8032).
type Key struct {
	ID   string
	Seed [ed25519.SeedSize]byte
}

// PublicKey is what others need to check a receipt.
type PublicKey struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm" jsonschema:"enum=Ed25519"`
	Key       []byte `json:"key" jsonschema_description:"32 bytes in base64"`
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// ParseKeys reads keys written as id:base64, with 32 random bytes in base64.
func ParseKeys(pairs []string) ([]Key, error) {
	var keys []Key
	seen := map[string]bool{}
	for i, pair := range pairs {
		id, encoded, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if !ok || !keyID.MatchString(id) {
			return nil, fmt.Errorf("holds a key that is not written as id:base64 (number %d)", i+1)
		}
		seed, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("holds a key, %q, that is not base64 of %d bytes", id, ed25519.SeedSize)
		}
		if seen[id] {
			return nil, fmt.Errorf("holds two keys of the id %q", id)
		}
		seen[id] = true
		keys = append(keys, Key{id, [ed25519.SeedSize]byte(seed)})
	}
	if len(keys) == 0 {
		return nil, errors.New("holds no key")
	}
	return keys, nil
}

// Signer signs receipts with its first key. Make it with NewSigner.
type Signer struct {
	id      string
	private ed25519.PrivateKey
	public  []PublicKey
}

// NewSigner returns a signer. It errs without keys.
func NewSigner(keys ...Key) (*Signer, error) {
	if len(keys) == 0 {
		return nil, errors.New("evidence.keys: give at least one key")
	}
	s := &Signer{id: keys[0].ID, private: ed25519.NewKeyFromSeed(keys[0].Seed[:])}
	for _, k := range keys {
		public := ed25519.NewKeyFromSeed(k.Seed[:]).Public().(ed25519.PublicKey)
		s.public = append(s.public, PublicKey{ID: k.ID, Algorithm: "Ed25519", Key: public})
	}
	return s, nil
}

// Public lists the public halves of all keys, so that receipts of an earlier key can be checked as well.
func (s *Signer) Public() []PublicKey { return s.public }
