package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Account is the system user the server runs as. A nil Account means: whoever runs this program.
type Account struct {
	Name string
	UID  uint32
	GID  uint32
}

// serverAccount returns nil for an ordinary user. For root it returns an unprivileged account, since PostgreSQL refuses
// to run as root: the owner of the data folder's cluster if there is one already, else "postgres" where it exists, else
// "nobody".
func serverAccount(dataDir string) (*Account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var made syscall.Stat_t
	if err := syscall.Stat(filepath.Join(dataDir, "postgres", "cluster"), &made); err == nil && made.Uid != 0 {
		return &Account{Name: "number " + strconv.Itoa(int(made.Uid)), UID: made.Uid, GID: made.Gid}, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &Account{Name: name, UID: uint32(uid), GID: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("choose a user for PostgreSQL, which refuses to run as root: there is neither postgres nor nobody; " +
		"create one (useradd --system postgres) or start as an ordinary user")
}

// command prepares a program to run as the account in dir, with none of the caller's PostgreSQL variables and in its own
// process group, so that Ctrl-C in a terminal reaches us first and we stop things in order.
func (a *Account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "PG") || strings.HasPrefix(variable, "LC_") || strings.HasPrefix(variable, "LANG") {
			continue
		}
		cmd.Env = append(cmd.Env, variable)
	}
	// macOS refuses to start a server without a locale ("became multithreaded during startup").
	cmd.Env = append(cmd.Env, "LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.UID, Gid: a.GID}
	}
	return cmd
}

// own gives a file or folder to the account.
func (a *Account) own(path string) error {
	if a == nil {
		return nil
	}
	if err := os.Chown(path, int(a.UID), int(a.GID)); err != nil {
		return fmt.Errorf("give %s to user %s: %w", path, a.Name, err)
	}
	return nil
}

// mayEnter reports whether the account can make dir its working folder. The kernel answers, by doing it: that counts
// every parent folder, access lists and mount options alike.
func (a *Account) mayEnter(ctx context.Context, dir string) bool {
	if a == nil {
		return true
	}
	return a.command(ctx, dir, "/bin/sh", "-c", ":").Run() == nil
}
