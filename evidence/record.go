// Package evidence holds what proves how a document came to be signed: a chain of records, a receipt that is signed over
// it, and the proof that the chain was known to a log at a time. It reads and writes nothing: whoever holds a bundle can
// check it, without us.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Hash is a SHA-256. As text it is 64 digits of hexadecimal.
type Hash [sha256.Size]byte

// Sum is the hash of some bytes.
func Sum(b []byte) Hash { return sha256.Sum256(b) }

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash as text.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a hash as text.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("a hash has %d digits, not %d", hex.EncodedLen(len(h)), len(text))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Record is one thing that happened to a document. Payload are its particulars, all as text.
type Record struct {
	Position int               `json:"position"` // from 1
	Kind     string            `json:"kind"`
	At       time.Time         `json:"at"`
	Payload  map[string]string `json:"payload"`
	// Previous is the hash of the record before; of the first it is all zeros.
	Previous Hash `json:"previous_hash"`
	Hash     Hash `json:"hash"`
}

// DocumentHash is the name in the payload under which a record names the document that it speaks of.
const DocumentHash = "document_sha256"

// recordTag opens what is hashed, so that these hashes can be hashes of nothing else.
const recordTag = "perdura evidence record 1\n"

// Next is the record that follows after the one at position, whose hash is previous; 0 and the zero hash before the first.
// Times are kept in UTC, to the microsecond.
func Next(position int, previous Hash, kind string, at time.Time, payload map[string]string) (Record, error) {
	if payload == nil {
		payload = map[string]string{}
	}
	r := Record{Position: position + 1, Kind: kind, At: at.UTC().Truncate(time.Microsecond), Payload: payload, Previous: previous}
	var err error
	r.Hash, err = r.sum()
	return r, err
}

// sum is the hash that the record should have.
func (r Record) sum() (Hash, error) {
	raw, err := canonical(struct {
		Position int               `json:"position"`
		Kind     string            `json:"kind"`
		At       time.Time         `json:"at"`
		Payload  map[string]string `json:"payload"`
		Previous Hash              `json:"previous_hash"`
	}{r.Position, r.Kind, r.At, r.Payload, r.Previous})
	if err != nil {
		return Hash{}, fmt.Errorf("hash record %d: %w", r.Position, err)
	}
	return Sum(append([]byte(recordTag), raw...)), nil
}

// Finding is what does not fit in a bundle. Record is the position of the record, 0 when it is none of them.
type Finding struct {
	Record int
	What   string
}

func (f *Finding) Error() string {
	if f.Record > 0 {
		return fmt.Sprintf("record %d: %s", f.Record, f.What)
	}
	return f.What
}

// CheckChain recomputes every record and its link to the one before. It errs with a *Finding.
func CheckChain(records []Record) error {
	var previous Hash
	for i, r := range records {
		if r.Position != i+1 {
			return &Finding{i + 1, fmt.Sprintf("its position is %d: a record was taken out, put in or moved", r.Position)}
		}
		if r.Previous != previous {
			return &Finding{r.Position, "it does not follow the record before it"}
		}
		sum, err := r.sum()
		if err != nil {
			return &Finding{r.Position, err.Error()}
		}
		if sum != r.Hash {
			return &Finding{r.Position, fmt.Sprintf("its content (%s, %s) does not have the hash that it states", r.Kind, r.At.Format(time.RFC3339))}
		}
		previous = r.Hash
	}
	return nil
}
