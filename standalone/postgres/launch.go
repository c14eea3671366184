package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds a start that replays the log of a crash.
const startTimeout = 5 * time.Minute

// launch starts the process and waits until it accepts connections.
func (s *Server) launch(ctx context.Context, options Options, where place, programs Binaries, account *Account, port int) error {
	logPath := filepath.Join(options.DataDir, "logs", "postgresql.log")
	log, err := openLog(logPath)
	if err != nil {
		return err
	}
	defer log.Close()
	from, err := log.Seek(0, 2)
	if err != nil {
		return fmt.Errorf("read the end of the PostgreSQL log: %w", err)
	}
	s.address = net.JoinHostPort(options.Host, strconv.Itoa(port))
	// The process outlives ctx, which bounds the start; Stop ends it.
	args := append([]string{"-D", where.cluster()}, settings(options.Host, strconv.Itoa(port))...)
	s.cmd = account.command(context.WithoutCancel(ctx), where.dir, programs.program("postgres"), args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	dieWithParent(s.cmd)
	if err := s.run(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}

	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("start PostgreSQL: not ready after %s; see %s", startTimeout, logPath))
	defer cancel()
	for {
		err := s.greet(ctx)
		if err == nil {
			return nil
		}
		var rejected *pgconnError
		if errors.As(err, &rejected) && rejected.Code == invalidPassword {
			return errors.Join(fmt.Errorf("log in to PostgreSQL in %s: its password file does not fit the data; "+
				"restore it, or move the folder away to begin anew", where.dir), s.end())
		}
		select {
		case <-s.done:
			return &startRefused{log: logPath, reason: fatalLine(logPath, from)}
		default:
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return errors.Join(err, s.end())
		}
	}
}

// greet opens a connection and closes it. It gives up when the process ends: somebody else may have taken its port, and
// never answer.
func (s *Server) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	go func() {
		select {
		case <-s.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	connection, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	return connection.Close(ctx)
}

// run starts the process on a thread that lives exactly as long, because the kernel's signal at the parent's death is
// bound to the thread that started the child.
func (s *Server) run() error {
	started := make(chan error, 1)
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		s.failure = cmd.Wait()
	}(s.cmd, s.done)
	return <-started
}

// startRefused is a server that ended instead of becoming ready.
type startRefused struct{ log, reason string }

func (e *startRefused) Error() string {
	return fmt.Sprintf("start PostgreSQL: it ended at once (%s); see %s", e.reason, e.log)
}

// passing tells the reasons that go away: memory of a server that is just ending, a port taken in between.
func (e *startRefused) passing() bool {
	for _, text := range []string{"shared memory block", "could not create any TCP/IP sockets", "could not bind", "lock file"} {
		if strings.Contains(e.reason, text) {
			return true
		}
	}
	return false
}
