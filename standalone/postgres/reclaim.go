package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// reclaimTimeout is how long a server left behind may take to stop before it is stopped the hard way.
const reclaimTimeout = 20 * time.Second

// reclaim makes a cluster startable after this program was killed: it stops a server of this very cluster that is still
// running, waits for its orphaned children (they hold the shared memory), and removes a pid file that names no server
// of it. It never touches a process that does not serve this cluster. Returns whether it stopped one.
func reclaim(ctx context.Context, p place) (bool, error) {
	cluster, err := filepath.EvalSymlinks(p.cluster())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a PostgreSQL server left behind: %w", err)
	}
	stopped := false
	deadline := time.Now().Add(reclaimTimeout)
	for signalled := syscall.Signal(0); ; {
		pids, err := serversOf(cluster)
		if err != nil {
			return stopped, fmt.Errorf("look for a PostgreSQL server left behind: %w", err)
		}
		if len(pids) == 0 {
			break
		}
		wish := syscall.SIGINT // fast shutdown: roll back, write a checkpoint, end
		if time.Now().After(deadline) {
			wish = syscall.SIGQUIT // end now, recover at the next start
		}
		if time.Now().After(deadline.Add(reclaimTimeout)) {
			return stopped, fmt.Errorf("stop the PostgreSQL server left behind in %s: processes %v do not end; stop them and start again",
				p.dir, pids)
		}
		if postmaster := postmasterPID(cluster); wish != signalled && slices.Contains(pids, postmaster) {
			signalled = wish
			stopped = true
			if err := syscall.Kill(postmaster, wish); err != nil && !errors.Is(err, syscall.ESRCH) {
				return stopped, fmt.Errorf("stop the PostgreSQL server left behind in %s (process %d): %w", p.dir, postmaster, err)
			}
		}
		if err := pause(ctx, 25*time.Millisecond); err != nil {
			return stopped, err
		}
	}
	// Nobody serves the cluster, so whatever process the pid file names is another's that got the same number. The
	// server would take it for its own and refuse to start.
	if err := os.Remove(filepath.Join(cluster, "postmaster.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return stopped, fmt.Errorf("remove the pid file of a PostgreSQL server that is gone: %w", err)
	}
	return stopped, nil
}

// postmasterPID reads the number of the main server process; 0 when there is none on record.
func postmasterPID(cluster string) int {
	content, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

// pause waits, or returns the reason why ctx ended first.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
