// Package anchor keeps logs of the heads of chains of evidence.
package anchor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perdura/perdura/evidence"
)

// File is a log in a file that only grows: one line an entry, the time and the head. Whoever copies the file elsewhere
// from time to time can show later that nothing in it was changed.
type File struct {
	path string
	now  func() time.Time
}

// NewFile returns the log at path, which is made with its first entry. now is the time that entries state.
func NewFile(path string, now func() time.Time) *File { return &File{path, now} }

// Submit implements evidence.Anchor. The entry is on the disk when it returns.
func (f *File) Submit(_ context.Context, head evidence.Hash) (evidence.Proof, error) {
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return evidence.Proof{}, fmt.Errorf("open the log of evidence: %w", err)
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return evidence.Proof{}, fmt.Errorf("lock the log of evidence: %w", err)
	}
	entries, err := read(file)
	if err != nil {
		return evidence.Proof{}, err
	}
	for i, e := range entries {
		if e.head == head {
			return prove(entries, int64(i))
		}
	}
	added := entry{f.now().UTC().Truncate(time.Second), head}
	if _, err := fmt.Fprintf(file, "%s %s\n", added.at.Format(time.RFC3339), head); err != nil {
		return evidence.Proof{}, fmt.Errorf("write to the log of evidence: %w", err)
	}
	if err := file.Sync(); err != nil {
		return evidence.Proof{}, fmt.Errorf("write to the log of evidence: %w", err)
	}
	return prove(append(entries, added), int64(len(entries)))
}

// Root is the root of the log while it had size entries, to be held against that of a proof.
func (f *File) Root(size int64) (evidence.Hash, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return evidence.Hash{}, fmt.Errorf("open the log of evidence: %w", err)
	}
	defer file.Close()
	entries, err := read(file)
	if err != nil {
		return evidence.Hash{}, err
	}
	if size < 1 || size > int64(len(entries)) {
		return evidence.Hash{}, fmt.Errorf("the log of evidence has %d entries, not %d", len(entries), size)
	}
	tree, err := grow(entries[:size])
	if err != nil {
		return evidence.Hash{}, err
	}
	root, err := tlog.TreeHash(size, tree)
	return evidence.Hash(root), err
}

type entry struct {
	at   time.Time
	head evidence.Hash
}

// read reads all entries. A last line without an end was cut off by a crash; nobody has a proof of it, but it is for a
// person to take it out: the file is evidence.
func read(r io.Reader) ([]entry, error) {
	var entries []entry
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return entries, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read the log of evidence: %w", err)
		}
		at, head, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var e entry
		var bad error
		e.at, bad = time.Parse(time.RFC3339, at)
		if err != nil || bad != nil || e.head.UnmarshalText([]byte(head)) != nil {
			return nil, fmt.Errorf("read the log of evidence: line %d is not one that was written here: compare the file with a copy", len(entries)+1)
		}
		entries = append(entries, e)
	}
}

// hashes are those of a tree, in the order in which tlog stores them.
type hashes []tlog.Hash

// ReadHashes implements tlog.HashReader.
func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at >= int64(len(h)) {
			return nil, fmt.Errorf("the tree has no hash %d", at)
		}
		out[i] = h[at]
	}
	return out, nil
}

// grow builds the tree of the entries.
func grow(entries []entry) (hashes, error) {
	var tree hashes
	for i, e := range entries {
		more, err := tlog.StoredHashes(int64(i), e.head[:], tree)
		if err != nil {
			return nil, fmt.Errorf("build the tree of the log of evidence: %w", err)
		}
		tree = append(tree, more...)
	}
	return tree, nil
}

func prove(entries []entry, index int64) (evidence.Proof, error) {
	tree, err := grow(entries)
	if err != nil {
		return evidence.Proof{}, err
	}
	size := int64(len(entries))
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return evidence.Proof{}, fmt.Errorf("prove an entry of the log of evidence: %w", err)
	}
	path, err := tlog.ProveRecord(size, index, tree)
	if err != nil {
		return evidence.Proof{}, fmt.Errorf("prove an entry of the log of evidence: %w", err)
	}
	proof := evidence.Proof{Log: "file", Index: index, Size: size, Root: evidence.Hash(root), Path: []evidence.Hash{}, At: entries[index].at}
	for _, h := range path {
		proof.Path = append(proof.Path, evidence.Hash(h))
	}
	return proof, nil
}
