package house

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/perdura/perdura/standalone/port"
)

// nextPorts is how many ports after the usual one are tried.
const nextPorts = 100

// parseListen reads "host:port", ":port" or "port". Only loopback hosts are accepted: nothing raised here is meant for
// other machines.
func parseListen(text string) (Listen, error) {
	if !strings.Contains(text, ":") {
		text = ":" + text
	}
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return Listen{}, fmt.Errorf("%q is no address; give host:port", text)
	}
	if host == "" || host == "localhost" {
		host = defaultHost
	}
	if address, err := netip.ParseAddr(host); err != nil || !address.IsLoopback() {
		return Listen{}, fmt.Errorf("%q is not on this machine; give 127.0.0.1:port", text)
	}
	parsed, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return Listen{}, fmt.Errorf("%q has no valid port; give a number from 0 to 65535", text)
	}
	return Listen{Host: host, Port: int(parsed), Fixed: parsed != 0}, nil
}

func (l Listen) String() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// pick returns an address that is free now: this one, or when it may move and is taken the next free one. Addresses in
// taken are passed over, because another part was given them and does not listen yet.
func (l Listen) pick(taken map[string]bool) (Listen, error) {
	if l.Port == 0 {
		return l.anyFree()
	}
	for next := l.Port; next <= min(l.Port+nextPorts, 65535); next++ {
		candidate := Listen{Host: l.Host, Port: next, Fixed: l.Fixed}
		err := candidate.free()
		if err == nil && !taken[candidate.String()] {
			return candidate, nil
		}
		if l.Fixed || (err != nil && !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES)) {
			return Listen{}, fmt.Errorf("listen at %s: %w; stop what uses it, or choose another address", candidate, errors.Join(err))
		}
	}
	return l.anyFree()
}

func (l Listen) free() error {
	listener, err := net.Listen("tcp", l.String())
	if err != nil {
		return errors.Unwrap(err)
	}
	return listener.Close()
}

func (l Listen) anyFree() (Listen, error) {
	found, err := port.Free(l.Host)
	return Listen{Host: l.Host, Port: found, Fixed: l.Fixed}, err
}
