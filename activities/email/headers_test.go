package email_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/provider"
)

// deliver sends one mail and returns it as the server got it.
func deliver(t *testing.T, m provider.Message, change ...func(*email.SMTPOptions)) string {
	t.Helper()
	s := listen(t, func(int) string { return kept })
	_, err := provide(t, s, change...).Send(context.Background(), m)
	require.NoError(t, err)
	require.Len(t, s.messages, 1)
	return strings.ReplaceAll(s.messages[0], "\r\n..", "\r\n.")
}

func read(t *testing.T, raw string) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	require.NoError(t, err)
	return m
}

func TestHeadersOfBulkMail(t *testing.T) {
	t.Parallel()
	raw := deliver(t, campaign)
	require.Contains(t, raw, "\r\nList-Unsubscribe: <"+campaign.Unsubscribe+">\r\n", "on one line: some mailboxes do not unfold it")
	h := read(t, raw).Header
	require.Equal(t, "List-Unsubscribe=One-Click", h.Get("List-Unsubscribe-Post"))
	require.Equal(t, "bulk", h.Get("Precedence"))
	require.Equal(t, "news:bulk:perdura", h.Get("Feedback-ID"))
	require.Empty(t, h.Get("Auto-Submitted"))
	require.Empty(t, h.Get("X-SMTPAPI"))
}

func TestHeadersOfTransactionalMail(t *testing.T) {
	t.Parallel()
	h := read(t, deliver(t, letter, func(o *email.SMTPOptions) { o.UniqueArgs = true })).Header
	require.Equal(t, "auto-generated", h.Get("Auto-Submitted"))
	require.Equal(t, "es-419", h.Get("Content-Language"))
	require.JSONEq(t, `{"unique_args": {"perdura_message": "`+letterID.String()+`"}, "category": ["welcome"]}`, h.Get("X-SMTPAPI"))
	for _, absent := range []string{"Precedence", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"} {
		require.Empty(t, h.Get(absent), absent)
	}
}

func TestNothingInAMessageBeginsAHeader(t *testing.T) {
	t.Parallel()
	const forged = "\r\nBcc: forged@example.net\r\nX-Forged: yes"
	m := campaign
	m.Subject += forged
	m.Category += forged
	m.Language = "en" + forged
	m.Unsubscribe += forged
	m.Text = ".\r\nMAIL FROM:<forged@example.net>\r\n.\r\n" + m.Text
	raw := deliver(t, m, func(o *email.SMTPOptions) { o.UniqueArgs = true })
	parsed := read(t, raw)
	for name := range parsed.Header {
		require.NotContains(t, []string{"Bcc", "X-Forged"}, name, raw)
	}
	require.Equal(t, "News  Bcc: forged@example.net  X-Forged: yes", parsed.Header.Get("Subject"))
}

func TestASignatureCoversWhatOneClickNeeds(t *testing.T) {
	t.Parallel()
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rsaPublic, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		key    any
		record string
	}{
		"rsa":     {rsaKey, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic)},
		"ed25519": {edKey, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edKey.Public().(ed25519.PublicKey))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verify := func(raw string) *dkim.Verification {
				found, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
					if domain != "perdura._domainkey.example.com" {
						return nil, errors.New("no such record")
					}
					return []string{c.record}, nil
				}})
				require.NoError(t, err)
				require.Len(t, found, 1)
				return found[0]
			}
			m := campaign
			m.Text = "Grüße.\n\n.\nA line of only a dot, and " + strings.Repeat("a long line ", 100) + "  \n\n\n"
			raw := deliver(t, m, func(o *email.SMTPOptions) {
				o.DKIM = &email.DKIM{Domain: "example.com", Selector: "perdura", KeyFile: keyFile(t, c.key)}
			})
			got := verify(raw)
			require.NoError(t, got.Err)
			for _, header := range []string{"From", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post"} {
				require.Contains(t, got.HeaderKeys, header)
			}
			require.Error(t, verify(strings.Replace(raw, "/u/A", "/u/B", 1)).Err, "another unsubscribe link breaks the signature")
			require.Error(t, verify(strings.Replace(raw, "html", "h7ml", 1)).Err, "another body does too")
		})
	}
}

func keyFile(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "dkim.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return path
}

func TestAKeyThatCannotSignIsNamed(t *testing.T) {
	t.Parallel()
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	noPEM := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(noPEM, []byte("MIIE"), 0o600))
	for file, says := range map[string]string{
		filepath.Join(t.TempDir(), "absent"): "name a file with the private key",
		noPEM:                                "is no PEM file",
		keyFile(t, short):                    "an RSA key of 1024 bits",
	} {
		_, err := email.NewSMTP(email.SMTPOptions{
			Host: "h", Port: 25, Security: email.None, From: "a@example.com", DKIM: &email.DKIM{Domain: "example.com", Selector: "s", KeyFile: file},
		})
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "dkim.key_file")
	}
}
