package signing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Errors of ReadConnect.
var (
	ErrSignature = errors.New("the signature is missing or wrong")
	ErrGarbage   = errors.New("the payload cannot be read")
)

// Report is what DocuSign Connect tells of an envelope.
type Report struct {
	EnvelopeID string
	Status     Status
}

// maxSignatures is how many keys a Connect configuration can have.
const maxSignatures = 100

// ReadConnect checks a call of DocuSign Connect (JSON, SIM) and returns what it tells. Each key of the configuration signs
// the raw body by HMAC-SHA-256, in headers X-DocuSign-Signature-1 and so on; one of ours has to fit. Errors: ErrSignature,
// ErrGarbage.
func ReadConnect(h http.Header, body []byte, keys ...[]byte) (Report, error) {
	if !signedBy(h, body, keys) {
		return Report{}, ErrSignature
	}
	var told struct {
		Data struct {
			EnvelopeID string `json:"envelopeId"`
			Summary    struct {
				Status string `json:"status"`
			} `json:"envelopeSummary"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &told); err != nil || told.Data.EnvelopeID == "" || told.Data.Summary.Status == "" {
		return Report{}, ErrGarbage
	}
	return Report{told.Data.EnvelopeID, statusOf(told.Data.Summary.Status)}, nil
}

func signedBy(h http.Header, body []byte, keys [][]byte) bool {
	for i := 1; i <= maxSignatures; i++ {
		given, err := base64.StdEncoding.DecodeString(h.Get(fmt.Sprintf("X-DocuSign-Signature-%d", i)))
		if err != nil || len(given) == 0 {
			return false
		}
		for _, key := range keys {
			mac := hmac.New(sha256.New, key)
			mac.Write(body)
			if hmac.Equal(mac.Sum(nil), given) {
				return true
			}
		}
	}
	return false
}
