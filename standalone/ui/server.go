// Package ui serves the Temporal web interface and, beside it, the codec that makes encrypted payloads readable in it.
//
// The interface's own server listens on a free local port; a proxy in front adds the codec below /codec on the same
// origin, so that the browser needs no permission across origins and no other page gets the plain text.
package ui

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
	"github.com/temporalio/ui-server/v2/server/version"

	"github.com/perdura/perdura/standalone/port"
)

const (
	readyTimeout = 15 * time.Second
	stopTimeout  = 2 * time.Second
	// codecPath is where the proxy serves the codec. The interface appends /decode and /encode to it; without scheme and
	// host the browser asks the origin the page came from, under whichever loopback name that was opened.
	codecPath = "/codec"
)

// Version is the release of the web interface.
const Version = version.UIVersion

// Options say what the interface shows and where it listens.
type Options struct {
	// Listen is host:port for browsers; the host is a loopback address.
	Listen string
	// Temporal is the server's address, host:port.
	Temporal string
	// Namespace is shown first.
	Namespace string
	// Codec serves POST /decode and /encode; nil when payloads are not encrypted.
	Codec http.Handler
}

// Server is a running web interface.
type Server struct {
	inner   *server.Server
	proxy   *http.Server
	address string
	done    chan struct{}
	failure error
}

// Start serves the interface and returns once its first page answers.
func Start(ctx context.Context, options Options) (*Server, error) {
	listener, err := net.Listen("tcp", options.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the Temporal UI at %s: %w", options.Listen, err)
	}
	behind, err := port.Free("127.0.0.1")
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	conf := &config.Config{
		TemporalGRPCAddress: options.Temporal,
		Host:                "127.0.0.1",
		Port:                behind,
		EnableUI:            true,
		DefaultNamespace:    options.Namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		// The pages come over plain HTTP from this machine, where a Secure cookie would never be sent.
		CORS: config.CORS{CookieInsecure: true},
	}
	if options.Codec != nil {
		conf.Codec = config.Codec{
			Endpoint:            codecPath,
			IncludeCredentials:  true,
			DefaultErrorMessage: "Payloads cannot be decrypted here. Reload the page; it may stem from an earlier start.",
		}
	}
	inner := server.NewServer(server_options.WithConfigProvider(conf))
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort(conf.Host, strconv.Itoa(behind))}
	s := &Server{
		inner:   inner,
		address: listener.Addr().String(),
		proxy: &http.Server{
			Handler:           newProxy(target, options.Codec, listener.Addr().(*net.TCPAddr).Port),
			ReadHeaderTimeout: 10 * time.Second,
		},
		done: make(chan struct{}),
	}
	go func() { _ = inner.Start() }()
	go func() {
		defer close(s.done)
		if err := s.proxy.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failure = err
		}
	}()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// ready waits until a page comes through the proxy.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready after %s", readyTimeout))
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/healthz", http.NoBody)
		if err != nil {
			return fmt.Errorf("ask the Temporal UI for its health: %w", err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("it answers %s", response.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start the Temporal UI: %w (%w)", context.Cause(ctx), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Address is where browsers connect, host:port.
func (s *Server) Address() string { return s.address }

// Stop ends the interface. Requests under way get a moment to finish.
func (s *Server) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := s.proxy.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.proxy.Close() // a browser's open requests are no reason to wait
	}
	s.inner.Stop()
	<-s.done
	return errors.Join(err, s.failure)
}
