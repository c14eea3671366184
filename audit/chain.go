package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// chainTag opens every encoding, so that these hashes can be hashes of nothing else.
const chainTag = "perdura audit chain 1\n"

// genesis stands for the record before the first.
var genesis = make([]byte, sha256.Size)

// link is what the hash of a record covers: its place, its predecessor and every column of its row.
type link struct {
	seq                      int64
	prev                     []byte
	id                       int64
	at                       time.Time
	actorKind, actorID       string
	action                   string
	resourceKind, resourceID string
	reason, details          string
}

// hash is SHA-256 over chainTag and the fields of link in their order. Numbers are 8 bytes, big-endian; the time is its
// microseconds since 1970 UTC, which is all that PostgreSQL keeps; texts are UTF-8, details the text that PostgreSQL
// gives for its jsonb. Every field is preceded by its length in bytes, 8 bytes big-endian, so no two records share an
// encoding.
func (l link) hash() []byte {
	h := sha256.New()
	var n [8]byte
	number := func(v int64) []byte {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		return n[:]
	}
	field := func(b []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(b)))
		h.Write(length[:])
		h.Write(b)
	}
	h.Write([]byte(chainTag))
	field(number(l.seq))
	field(l.prev)
	field(number(l.id))
	field(number(l.at.UnixMicro()))
	for _, text := range []string{l.actorKind, l.actorID, l.action, l.resourceKind, l.resourceID, l.reason, l.details} {
		field([]byte(text))
	}
	return h.Sum(nil)
}
