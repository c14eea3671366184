package signing_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/signing"
)

var _ signing.Provider = (*signing.DocuSign)(nil)

// counterpart behaves as eSignature REST v2.1 does, as far as it is spoken to: envelopes by id and by transaction id, a
// status that moves on, and errors with a code.
type counterpart struct {
	mu        sync.Mutex
	envelopes map[string]map[string]any
	fail      func(w http.ResponseWriter) bool
}

func serve(t *testing.T) (*counterpart, *signing.DocuSign) {
	t.Helper()
	c := &counterpart{envelopes: map[string]map[string]any{}}
	mux := http.NewServeMux()
	const base = "/restapi/v2.1/accounts/acc-1/envelopes"
	mux.HandleFunc("GET "+base, func(w http.ResponseWriter, r *http.Request) {
		list := []map[string]any{}
		for _, e := range c.envelopes {
			if e["transactionId"] == r.URL.Query().Get("transaction_ids") {
				list = append(list, map[string]any{"envelopeId": e["envelopeId"], "status": e["status"]})
			}
		}
		answer(w, 200, map[string]any{"resultSetSize": strconv.Itoa(len(list)), "envelopes": list})
	})
	mux.HandleFunc("POST "+base, func(w http.ResponseWriter, r *http.Request) {
		var e map[string]any
		if json.NewDecoder(r.Body).Decode(&e) != nil || e["documents"] == nil || e["emailSubject"] == nil {
			answer(w, 400, map[string]any{"errorCode": "INVALID_REQUEST_BODY", "message": "The request body is missing or improperly formatted."})
			return
		}
		e["envelopeId"] = uuid.NewString()
		c.envelopes[e["envelopeId"].(string)] = e
		answer(w, 201, map[string]any{"envelopeId": e["envelopeId"], "status": e["status"], "statusDateTime": time.Now(), "uri": "/envelopes/x"})
	})
	mux.HandleFunc("GET "+base+"/{id}", func(w http.ResponseWriter, r *http.Request) { c.one(w, r, func(map[string]any) {}) })
	mux.HandleFunc("PUT "+base+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		c.one(w, r, func(e map[string]any) { _ = json.NewDecoder(r.Body).Decode(&e) })
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.fail != nil && c.fail(w) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer token-1" {
			answer(w, 401, map[string]any{"errorCode": "AUTHORIZATION_INVALID_TOKEN", "message": "The access token provided is expired, revoked or malformed."})
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return c, &signing.DocuSign{Base: server.URL, Account: "acc-1", Client: server.Client(), Token: func(context.Context) (string, error) { return "token-1", nil }}
}

func (c *counterpart) one(w http.ResponseWriter, r *http.Request, change func(map[string]any)) {
	e, ok := c.envelopes[r.PathValue("id")]
	if !ok {
		answer(w, 404, map[string]any{"errorCode": "ENVELOPE_DOES_NOT_EXIST", "message": "The envelope specified does not exist."})
		return
	}
	change(e)
	answer(w, 200, map[string]any{"envelopeId": e["envelopeId"], "status": e["status"]})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func TestAnEnvelopeFromSendingToItsEnd(t *testing.T) {
	t.Parallel()
	c, d := serve(t)
	r := signing.Request{ContractID: uuid.New(), Title: "Contract of supply", PDF: []byte("%PDF-1.7"), Signers: []signing.Signer{{"Ada Example", "ada@example.com"}, {"Robin Sample", "robin@example.com"}}}
	id, err := d.Send(t.Context(), r)
	require.NoError(t, err)
	again, err := d.Send(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, id, again, "a step that is tried again finds its envelope")
	require.Len(t, c.envelopes, 1)
	e := c.envelopes[id]
	require.Equal(t, base64.StdEncoding.EncodeToString(r.PDF), e["documents"].([]any)[0].(map[string]any)["documentBase64"])
	second := e["recipients"].(map[string]any)["signers"].([]any)[1].(map[string]any)
	require.Equal(t, map[string]any{"name": "Robin Sample", "email": "robin@example.com", "recipientId": "2", "routingOrder": "2"}, second)
	for word, want := range map[string]signing.Status{
		"created": signing.Sent, "sent": signing.Sent, "delivered": signing.Viewed, "signed": signing.Viewed, "completed": signing.Signed,
		"declined": signing.Declined, "voided": signing.Voided,
	} {
		e["status"] = word
		got, err := d.Status(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, got, word)
	}
	require.NoError(t, d.Void(t.Context(), id, "The terms have changed"))
	require.Equal(t, "voided", e["status"])
	require.Equal(t, "The terms have changed", e["voidedReason"])
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c, d := serve(t)
	_, err := d.Status(t.Context(), uuid.NewString())
	require.Equal(t, "not-found", process.Code(err))
	for name, tc := range map[string]struct {
		status int
		body   string
		class  string
	}{
		"down":             {503, "<html>", process.TypeUnavailable},
		"token":            {401, `{"errorCode":"AUTHORIZATION_INVALID_TOKEN"}`, process.TypeUnavailable},
		"too many":         {429, `{}`, process.TypeRateLimited},
		"too many an hour": {400, `{"errorCode":"HOURLY_APIINVOCATION_LIMIT_EXCEEDED"}`, process.TypeRateLimited},
		"wrong":            {400, `{"errorCode":"INVALID_EMAIL_ADDRESS_FOR_RECIPIENT","message":"The email address ada@example.com is not valid."}`, process.TypeInvalid},
		"not JSON at all":  {200, `hello`, process.TypeUnavailable},
	} {
		c.fail = func(w http.ResponseWriter) bool {
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
			return true
		}
		_, err := d.Send(t.Context(), signing.Request{ContractID: uuid.New()})
		require.True(t, process.IsType(err, tc.class), "%s: %v", name, err)
		require.NotContains(t, err.Error(), "ada@", "what was sent is not quoted")
	}
	d.Token = func(context.Context) (string, error) { return "", errors.New("hush") }
	_, err = d.Status(t.Context(), "x")
	require.True(t, process.IsType(err, process.TypeUnavailable))
}

func TestConnect(t *testing.T) {
	t.Parallel()
	key, other := []byte("key of ours"), []byte("key of somebody")
	body := `{"event":"envelope-completed","apiVersion":"v2.1","uri":"/restapi/v2.1/accounts/a/envelopes/e-1","retryCount":0,"configurationId":1,` +
		`"generatedDateTime":"2026-03-02T12:00:00.0000000Z","data":{"accountId":"a","userId":"u","envelopeId":"e-1","envelopeSummary":{"status":"completed"}}}`
	sign := func(key []byte, body string) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(body))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	headers := func(signatures ...string) http.Header {
		h := http.Header{}
		for i, s := range signatures {
			h.Set(fmt.Sprintf("X-DocuSign-Signature-%d", i+1), s)
		}
		return h
	}
	for name, h := range map[string]http.Header{"one key": headers(sign(key, body)), "while keys are changed": headers(sign(other, body), sign(key, body))} {
		got, err := signing.ReadConnect(h, []byte(body), key)
		require.NoError(t, err, name)
		require.Equal(t, signing.Report{EnvelopeID: "e-1", Status: signing.Signed}, got)
	}
	for name, h := range map[string]http.Header{
		"none": headers(), "of another": headers(sign(other, body)), "over another body": headers(sign(key, body+" ")), "no base64": headers("!"),
	} {
		_, err := signing.ReadConnect(h, []byte(body), key)
		require.ErrorIs(t, err, signing.ErrSignature, name)
	}
	_, err := signing.ReadConnect(headers(sign(nil, body)), []byte(body))
	require.ErrorIs(t, err, signing.ErrSignature, "without keys nobody is recognised")
	for _, garbage := range []string{"", "{}", strings.Replace(body, "envelopeId", "x", 1)} {
		_, err := signing.ReadConnect(headers(sign(key, garbage)), []byte(garbage), key)
		require.ErrorIs(t, err, signing.ErrGarbage, garbage)
	}
}
