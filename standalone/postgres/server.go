// Package postgres runs a PostgreSQL server as a child process on data that is kept between runs: it finds the programs
// (or fetches them), makes the cluster, recovers what a killed run left behind, starts and stops the server.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopTimeout is how long a fast shutdown may take before a harder one follows.
const stopTimeout = 6 * time.Second

// Options say where the server keeps its data and where it listens.
type Options struct {
	// DataDir is the data folder of the whole program, absolute.
	DataDir string
	// Host is the address to listen at, normally 127.0.0.1.
	Host string
	// Port returns the port to listen at. It is asked once a server left behind is gone, and again with the port that was
	// taken meanwhile if one was.
	Port func() (int, error)
	// Say reports what takes long or is out of the ordinary, one line each.
	Say func(line string)
}

// Server is a running PostgreSQL server.
type Server struct {
	// Version is what the server calls itself, such as "15.18".
	Version string
	// Dir is the folder of the cluster, its password and its lock.
	Dir string

	address  string
	password string
	lock     *os.File
	unlock   sync.Once
	cmd      *exec.Cmd
	done     chan struct{} // closed when the process is gone
	failure  error         // why it ended; read after done
}

// Start makes the server ready to accept connections. It recovers from an earlier run that was killed.
func Start(ctx context.Context, options Options) (*Server, error) {
	account, err := serverAccount(options.DataDir)
	if err != nil {
		return nil, err
	}
	where, err := choosePlace(ctx, options.DataDir, account)
	if err != nil {
		return nil, err
	}
	if where.moved {
		options.Say(fmt.Sprintf("PostgreSQL data lies in %s, because user %s may not enter %s", where.dir, account.Name, options.DataDir))
	}
	lock, err := takeLock(where)
	if err != nil {
		return nil, err
	}
	server, err := start(ctx, options, where, account)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	server.lock = lock
	return server, nil
}

// takeLock keeps two programs from running the same cluster, also through a copied data folder.
func takeLock(p place) (*os.File, error) {
	lock, err := os.OpenFile(p.lock(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the PostgreSQL data: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the PostgreSQL data in %s, which another run is using; stop that one first: %w", p.dir, err),
			lock.Close())
	}
	return lock, nil
}

func start(ctx context.Context, options Options, where place, account *Account) (*Server, error) {
	stopped, err := reclaim(ctx, where)
	if err != nil {
		return nil, err
	}
	if stopped {
		options.Say("stopped the PostgreSQL server that an earlier run left behind")
	}
	major, err := clusterMajor(where)
	if err != nil {
		return nil, err
	}
	programs, err := obtainBinaries(ctx, account, major, options.Say)
	if err != nil {
		return nil, err
	}
	password, err := ensureCluster(ctx, where, programs, account)
	if err != nil {
		return nil, err
	}
	server := &Server{Version: programs.Version, Dir: where.dir, password: password}
	const attempts = 5
	for attempt := 1; ; attempt++ {
		port, err := options.Port()
		if err != nil {
			return nil, err
		}
		err = server.launch(ctx, options, where, programs, account, port)
		if err == nil {
			return server, nil
		}
		var refused *startRefused
		if attempt == attempts || !errors.As(err, &refused) || !refused.passing() {
			return nil, err
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// URL returns the connection string of a database, password included.
func (s *Server) URL(database string) string {
	return URL(s.address, s.password, database)
}

// URL returns the connection string of a database of a server that Start runs at address (host:port).
func URL(address, password, database string) string {
	location := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, password), Host: address, Path: "/" + database,
		RawQuery: "sslmode=disable"}
	return location.String()
}

// Address is where the server listens, host:port.
func (s *Server) Address() string { return s.address }

// Password is that of the server's one role, "perdura".
func (s *Server) Password() string { return s.password }

// Done is closed when the server process has ended, wanted or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server: open transactions are rolled back and everything is written to disk. It returns once the
// process is gone; a server that does not end in time is made to, and recovers at its next start. Stopping it again does
// nothing.
func (s *Server) Stop() error {
	if err := s.end(); err != nil {
		return err
	}
	var err error
	s.unlock.Do(func() { err = s.lock.Close() })
	return err
}

// end makes the process end, more firmly every time.
func (s *Server) end() error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, stopTimeout}, {syscall.SIGQUIT, 3 * time.Second}, {syscall.SIGKILL, time.Second}} {
		select {
		case <-s.done:
			return nil
		default:
		}
		if err := s.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop PostgreSQL: %w", err)
		}
		select {
		case <-s.done:
			return nil
		case <-time.After(step.wait):
		}
	}
	return fmt.Errorf("stop PostgreSQL: process %d does not end", s.cmd.Process.Pid)
}
