package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the oldest PostgreSQL release Perdura runs on.
const oldestMajor = 15

// Binaries are the server programs of one PostgreSQL installation.
type Binaries struct {
	// Dir holds postgres and initdb.
	Dir string
	// Version is what the server calls itself, such as "15.18".
	Version string
	// Major is the release the data files belong to: a cluster made by one major release opens with no other.
	Major int
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)(\S*)`)

// errNoBinaries means that no usable installation was found on this machine.
var errNoBinaries = errors.New("no PostgreSQL server programs on this machine")

// findBinaries returns the installation to use: of the wanted major release, or for 0 the first on PATH, then the newest
// of the usual places. Only programs that account may run are considered, since a copy below root's home helps nobody.
// Returns errNoBinaries, wrapped with what was found instead, when none fits.
func findBinaries(ctx context.Context, account *Account, wanted int) (Binaries, error) {
	var others []string
	for _, dir := range candidateDirs() {
		found, err := inspect(ctx, account, dir)
		if err != nil {
			continue
		}
		if found.Major < oldestMajor || (wanted != 0 && found.Major != wanted) {
			others = append(others, found.Version+" in "+found.Dir)
			continue
		}
		return found, nil
	}
	if len(others) > 0 {
		return Binaries{}, fmt.Errorf("%w that fit (found %s)", errNoBinaries, strings.Join(others, ", "))
	}
	return Binaries{}, errNoBinaries
}

// candidateDirs lists the folders to look into, best first, each once.
func candidateDirs() []string {
	var dirs []string
	if program, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, realDir(program))
	}
	if tool, err := exec.LookPath("pg_config"); err == nil {
		if out, err := exec.Command(tool, "--bindir").Output(); err == nil {
			dirs = append(dirs, strings.TrimSpace(string(out)))
		}
	}
	var installed []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern)
		installed = append(installed, matches...)
	}
	slices.SortStableFunc(installed, func(a, b string) int { return majorInPath(b) - majorInPath(a) })
	dirs = append(dirs, installed...)

	seen := map[string]bool{}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		again := seen[dir]
		seen[dir] = true
		return again
	})
}

// realDir follows links, because the server finds its library and share folders relative to where it really lies.
func realDir(program string) string {
	if target, err := filepath.EvalSymlinks(program); err == nil {
		program = target
	}
	return filepath.Dir(program)
}

var digits = regexp.MustCompile(`\d+`)

// majorInPath reads the release out of a folder name such as /usr/lib/postgresql/17/bin; 0 when it names none.
func majorInPath(dir string) int {
	found := digits.FindAllString(dir, -1)
	if len(found) == 0 {
		return 0
	}
	major, _ := strconv.Atoi(found[len(found)-1])
	return major
}

// inspect asks the programs in dir for their version, as the account that will run them.
func inspect(ctx context.Context, account *Account, dir string) (Binaries, error) {
	server := filepath.Join(dir, "postgres")
	for _, program := range []string{server, filepath.Join(dir, "initdb")} {
		if wrapper, err := isScript(program); err != nil || wrapper {
			return Binaries{}, fmt.Errorf("%s is no PostgreSQL program itself: %w", program, errors.Join(err, errNoBinaries))
		}
	}
	out, err := account.command(ctx, "/", server, "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("ask %s for its version: %w", server, err)
	}
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return Binaries{}, fmt.Errorf("ask %s for its version: it answered %q", server, bytes.TrimSpace(out))
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return Binaries{}, fmt.Errorf("read the version of %s: %w", server, err)
	}
	return Binaries{Dir: dir, Version: string(match[1]) + string(match[2]), Major: major}, nil
}

// isScript tells a wrapper script from the program: wrappers change the user or the arguments on their own, and the
// process they leave behind is not the one we started.
func isScript(program string) (bool, error) {
	file, err := os.Open(program)
	if err != nil {
		return false, err
	}
	defer file.Close()
	start := make([]byte, 2)
	if _, err := file.Read(start); err != nil {
		return false, err
	}
	return string(start) == "#!", nil
}

func (b Binaries) program(name string) string { return filepath.Join(b.Dir, name) }
