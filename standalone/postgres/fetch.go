package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// fetchable are the releases that can be fetched, by major release; fetchedMajor is the one for a new cluster.
var fetchable = map[int]embeddedpostgres.PostgresVersion{
	15: embeddedpostgres.V15, 16: embeddedpostgres.V16, 17: embeddedpostgres.V17, 18: embeddedpostgres.V18,
}

const fetchedMajor = 17

// obtainBinaries returns programs of the wanted major release (0: any), from this machine or else from the network.
func obtainBinaries(ctx context.Context, account *Account, wanted int, say func(string)) (Binaries, error) {
	found, err := findBinaries(ctx, account, wanted)
	if err == nil || !errors.Is(err, errNoBinaries) {
		return found, err
	}
	major := wanted
	if major == 0 {
		major = fetchedMajor
	}
	fetched, fetchErr := fetchBinaries(ctx, account, major, say)
	if fetchErr == nil {
		return fetched, nil
	}
	return Binaries{}, fmt.Errorf("find PostgreSQL: %w, and none could be fetched (%w); %s", err, fetchErr, installHint(major))
}

// installHint is the one line that says what to install.
func installHint(major int) string {
	if runtime.GOOS == "darwin" {
		return fmt.Sprintf("install it with: brew install postgresql@%d", major)
	}
	return fmt.Sprintf("install PostgreSQL %d (Debian, Ubuntu: apt install postgresql-%d; Fedora: dnf install postgresql-server), "+
		"or set PERDURA_DATABASE_URL to a server of yours", major, major)
}

// fetchBinaries downloads a release once per machine (or user) and checks that it runs.
func fetchBinaries(ctx context.Context, account *Account, major int, say func(string)) (Binaries, error) {
	release, known := fetchable[major]
	if !known {
		return Binaries{}, fmt.Errorf("PostgreSQL %d is not among those that can be fetched", major)
	}
	shelf := sharedPlaces
	if account == nil {
		cache, err := os.UserCacheDir()
		if err != nil {
			return Binaries{}, fmt.Errorf("find a folder to keep PostgreSQL in: %w", err)
		}
		shelf = filepath.Join(cache, "perdura")
	}
	kept := filepath.Join(shelf, "postgresql-"+string(release))
	if found, err := inspect(ctx, account, filepath.Join(kept, "bin")); err == nil {
		return found, nil
	}
	if err := os.MkdirAll(shelf, 0o755); err != nil {
		return Binaries{}, fmt.Errorf("make a folder to keep PostgreSQL in: %w", err)
	}
	say(fmt.Sprintf("PostgreSQL is not installed; fetching release %s once (about 40 MB)", release))
	if err := unpack(release, kept); err != nil {
		return Binaries{}, err
	}
	return inspect(ctx, account, filepath.Join(kept, "bin"))
}

// unpack fetches a release and puts it at kept, whole or not at all. The library has no other way to unpack than to start
// a server, so one is started on a throwaway folder; as root that refuses to start once unpacked, which is as good.
func unpack(release embeddedpostgres.PostgresVersion, kept string) error {
	work, err := os.MkdirTemp(filepath.Dir(kept), "unpack-*")
	if err != nil {
		return fmt.Errorf("make a folder to unpack PostgreSQL in: %w", err)
	}
	defer os.RemoveAll(work)
	port, err := anyPort()
	if err != nil {
		return err
	}
	unpacked := filepath.Join(work, "programs")
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().Version(release).Port(port).Logger(io.Discard).
		CachePath(filepath.Join(work, "archive")).BinariesPath(unpacked).
		RuntimePath(filepath.Join(work, "runtime")).DataPath(filepath.Join(work, "data")))
	trial := server.Start()
	if trial == nil {
		trial = server.Stop()
	}
	if _, err := os.Stat(filepath.Join(unpacked, "bin", "postgres")); err != nil {
		reason, _, _ := strings.Cut(errors.Join(trial, err).Error(), "\n")
		return fmt.Errorf("fetch PostgreSQL %s: %s", release, reason)
	}
	if err := os.RemoveAll(kept); err != nil {
		return fmt.Errorf("replace the unusable PostgreSQL in %s: %w", kept, err)
	}
	if err := os.Rename(unpacked, kept); err != nil {
		return fmt.Errorf("keep the fetched PostgreSQL: %w", err)
	}
	return os.Chmod(kept, 0o755)
}

func anyPort() (uint32, error) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return uint32(listener.Addr().(*net.TCPAddr).Port), nil
}
