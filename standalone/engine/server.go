// Package engine runs a Temporal server inside this process, with its data in PostgreSQL.
package engine

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	sdklog "log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
)

const (
	// readyTimeout bounds the time from the start of the services to a namespace that can be used.
	readyTimeout = 60 * time.Second
	// logLimit is the size in bytes past which the log is set aside as temporal.log.old at the next start.
	logLimit = 10 << 20
)

// Version is the release of the server.
const Version = headers.ServerVersion

// Options say where the server keeps its data and where it listens.
type Options struct {
	Databases Databases
	// Host and Port are where clients connect; the services among themselves use free ports of the same host.
	Host string
	Port int
	// LogFile gets warnings and errors; nothing is printed.
	LogFile string
}

// Server is a running Temporal server.
type Server struct {
	address string
	server  temporal.Server
}

// Start brings the database schema up to date, starts all services and returns once the default namespace can be used:
// workflows started in it and found by Perdura's search attributes.
func Start(ctx context.Context, options Options) (*Server, error) {
	logger, err := openLog(options.LogFile)
	if err != nil {
		return nil, err
	}
	if err := ensureSchema(options.Databases, logger); err != nil {
		return nil, err
	}
	at, err := choosePorts(options.Host, options.Port)
	if err != nil {
		return nil, err
	}
	conf, err := serverConfig(options.Host, at, options.Databases)
	if err != nil {
		return nil, err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts(options.Host, at)),
		temporal.WithDynamicConfigClient(tuning()),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
	)
	if err != nil {
		return nil, fmt.Errorf("compose Temporal: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start Temporal (see %s): %w", options.LogFile, err)
	}
	running := &Server{address: net.JoinHostPort(options.Host, strconv.Itoa(options.Port)), server: server}
	if err := running.ready(ctx); err != nil {
		_ = server.Stop()
		return nil, err
	}
	return running, nil
}

// ready waits for the services and prepares the namespace.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready after %s", readyTimeout))
	defer cancel()
	for {
		temporal, err := client.DialContext(ctx, client.Options{
			HostPort: s.address, Namespace: Namespace, Logger: sdklog.New(sdklog.DiscardHandler),
		})
		if err == nil {
			defer temporal.Close()
			return prepare(ctx, temporal)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("connect to Temporal at %s: %w (last answer: %w)", s.address, context.Cause(ctx), err)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// Address is where clients connect, host:port.
func (s *Server) Address() string { return s.address }

// Stop ends all services; what they were doing is in PostgreSQL.
func (s *Server) Stop() error {
	if err := s.server.Stop(); err != nil {
		return fmt.Errorf("stop Temporal: %w", err)
	}
	return nil
}

func openLog(path string) (log.Logger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("set the old Temporal log aside: %w", err)
		}
	}
	// Made here because the logger would make it readable for everybody.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the Temporal log: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open the Temporal log: %w", err)
	}
	return log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", Format: "json", OutputFile: path})), nil
}
