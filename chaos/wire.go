package main

import (
	"io"
	"net"
	"sync"
	"time"
)

// wire is a connection between two processes that can be cut and slowed: a TCP relay.
type wire struct {
	to       string
	listener net.Listener

	mu    sync.Mutex
	cut   bool
	delay time.Duration
	open  map[net.Conn]bool
}

// lay lays a wire to an address.
func lay(to string) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{to: to, listener: l, open: map[net.Conn]bool{}}
	go w.serve()
	return w, nil
}

// at is where the near end listens.
func (w *wire) at() string { return w.listener.Addr().String() }

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.join(near)
	}
}

func (w *wire) join(near net.Conn) {
	defer w.drop(near)
	if !w.note(near) {
		return
	}
	far, err := net.DialTimeout("tcp", w.to, time.Second)
	if err != nil {
		return
	}
	defer w.drop(far)
	if !w.note(far) {
		return
	}
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			w.carry(pair[1], pair[0])
			done <- struct{}{}
		}()
	}
	<-done // one end is enough: what is half cut is cut
}

// carry moves bytes, each piece as late as the wire is slow.
func (w *wire) carry(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			w.mu.Lock()
			delay := w.delay
			w.mu.Unlock()
			time.Sleep(delay)
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err == io.EOF || err != nil {
			return
		}
	}
}

func (w *wire) note(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.cut {
		w.open[c] = true
	}
	return !w.cut
}

func (w *wire) drop(c net.Conn) {
	_ = c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

// sever breaks every connection in the middle of whatever it says, and lets none through until mended.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for c := range w.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not a farewell
		}
		_ = c.Close()
	}
}

// slow delays every piece.
func (w *wire) slow(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = by
}

// mend makes it a good wire again.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.delay = false, 0
}
