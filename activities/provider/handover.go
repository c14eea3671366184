package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// maxAnswer bounds what is read of a provider's answer, in bytes.
const maxAnswer = 4 << 20

// Handover watches one HTTP request and tells, when no answer came, whether the provider may have got it.
type Handover struct {
	connected atomic.Bool // there was a connection to write to
	broken    atomic.Bool // and the request could not be written whole
}

// Watch returns a context whose HTTP request is watched. Use it for one request.
func Watch(ctx context.Context) (context.Context, *Handover) {
	h := &Handover{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport takes another connection when an idle one turns out to be dead before anything was written.
		GotConn:      func(httptrace.GotConnInfo) { h.connected.Store(true); h.broken.Store(false) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { h.broken.Store(info.Err != nil) },
	}), h
}

// NoAnswer is the error for a call to name that ended with err and without an answer: Unknown when the whole request may
// have arrived, else one that says that it did not.
func (h *Handover) NoAnswer(name string, err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err // without the URL, which may hold an account or a token
	}
	if h.connected.Load() && !h.broken.Load() {
		return Unknown{Cause: err}
	}
	return fmt.Errorf("reach %s: %w", name, err)
}

// Call makes one watched request of the provider called name and reads its answer. An answer that says that the message
// was refused is returned though its body may be torn; one that says that it was taken must be whole. Errors: see NoAnswer.
func Call(client *http.Client, req *http.Request, name string) (*http.Response, []byte, error) {
	ctx, handover := Watch(req.Context())
	res, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return nil, nil, handover.NoAnswer(name, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil && res.StatusCode < http.StatusBadRequest {
		return nil, nil, Unknown{Cause: err}
	}
	return res, body, nil
}

// Client returns an HTTP client for one provider: connections are kept, a call is bounded by timeout, and redirects are
// not followed, because they would carry messages and secrets to a host that nobody configured.
func Client(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &http.Client{
		Timeout: timeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Wait reads Retry-After, seconds or an HTTP date (RFC 9110, 10.2.3); otherwise when neither is there.
func Wait(header http.Header, now time.Time, otherwise time.Duration) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return otherwise
}
