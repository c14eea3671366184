package evidence_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/evidence/anchor"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	pdf  = []byte("%PDF-1.7 a small document")
)

func signer(t *testing.T, id string, fill byte) *evidence.Signer {
	t.Helper()
	s, err := evidence.NewSigner(evidence.Key{ID: id, Seed: [32]byte(bytes.Repeat([]byte{fill}, 32))})
	require.NoError(t, err)
	return s
}

// chain is one of three records about pdf.
func chain(t *testing.T) []evidence.Record {
	t.Helper()
	var records []evidence.Record
	for i, step := range []struct {
		kind    string
		payload map[string]string
	}{
		{"issued", map[string]string{evidence.DocumentHash: evidence.Sum(pdf).String(), "template": "contract"}},
		{"viewed", nil},
		{"signed", map[string]string{evidence.DocumentHash: evidence.Sum(pdf).String(), "name": "Zoë \"Z\" \u2028 <Example>\t&"}},
	} {
		var previous evidence.Hash
		if i > 0 {
			previous = records[i-1].Hash
		}
		r, err := evidence.Next(i, previous, step.kind, noon.Add(time.Duration(i)*time.Minute+time.Microsecond), step.payload)
		require.NoError(t, err)
		records = append(records, r)
	}
	return records
}

// packed is a bundle with the proof of a log that holds other entries, too.
func packed(t *testing.T) []byte {
	t.Helper()
	records := chain(t)
	log := anchor.NewFile(t.TempDir()+"/log", func() time.Time { return noon })
	var proof evidence.Proof
	for _, head := range []evidence.Hash{evidence.Sum([]byte("a")), evidence.Sum([]byte("b")), records[2].Hash, evidence.Sum([]byte("c"))} {
		p, err := log.Submit(t.Context(), head)
		require.NoError(t, err)
		if head == records[2].Hash {
			proof = p
		}
	}
	proof.Records = 3
	raw, err := signer(t, "2026a", 7).Pack(noon, "c-1", pdf, records, []evidence.Proof{proof})
	require.NoError(t, err)
	return raw
}

func TestABundleIsCheckedWithNothingButAPublicKey(t *testing.T) {
	t.Parallel()
	raw := packed(t)
	b, err := evidence.Verify(raw, signer(t, "2026a", 7).Public())
	require.NoError(t, err)
	require.Equal(t, pdf, b.Document.Bytes)
	require.Equal(t, chain(t), b.Records)
	require.Len(t, b.Anchor, 1)
	require.EqualValues(t, 2, b.Anchor[0].Index)
	nameless := signer(t, "2026a", 7).Public()
	nameless[0].ID = ""
	_, err = evidence.Verify(raw, nameless)
	require.NoError(t, err, "a bare key is enough")
}

func TestOneChangedByteAnywhereFails(t *testing.T) {
	t.Parallel()
	raw, keys := packed(t), signer(t, "2026a", 7).Public()
	for i := range raw {
		for _, change := range []byte{raw[i] ^ 1, raw[i] ^ 0x20, 'A', ' '} {
			if change == raw[i] {
				continue
			}
			damaged := bytes.Clone(raw)
			damaged[i] = change
			_, err := evidence.Verify(damaged, keys)
			var finding *evidence.Finding
			require.ErrorAs(t, err, &finding, "byte %d, %q for %q", i, change, raw[i])
		}
	}
	for name, damaged := range map[string][]byte{
		"cut off": raw[:len(raw)-1], "longer": append(bytes.Clone(raw), '\n'), "empty": nil,
		"a word twice": append([]byte(`{"contract_id":"c-1",`), raw[1:]...),
	} {
		_, err := evidence.Verify(damaged, keys)
		require.Error(t, err, name)
	}
}

// Whoever changes a bundle with care, hashes and all, is told what does not fit.
func TestWhatDoesNotFitIsNamed(t *testing.T) {
	t.Parallel()
	keys := signer(t, "2026a", 7).Public()
	for name, tc := range map[string]struct {
		spoil func(*evidence.Bundle)
		want  string
	}{
		"the document": {func(b *evidence.Bundle) { b.Document.Bytes = []byte("another") }, "the document was changed"},
		"the document and its hash": {func(b *evidence.Bundle) {
			b.Document.Bytes, b.Document.SHA256 = []byte("another"), evidence.Sum([]byte("another"))
		}, "record 1: it speaks of another document"},
		"a payload":      {func(b *evidence.Bundle) { b.Records[2].Payload["name"] = "Somebody Else" }, "record 3: its content (signed"},
		"a time":         {func(b *evidence.Bundle) { b.Records[1].At = noon }, "record 2: its content (viewed"},
		"a removal":      {func(b *evidence.Bundle) { b.Records = append(b.Records[:1], b.Records[2]) }, "record 2: its position is 3"},
		"the end":        {func(b *evidence.Bundle) { b.Records = b.Records[:2] }, "the proof of the log covers 3 records"},
		"no log":         {func(b *evidence.Bundle) { b.Anchor = []evidence.Proof{} }, "the receipt's signature"},
		"the log":        {func(b *evidence.Bundle) { b.Anchor[0].Root[0] ^= 1 }, "record 3: the proof of the log"},
		"the log's name": {func(b *evidence.Bundle) { b.Anchor[0].Log = "elsewhere" }, "the receipt's signature"},
		"the rest anew": {func(b *evidence.Bundle) {
			r, err := evidence.Next(1, b.Records[0].Hash, "viewed", noon, nil)
			require.NoError(t, err)
			b.Records, b.Anchor = []evidence.Record{b.Records[0], r}, []evidence.Proof{}
		}, "the receipt's signature"},
		"another key":  {func(b *evidence.Bundle) { b.Receipt.KeyID = "2027a" }, `the key "2027a", which is none of those given`},
		"no records":   {func(b *evidence.Bundle) { b.Records = []evidence.Record{} }, "there is no record"},
		"the format":   {func(b *evidence.Bundle) { b.Format = "perdura-evidence-2" }, "not \"perdura-evidence-1\""},
		"the contract": {func(b *evidence.Bundle) { b.ContractID = "c-2" }, "the receipt's signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := evidence.Verify(packed(t), keys)
			require.NoError(t, err)
			tc.spoil(&b)
			raw, err := json.Marshal(b)
			require.NoError(t, err)
			_, err = evidence.Verify(raw, keys)
			require.ErrorContains(t, err, tc.want)
		})
	}
	_, err := evidence.Verify(packed(t), signer(t, "2026a", 8).Public())
	require.ErrorContains(t, err, "the receipt's signature", "the same name, another key")
}

func TestABrokenChainIsNotSigned(t *testing.T) {
	t.Parallel()
	records := chain(t)
	records[1].Kind = "declined"
	_, err := signer(t, "2026a", 7).Pack(noon, "c-1", pdf, records, nil)
	require.ErrorContains(t, err, "record 2: its content")
}

// The hash of a record is fixed for good: bundles are checked for decades.
func TestTheHashOfARecordNeverChanges(t *testing.T) {
	t.Parallel()
	r, err := evidence.Next(4, evidence.Sum([]byte("before")), "signed", noon.In(time.FixedZone("", 3600)), map[string]string{"name": "Zoë\n", "a": "b"})
	require.NoError(t, err)
	written := "perdura evidence record 1\n" + `{"at":"2026-03-02T12:00:00Z","kind":"signed","payload":{"a":"b","name":"Zoë\n"},"position":5,"previous_hash":"` +
		evidence.Sum([]byte("before")).String() + `"}`
	require.Equal(t, evidence.Sum([]byte(written)), r.Hash)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	keys, err := evidence.ParseKeys([]string{"2026a:" + good, " 2025b:" + good})
	require.NoError(t, err)
	s, err := evidence.NewSigner(keys...)
	require.NoError(t, err)
	require.Len(t, s.Public(), 2)
	require.Equal(t, "2026a", s.Public()[0].ID)
	for _, pairs := range [][]string{nil, {good}, {"a:AAEC"}, {"a:" + good, "a:" + good}, {"a b:" + good}} {
		_, err := evidence.ParseKeys(pairs)
		require.Error(t, err, strings.Join(pairs, ","))
	}
	_, err = evidence.NewSigner()
	require.Error(t, err)
}
