// Package scaffold writes the beginnings of a new process: a package that compiles and is explored, and its line in the
// registration table.
package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed template/*.tmpl
var templates embed.FS

var processName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Request says what to write and where.
type Request struct {
	// Name is the process's name: lower-case words joined by hyphens.
	Name string
	// From is a folder of the module to write into.
	From string
	// Dir is the folder for process packages, relative to the module's root.
	Dir string
	// Table is the file that gets the registration line, relative to the module's root; "" finds it by its marker.
	Table string
}

// Written says what was written. Paths are relative to the module's root.
type Written struct {
	Root, Package, Import string
	Files                 []string
	// Table is the file that registers the process, "" when the module has none with the marker.
	Table string
}

// Write makes the package and registers it. It writes nothing when it errs: wrong names, existing folders and tables
// that it cannot edit are found first.
func Write(r Request) (Written, error) {
	if !processName.MatchString(r.Name) {
		return Written{}, fmt.Errorf("make process %q: a name is lower-case words joined by hyphens, such as contract-renewal", r.Name)
	}
	w := Written{Package: strings.ReplaceAll(r.Name, "-", "")}
	if token.IsKeyword(w.Package) {
		return w, fmt.Errorf("make process %q: %s is a word of the Go language; choose a longer name", r.Name, w.Package)
	}
	if !filepath.IsLocal(r.Dir) {
		return w, fmt.Errorf("make process %q: --dir %s does not lie in the module; give a path relative to its root", r.Name, r.Dir)
	}
	m, err := findModule(r.From)
	if err != nil {
		return w, fmt.Errorf("make process %q: %w", r.Name, err)
	}
	w.Root = m.root
	w.Import = path.Join(m.path, filepath.ToSlash(r.Dir), w.Package)
	folder := filepath.Join(r.Dir, w.Package)
	if _, err := os.Stat(filepath.Join(m.root, folder)); !errors.Is(err, fs.ErrNotExist) {
		return w, fmt.Errorf("make process %q: %s exists already; choose another name, or remove it", r.Name, folder)
	}
	files, err := render(r.Name, w)
	if err != nil {
		return w, err
	}
	table, edited, err := m.register(r.Table, w)
	if err != nil {
		return w, fmt.Errorf("make process %q: %w", r.Name, err)
	}
	if err := os.MkdirAll(filepath.Join(m.root, folder), 0o755); err != nil {
		return w, err
	}
	for _, f := range files {
		f.name = filepath.Join(folder, f.name)
		if err := os.WriteFile(filepath.Join(m.root, f.name), f.content, 0o644); err != nil {
			return w, err
		}
		w.Files = append(w.Files, f.name)
	}
	if table != "" {
		w.Table = table
		return w, os.WriteFile(filepath.Join(m.root, table), edited, 0o644)
	}
	return w, nil
}

type file struct {
	name    string
	content []byte
}

func render(name string, w Written) ([]file, error) {
	all, err := template.ParseFS(templates, "template/*.tmpl")
	if err != nil {
		return nil, err
	}
	var files []file
	for _, t := range all.Templates() {
		var b bytes.Buffer
		if err := t.Execute(&b, struct{ Name, Package, Import string }{name, w.Package, w.Import}); err != nil {
			return nil, fmt.Errorf("render %s: %w", t.Name(), err)
		}
		content, err := format.Source(b.Bytes())
		if err != nil {
			return nil, fmt.Errorf("format %s: %w", t.Name(), err)
		}
		files = append(files, file{strings.TrimSuffix(t.Name(), ".tmpl"), content})
	}
	return files, nil
}
