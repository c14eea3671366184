package process

import "github.com/google/uuid"

// entrySpace is the UUID name space of entries that are derived from a key (RFC 9562, version 5).
var entrySpace = uuid.MustParse("6f0d7a52-0c5e-5c9e-9a51-5d0f9b8c2e11")

// EntryID derives the opaque id of a run from a key, so that starting it twice for the same reason gives one run.
func EntryID(key string) string { return uuid.NewSHA1(entrySpace, []byte(key)).String() }
