package house

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/links"
)

// Secrets are made at the first run and kept in DATA/secrets.json, readable by their owner only. Whoever loses them
// loses what they encrypt.
type Secrets struct {
	// APIKey is the first key of the API, for Authorization: Bearer.
	APIKey string `json:"api_key"`
	// EncryptionKeys are for the payloads in Temporal: "id:base64" of 32 random bytes each. The first encrypts, all decrypt.
	EncryptionKeys []string `json:"encryption_keys"`
	// WebhookSecret signs outgoing webhooks: "whsec_" and base64, as in Standard Webhooks.
	WebhookSecret string `json:"webhook_secret"`
	// LinksKey signs the links in messages: base64 of 32 random bytes.
	LinksKey string `json:"links_key"`
	// EvidenceKey signs the receipts of contracts: "id:base64" of 32 random bytes.
	EvidenceKey string `json:"evidence_key"`
	// TwilioAccountSID and TwilioAuthToken are the sandbox's account.
	TwilioAccountSID string `json:"twilio_account_sid"`
	TwilioAuthToken  string `json:"twilio_auth_token"`
	// SendGridKey signs the sandbox's mail events: a P-256 private key, PKCS #8 in base64.
	SendGridKey string `json:"sendgrid_key"`
	// SendGridAPIKey, SESAccessKeyID and SESSecretKey are the sandbox's accounts for mail.
	SendGridAPIKey string `json:"sendgrid_api_key"`
	SESAccessKeyID string `json:"ses_access_key_id"`
	SESSecretKey   string `json:"ses_secret_key"`
	// StripeAPIKey is the sandbox's account for payments, and StripeWebhookSecret signs its events.
	StripeAPIKey        string `json:"stripe_api_key"`
	StripeWebhookSecret string `json:"stripe_webhook_secret"`
}

// SendGridWebhookKey is the public half of SendGridKey, as SendGrid shows it: base64 of its DER form.
func (s Secrets) SendGridWebhookKey() (string, error) {
	private, err := s.SendGridPrivateKey()
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return "", fmt.Errorf("read the sandbox's mail key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

// SendGridPrivateKey decodes SendGridKey.
func (s Secrets) SendGridPrivateKey() (*ecdsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(s.SendGridKey)
	if err != nil {
		return nil, fmt.Errorf("read the sandbox's mail key: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read the sandbox's mail key: %w", err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read the sandbox's mail key: it is a %T", key)
	}
	return private, nil
}

// loadSecrets reads the secrets of a data folder, or makes them. Two parts that start at the same moment get the same.
func loadSecrets(dataDir string) (Secrets, error) {
	path := filepath.Join(dataDir, "secrets.json")
	lock, err := os.OpenFile(filepath.Join(dataDir, "secrets.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return Secrets{}, fmt.Errorf("read the secrets: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return Secrets{}, fmt.Errorf("wait for another part to read the secrets: %w", err)
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		made, err := newSecrets()
		if err != nil {
			return Secrets{}, err
		}
		return made, writeJSON(path, made)
	}
	if err != nil {
		return Secrets{}, fmt.Errorf("read the secrets: %w", err)
	}
	var kept Secrets
	if err := json.Unmarshal(content, &kept); err != nil {
		return Secrets{}, fmt.Errorf("read the secrets in %s (restore the file, or move the data folder away to begin anew): %w", path, err)
	}
	if kept.complete() {
		return kept, writeJSON(path, kept)
	}
	return kept, nil
}

// complete makes what an earlier version did not know of and reports whether there was any.
func (s *Secrets) complete() bool {
	before := *s
	if s.LinksKey == "" {
		s.LinksKey = newLinksKey()
	}
	if s.EvidenceKey == "" {
		s.EvidenceKey = "standalone:" + base64.StdEncoding.EncodeToString(randomBytes(32))
	}
	if s.SendGridAPIKey == "" {
		s.SendGridAPIKey = "SG." + hex.EncodeToString(randomBytes(16))
	}
	if s.SESAccessKeyID == "" {
		s.SESAccessKeyID = "AKIA" + strings.ToUpper(hex.EncodeToString(randomBytes(8)))
		s.SESSecretKey = base64.StdEncoding.EncodeToString(randomBytes(30))
	}
	if s.StripeAPIKey == "" {
		s.StripeAPIKey = "sk_test_" + hex.EncodeToString(randomBytes(16))
		s.StripeWebhookSecret = "whsec_" + hex.EncodeToString(randomBytes(16))
	}
	return !reflect.DeepEqual(before, *s)
}

func newLinksKey() string { return base64.StdEncoding.EncodeToString(randomBytes(links.MinKey)) }

func newSecrets() (Secrets, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Secrets{}, fmt.Errorf("make the sandbox's mail key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return Secrets{}, fmt.Errorf("make the sandbox's mail key: %w", err)
	}
	made := Secrets{
		APIKey:           access.NewSecret(),
		EncryptionKeys:   []string{"standalone:" + base64.StdEncoding.EncodeToString(randomBytes(32))},
		WebhookSecret:    "whsec_" + base64.StdEncoding.EncodeToString(randomBytes(32)),
		TwilioAccountSID: "AC" + hex.EncodeToString(randomBytes(16)),
		TwilioAuthToken:  hex.EncodeToString(randomBytes(16)),
		SendGridKey:      base64.StdEncoding.EncodeToString(der),
	}
	made.complete()
	return made, nil
}

func randomBytes(count int) []byte {
	bytes := make([]byte, count)
	_, _ = rand.Read(bytes) // never fails: it ends the program instead
	return bytes
}

// writeJSON writes a file whole or not at all, readable by its owner only.
func writeJSON(path string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(append(content, '\n'))
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
