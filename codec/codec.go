// Package codec encrypts what goes to Temporal. Identifiers are all that the product puts there; encryption keeps even
// those, and whatever a company's own process may carry, from anyone who holds the Temporal database but not the keys.
package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

const (
	metadataEncoding = "encoding"
	metadataKeyID    = "encryption-key-id"
	metadataCipher   = "encryption-cipher"

	encodingEncrypted = "binary/encrypted"
	cipherName        = "AES-256-GCM"
)

// Key is one 256-bit key with the id under which payloads name it.
type Key struct {
	ID     string
	Secret [32]byte
}

// ParseKeys reads "id:base64" pairs. The first key encrypts; all decrypt, so that a new key is put in front and an old
// one stays until no history needs it. Errors name the id, never the secret.
func ParseKeys(pairs []string) ([]Key, error) {
	keys := make([]Key, 0, len(pairs))
	for i, pair := range pairs {
		id, encoded, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if !ok || id == "" {
			return nil, fmt.Errorf("encryption key %d: write it as id:base64, with 32 bytes in base64", i+1)
		}
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(secret) != 32 {
			return nil, fmt.Errorf("encryption key %q: its secret is not 32 bytes in base64; make one with `openssl rand -base64 32`", id)
		}
		keys = append(keys, Key{ID: id, Secret: [32]byte(secret)})
	}
	return keys, nil
}

// Codec is a Temporal payload codec: AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces. With random nonces one key
// is good for 2^32 payloads; change keys before that.
type Codec struct {
	active string
	aeads  map[string]cipher.AEAD
}

// New returns a codec that encrypts with the first key. It errs without keys or when two share an id.
func New(keys []Key) (*Codec, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("encryption needs at least one key")
	}
	c := &Codec{active: keys[0].ID, aeads: map[string]cipher.AEAD{}}
	for _, k := range keys {
		if _, twice := c.aeads[k.ID]; twice {
			return nil, fmt.Errorf("encryption key %q is given twice: every key needs an id of its own", k.ID)
		}
		block, err := aes.NewCipher(k.Secret[:])
		if err != nil {
			return nil, err
		}
		if c.aeads[k.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Encode encrypts each payload whole, its metadata included. The key id is bound to it as additional data.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encrypt a payload: %w", err)
		}
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				metadataEncoding: []byte(encodingEncrypted),
				metadataKeyID:    []byte(c.active),
				metadataCipher:   []byte(cipherName),
			},
			Data: c.aeads[c.active].Seal(nil, nil, plain, []byte(c.active)),
		}
	}
	return out, nil
}

// Decode decrypts what Encode made and passes everything else through, so that histories from before encryption stay
// readable. It errs on an unknown key id and on a payload that was changed.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[metadataEncoding]) != encodingEncrypted {
			out[i] = p
			continue
		}
		id := string(p.GetMetadata()[metadataKeyID])
		aead, ok := c.aeads[id]
		if !ok {
			return nil, fmt.Errorf("decrypt a payload: its key %q is not configured; add it behind the active key", id)
		}
		plain, err := aead.Open(nil, nil, p.GetData(), []byte(id))
		if err != nil {
			return nil, fmt.Errorf("decrypt a payload with key %q: it was changed, or the key is another one of that name", id)
		}
		out[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, out[i]); err != nil {
			return nil, fmt.Errorf("decrypt a payload with key %q: %w", id, err)
		}
	}
	return out, nil
}

// DataConverter is Temporal's default converter behind c; without c it is the default converter.
func DataConverter(c *Codec) converter.DataConverter {
	if c == nil {
		return converter.GetDefaultDataConverter()
	}
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)
}

// FailureConverter encrypts messages and stack traces of failures, which Temporal otherwise keeps in clear.
func FailureConverter(c *Codec) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: DataConverter(c), EncodeCommonAttributes: c != nil,
	})
}

// Handler serves the remote codec protocol that the Temporal UI and CLI speak (POST …/encode, …/decode). Whoever mounts
// it authenticates the caller first.
func Handler(c *Codec) http.Handler { return converter.NewPayloadCodecHTTPHandler(c) }
