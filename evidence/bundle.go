package evidence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"time"
)

// Format names the form of a bundle.
const Format = "perdura-evidence-1"

// Bundle is everything that proves how one document was signed, in one file.
type Bundle struct {
	Format     string   `json:"format"`
	ContractID string   `json:"contract_id"`
	Document   Document `json:"document"`
	Records    []Record `json:"records"`
	Anchor     []Proof  `json:"anchor"` // empty where no log is used
	Receipt    Receipt  `json:"receipt"`
}

// Document is what was signed.
type Document struct {
	MediaType string `json:"media_type"`
	SHA256    Hash   `json:"sha256"`
	Bytes     []byte `json:"bytes"`
}

// Receipt is our signature over everything else.
type Receipt struct {
	KeyID     string    `json:"key_id"`
	IssuedAt  time.Time `json:"issued_at"`
	Signature []byte    `json:"signature"`
}

// receiptTag opens what is signed, so that these signatures are of use for nothing else.
const receiptTag = "perdura evidence receipt 1\n"

// statement is what a receipt signs: all of the bundle, the document by its hash and the chain by its head.
func (b Bundle) statement() ([]byte, error) {
	head := Hash{}
	if n := len(b.Records); n > 0 {
		head = b.Records[n-1].Hash
	}
	raw, err := canonical(struct {
		Format     string    `json:"format"`
		ContractID string    `json:"contract_id"`
		MediaType  string    `json:"media_type"`
		Document   Hash      `json:"document_sha256"`
		Records    int       `json:"records"`
		Head       Hash      `json:"head"`
		Anchor     []Proof   `json:"anchor"`
		KeyID      string    `json:"key_id"`
		IssuedAt   time.Time `json:"issued_at"`
	}{b.Format, b.ContractID, b.Document.MediaType, b.Document.SHA256, len(b.Records), head, b.Anchor, b.Receipt.KeyID, b.Receipt.IssuedAt})
	return append([]byte(receiptTag), raw...), err
}

// Pack writes a bundle about a PDF with a receipt of now. It errs with a *Finding when the chain is not whole: nothing
// broken is signed.
func (s *Signer) Pack(now time.Time, contract string, pdf []byte, records []Record, anchor []Proof) ([]byte, error) {
	b := Bundle{
		Format: Format, ContractID: contract, Document: Document{"application/pdf", Sum(pdf), pdf}, Records: records,
		Anchor: append([]Proof{}, anchor...), Receipt: Receipt{KeyID: s.id, IssuedAt: now.UTC().Truncate(time.Microsecond)},
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	statement, err := b.statement()
	if err != nil {
		return nil, err
	}
	b.Receipt.Signature = ed25519.Sign(s.private, statement)
	return canonical(b)
}

// Verify checks a bundle against public keys, and nothing but them: no database, no network. Every byte counts. It errs
// with a *Finding that says what does not fit.
func Verify(raw []byte, keys []PublicKey) (Bundle, error) {
	var b Bundle
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return b, &Finding{0, fmt.Sprintf("the file is no bundle, or was damaged before byte %d", dec.InputOffset())}
	}
	if b.Format != Format {
		return b, &Finding{0, fmt.Sprintf("the file says of itself that it is %q, not %q", b.Format, Format)}
	}
	if err := b.check(); err != nil {
		return b, err
	}
	if err := b.checkReceipt(keys); err != nil {
		return b, err
	}
	// What was checked is what the file says, to the letter: no word stands there twice, none is written otherwise.
	written, err := canonical(b)
	if err != nil {
		return b, &Finding{0, err.Error()}
	}
	if !bytes.Equal(written, raw) {
		return b, &Finding{0, fmt.Sprintf("the file is not as it was written: it differs from byte %d on", difference(written, raw))}
	}
	return b, nil
}

// check holds document, chain and log against each other.
func (b Bundle) check() error {
	if sum := Sum(b.Document.Bytes); sum != b.Document.SHA256 {
		return &Finding{0, fmt.Sprintf("the document was changed: its hash is %s, stated is %s", sum, b.Document.SHA256)}
	}
	if len(b.Records) == 0 {
		return &Finding{0, "there is no record at all"}
	}
	if err := CheckChain(b.Records); err != nil {
		return err
	}
	for _, r := range b.Records {
		about, stated := r.Payload[DocumentHash]
		if (stated || r.Position == 1) && about != b.Document.SHA256.String() {
			return &Finding{r.Position, "it speaks of another document than the one in the bundle"}
		}
	}
	for _, p := range b.Anchor {
		if err := p.check(b.Records); err != nil {
			return err
		}
	}
	return nil
}

func (b Bundle) checkReceipt(keys []PublicKey) error {
	statement, err := b.statement()
	if err != nil {
		return &Finding{0, err.Error()}
	}
	known := false
	for _, k := range keys {
		if len(k.Key) != ed25519.PublicKeySize || k.ID != "" && k.ID != b.Receipt.KeyID {
			continue
		}
		known = true
		if ed25519.Verify(k.Key, statement, b.Receipt.Signature) {
			return nil
		}
	}
	if !known {
		return &Finding{0, fmt.Sprintf("the receipt is signed with the key %q, which is none of those given", b.Receipt.KeyID)}
	}
	return &Finding{0, fmt.Sprintf("the receipt's signature is not one of the key %q over this bundle", b.Receipt.KeyID)}
}

// difference is where two texts begin to differ.
func difference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
