package evidence

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Anchor puts the head of a chain into a log that others keep or watch, so that not even we can write the chain anew.
// Submitting the same head again gives a proof of the same entry.
type Anchor interface {
	Submit(ctx context.Context, head Hash) (Proof, error)
}

// Proof shows that a head is an entry of a log, which is a Merkle tree as in RFC 6962: the hashes of Path lead from the
// entry at Index to Root, the root of the tree while it had Size entries. Who trusts the log compares Root with what the
// log publishes.
type Proof struct {
	Log     string    `json:"log"`
	Records int       `json:"records"` // how many records of the chain the entry covers
	Index   int64     `json:"index"`
	Size    int64     `json:"size"`
	Root    Hash      `json:"root"`
	Path    []Hash    `json:"path"`
	At      time.Time `json:"at"`
}

// check holds the proof against the chain that it is to cover.
func (p Proof) check(records []Record) error {
	if p.Records < 1 || p.Records > len(records) {
		return &Finding{0, fmt.Sprintf("the proof of the log covers %d records, the chain has %d", p.Records, len(records))}
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, h := range p.Path {
		path[i] = tlog.Hash(h)
	}
	head := records[p.Records-1].Hash
	if err := tlog.CheckRecord(path, p.Size, tlog.Hash(p.Root), p.Index, tlog.RecordHash(head[:])); err != nil {
		return &Finding{p.Records, fmt.Sprintf("the proof of the log %q does not lead from it to the root of the log", p.Log)}
	}
	return nil
}
