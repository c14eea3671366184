package busy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/perdura/perdura/appointments"
)

// errInside means that the name of a calendar leads to an address of the house.
var errInside = errors.New("the address is not one of the public internet")

// newClient reads calendars. A calendar's address is somebody's word: over https it may lead to the public internet only.
// That is looked at when the name has become an address and the connection is made, so that no name may mean one thing when
// it is checked and another when it is used. There is no proxy: it would make the address of the name where nobody looks.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !appointments.Outside(at.Addr()) {
			return errInside
		}
		return nil
	}}
	outside := http.DefaultTransport.(*http.Transport).Clone()
	outside.Proxy, outside.DialContext = nil, dialer.DialContext
	here := http.DefaultTransport.(*http.Transport).Clone()
	here.Proxy = nil
	return &http.Client{Timeout: timeout, Transport: byScheme{https: outside, http: here}, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || !appointments.FeedAddress(req.URL.String()) || via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// byScheme takes another way over http, which FeedAddress lets pass to this very machine only.
type byScheme struct{ https, http http.RoundTripper }

func (b byScheme) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "http" {
		return b.http.RoundTrip(req)
	}
	return b.https.RoundTrip(req)
}
