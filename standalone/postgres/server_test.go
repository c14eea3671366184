package postgres

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// said collects remarks.
type said struct {
	mu    sync.Mutex
	lines string
}

func (s *said) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines += line + "\n"
}

// dataDir is a folder that the server's account may enter, which the test framework's own are not for others than root.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711))
	return dir
}

func options(dir string, remarks *said) Options {
	return Options{DataDir: dir, Host: "127.0.0.1", Say: remarks.say, Port: func() (int, error) {
		port, err := anyPort()
		return int(port), err
	}}
}

func started(t *testing.T, dir string) (*Server, *said) {
	t.Helper()
	remarks := &said{}
	server, err := Start(t.Context(), options(dir, remarks))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server, remarks
}

func query[T any](t *testing.T, server *Server, sql string) T {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	defer connection.Close(context.Background())
	var value T
	require.NoError(t, connection.QueryRow(t.Context(), sql).Scan(&value))
	return value
}

func execute(t *testing.T, server *Server, sql string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	defer connection.Close(context.Background())
	_, err = connection.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func TestDataIsKeptBetweenRuns(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first, _ := started(t, dir)
	execute(t, first, "create table kept as select 42 as answer")
	require.NoError(t, first.Stop())

	second, remarks := started(t, dir)
	require.Equal(t, 42, query[int](t, second, "select answer from kept"))
	require.Equal(t, first.Password(), second.Password())
	require.Empty(t, remarks.lines, "an ordinary second start is not worth a remark")
}

func TestServerIsDurableAndPrivate(t *testing.T) {
	t.Parallel()
	server, _ := started(t, dataDir(t))
	for setting, value := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "200",
		"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "password_encryption": "scram-sha-256",
		"log_error_verbosity": "terse", "data_checksums": "on", "TimeZone": "UTC",
	} {
		require.Equal(t, value, query[string](t, server, "select current_setting('"+setting+"')"), setting)
	}
	require.Equal(t, "äß", query[string](t, server, "select lower('Äß')"), "letters beyond ASCII have a lower case")

	_, err := pgx.Connect(t.Context(), URL(server.Address(), "wrong", "postgres"))
	require.ErrorContains(t, err, "28P01")
	info, err := os.Stat(filepath.Join(server.Dir, "password"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestStartAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first, _ := started(t, dir)
	execute(t, first, "create table kept as select 42 as answer")
	require.NoError(t, syscall.Kill(postmasterPID(filepath.Join(first.Dir, "cluster")), syscall.SIGKILL))
	<-first.Done()
	require.NoError(t, first.Stop())

	second, _ := started(t, dir)
	require.Equal(t, 42, query[int](t, second, "select answer from kept"))
}

func TestStartStopsAServerLeftBehind(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first, _ := started(t, dir)
	execute(t, first, "create table kept as select 42 as answer")
	require.NoError(t, first.Stop())

	// As after kill -9 where the system does not end children with their parent: nobody waits for this one.
	account, err := serverAccount(dir)
	require.NoError(t, err)
	programs, err := findBinaries(t.Context(), account, 0)
	require.NoError(t, err)
	port, err := anyPort()
	require.NoError(t, err)
	left := account.command(context.Background(), first.Dir, programs.program("postgres"),
		append([]string{"-D", filepath.Join(first.Dir, "cluster")}, settings("127.0.0.1", strconv.Itoa(int(port)))...)...)
	require.NoError(t, left.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = left.Wait() }()
	require.Eventually(t, func() bool { return postmasterPID(filepath.Join(first.Dir, "cluster")) == left.Process.Pid },
		10*time.Second, 10*time.Millisecond)

	second, remarks := started(t, dir)
	<-ended
	require.Contains(t, remarks.lines, "left behind")
	require.Equal(t, 42, query[int](t, second, "select answer from kept"))
}

func TestStartIgnoresAPidFileThatNamesAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first, _ := started(t, dir)
	require.NoError(t, first.Stop())
	other := exec.Command("/bin/sleep", "60")
	require.NoError(t, other.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = other.Wait() }()
	pidFile := filepath.Join(first.Dir, "cluster", "postmaster.pid")
	content := strconv.Itoa(other.Process.Pid) + "\n" + filepath.Join(first.Dir, "cluster") + "\n0\n5432\n\n127.0.0.1\n 1 2\nready\n"
	require.NoError(t, os.WriteFile(pidFile, []byte(content), 0o600))
	account, err := serverAccount(dir)
	require.NoError(t, err)
	require.NoError(t, account.own(pidFile))

	started(t, dir)
	select {
	case <-ended:
		require.Fail(t, "the other process was ended")
	default:
	}
	require.NoError(t, other.Process.Kill())
	<-ended
}

func TestHalfMadeClusterIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	for _, name := range []string{"cluster.unfinished/PG_VERSION", "cluster/note.txt"} {
		path := filepath.Join(dir, "postgres", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("15\n"), 0o600))
	}
	server, _ := started(t, dir)
	require.Equal(t, 1, query[int](t, server, "select 1"))
	require.NoDirExists(t, filepath.Join(server.Dir, "cluster.unfinished"))
	aside, err := filepath.Glob(filepath.Join(server.Dir, "cluster.broken-*", "note.txt"))
	require.NoError(t, err)
	require.Len(t, aside, 1, "what was there is set aside, not deleted")
}

func TestOneClusterHasOneServer(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	server, remarks := started(t, dir)
	_, err := Start(t.Context(), options(dir, remarks))
	require.ErrorContains(t, err, "which another run is using")
	require.Equal(t, 1, query[int](t, server, "select 1"), "the first goes on")
}

func TestPortTakenBetweenChoiceAndStart(t *testing.T) {
	t.Parallel()
	occupied, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer occupied.Close()
	asked := 0
	settings := options(dataDir(t), &said{})
	free := settings.Port
	settings.Port = func() (int, error) {
		asked++
		if asked == 1 {
			return occupied.Addr().(*net.TCPAddr).Port, nil
		}
		return free()
	}
	server, err := Start(t.Context(), settings)
	require.NoError(t, err)
	require.NotEqual(t, occupied.Addr().String(), server.Address())
	require.Equal(t, 2, asked)
	require.NoError(t, server.Stop())
}

func TestPasswordThatDoesNotFitIsExplained(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	server, remarks := started(t, dir)
	require.NoError(t, server.Stop())
	require.NoError(t, os.WriteFile(filepath.Join(server.Dir, "password"), []byte("another\n"), 0o600))
	_, err := Start(t.Context(), options(dir, remarks))
	require.ErrorContains(t, err, "its password file does not fit the data")
	require.Empty(t, mustServers(t, server.Dir), "the server is stopped again")
}

func TestDataOfAnUnknownReleaseIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	server, remarks := started(t, dir)
	require.NoError(t, server.Stop())
	require.NoError(t, os.WriteFile(filepath.Join(server.Dir, "cluster", "PG_VERSION"), []byte("99\n"), 0o600))
	_, err := Start(t.Context(), options(dir, remarks))
	require.ErrorContains(t, err, "found "+server.Version)
	require.ErrorContains(t, err, "install")
}

func mustServers(t *testing.T, place string) []int {
	t.Helper()
	pids, err := serversOf(filepath.Join(place, "cluster"))
	require.NoError(t, err)
	return pids
}
