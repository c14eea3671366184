package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Marker is the comment above which a table takes new lines.
const Marker = "// perdura new-process adds its line above this one."

// module is a Go module on disk.
type module struct{ root, path string }

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?\s*$`)

// findModule finds the module that contains dir.
func findModule(dir string) (module, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return module{}, err
	}
	for at := start; ; at = filepath.Dir(at) {
		content, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			found := moduleLine.FindSubmatch(content)
			if found == nil {
				return module{}, fmt.Errorf("%s names no module; correct it first", filepath.Join(at, "go.mod"))
			}
			return module{root: at, path: string(found[1])}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return module{}, err
		}
		if at == filepath.Dir(at) {
			return module{}, fmt.Errorf("%s lies in no Go module; go to your module, or make one with `go mod init`", start)
		}
	}
}

// register finds the table and returns its path relative to the root and its new content; "" when there is no table.
func (m module) register(given string, w Written) (string, []byte, error) {
	table := given
	if table == "" {
		var err error
		if table, err = m.findTable(); err != nil || table == "" {
			return "", nil, err
		}
	}
	if !filepath.IsLocal(table) {
		return "", nil, fmt.Errorf("--table %s does not lie in the module; give a path relative to its root", table)
	}
	source, err := os.ReadFile(filepath.Join(m.root, table))
	if err != nil {
		return "", nil, err
	}
	edited, err := addLine(table, source, m.path, w)
	return table, edited, err
}

// findTable looks for the one file of the module that has the marker.
func (m module) findTable() (string, error) {
	var found []string
	err := filepath.WalkDir(m.root, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if at != m.root && m.skips(at, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(at, ".go") || strings.HasSuffix(at, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		if hasMarker(content) {
			relative, err := filepath.Rel(m.root, at)
			found = append(found, relative)
			return err
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("look for the registration table: %w", err)
	}
	if len(found) > 1 {
		return "", fmt.Errorf("several files have the line %q: %s; say with --table which one", Marker, strings.Join(found, ", "))
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}

// skips leaves out folders that are not packages of this module.
func (m module) skips(at, name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "vendor" || name == "testdata" {
		return true
	}
	_, err := os.Stat(filepath.Join(at, "go.mod"))
	return err == nil
}

// hasMarker looks for the marker as a line of its own; a string that quotes it is none.
func hasMarker(content []byte) bool {
	for line := range bytes.Lines(content) {
		if string(bytes.TrimSpace(line)) == Marker {
			return true
		}
	}
	return false
}
