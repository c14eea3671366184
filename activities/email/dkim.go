package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM says who signs mail (RFC 6376).
type DKIM struct {
	Domain, Selector string
	// KeyFile holds an RSA or Ed25519 private key in PEM.
	KeyFile string
}

// signed are the headers that a signature covers. RFC 8058, 4, demands the List-Unsubscribe headers: without them a
// mailbox does not offer the one-click button.
var signed = []string{
	"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Precedence", "Feedback-ID",
}

// minRSA is the shortest key that receivers still take seriously, in bits (RFC 8301, 3.2).
const minRSA = 2048

type signer struct{ options dkim.SignOptions }

// newSigner reads the key.
func newSigner(d DKIM) (*signer, error) {
	content, err := os.ReadFile(d.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("dkim.key_file: %w; name a file with the private key", err)
	}
	key, err := privateKey(content)
	if err != nil {
		return nil, fmt.Errorf("dkim.key_file: %s %w", d.KeyFile, err)
	}
	return &signer{dkim.SignOptions{
		Domain: d.Domain, Selector: d.Selector, Signer: key, HeaderKeys: signed,
		// Relays refold headers and touch trailing white space; that must not break the signature.
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}}, nil
}

// sign returns the mail with its DKIM-Signature in front.
func (s *signer) sign(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(raw), &s.options); err != nil {
		return nil, fmt.Errorf("sign a mail with the DKIM key: %w", err)
	}
	return out.Bytes(), nil
}

func privateKey(content []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("is no PEM file; make a key with `openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048`")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("holds no private key in PKCS #8 or PKCS #1")
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return nil, fmt.Errorf("holds an RSA key of %d bits; make one of %d or more", k.N.BitLen(), minRSA)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	default:
		return nil, errors.New("holds a key that is neither RSA nor Ed25519")
	}
}
