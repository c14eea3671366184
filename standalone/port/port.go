// Package port finds ports to listen at.
package port

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below those that systems hand out for outgoing connections (from 32768 on Linux, from 49152 by RFC 6335). A port
// found here is used a few seconds later only: one of the others may be taken by some connection meanwhile.
const (
	first = 10000
	last  = 32767
	tries = 200
)

// Listen listens at a free port of host, a loopback address. Whoever needs the number only closes the listener.
func Listen(host string) (net.Listener, error) {
	for range tries {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(first+rand.IntN(last-first+1))))
		if err == nil {
			return listener, nil
		}
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("find a free port at %s: %w", host, err)
	}
	return listener, nil
}

// Free returns a port of host that nobody listens at.
func Free(host string) (int, error) {
	listener, err := Listen(host)
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
