package scaffold_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/app/scaffold"
)

const tableSource = `// Package shop is a company's own table.
package shop

import (
	"github.com/perdura/perdura/worker"
)

// Table is everything this company runs.
func Table() worker.Table {
	return worker.Standard().With(
		// perdura new-process adds its line above this one.
	)
}
`

// checkout is the root of this module.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return root
}

// company makes a module of a company's own that builds on this checkout.
func company(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ours, err := os.ReadFile(filepath.Join(checkout(t), "go.mod"))
	require.NoError(t, err)
	mod := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(ours), "module example.com/shop")
	mod += "\nrequire github.com/perdura/perdura v0.0.0\nreplace github.com/perdura/perdura => " + checkout(t) + "\n"
	write(t, dir, "go.mod", mod)
	sums, err := os.ReadFile(filepath.Join(checkout(t), "go.sum"))
	require.NoError(t, err)
	write(t, dir, "go.sum", string(sums))
	write(t, dir, "table.go", tableSource)
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return string(content)
}

func TestANewProcessOfACompanyBuildsAndIsExplored(t *testing.T) {
	t.Parallel()
	dir := company(t)
	for _, name := range []string{"contract-renewal", "loan"} {
		w, err := scaffold.Write(scaffold.Request{Name: name, From: dir, Dir: "workflows"})
		require.NoError(t, err)
		require.Equal(t, "table.go", w.Table)
	}
	table := read(t, dir, "table.go")
	require.Contains(t, table, "\t\tcontractrenewal.Process,\n\t\tloan.Process,\n\t\t"+scaffold.Marker)
	require.Contains(t, table, "\t\"example.com/shop/workflows/contractrenewal\"\n\t\"example.com/shop/workflows/loan\"\n")

	write(t, dir, "table_test.go", `package shop

import "testing"

func TestTable(t *testing.T) {
	if err := Table().Check(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"contract-renewal", "loan"} {
		if _, ok := Table().Lookup(name); !ok {
			t.Fatal(name)
		}
	}
}
`)
	cmd := exec.Command("go", "test", "-count=1", "-v", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, 2, strings.Count(string(out), "--- PASS: TestEveryPath"), string(out))
	require.Contains(t, string(out), "--- PASS: TestTable")
}

func TestTheTableOfThisRepositoryTakesALine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module github.com/perdura/perdura\n")
	write(t, dir, "worker/table.go", read(t, checkout(t), "worker/table.go"))
	w, err := scaffold.Write(scaffold.Request{Name: "contract-renewal", From: filepath.Join(dir, "worker"), Dir: "workflows"})
	require.NoError(t, err)
	require.Equal(t, filepath.Join("worker", "table.go"), w.Table)
	table := read(t, dir, "worker", "table.go")
	require.Contains(t, table, "contractrenewal.Process,\n")
	require.Contains(t, table, `"github.com/perdura/perdura/workflows/contractrenewal"`)
}

func TestAModuleWithoutATableGetsThePackageOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/shop\n")
	write(t, dir, "nested/go.mod", "module example.com/other\n")
	write(t, dir, "nested/table.go", tableSource)
	w, err := scaffold.Write(scaffold.Request{Name: "loan", From: dir, Dir: "processes"})
	require.NoError(t, err)
	require.Empty(t, w.Table, "the table of another module is none of ours")
	require.Equal(t, "example.com/shop/processes/loan", w.Import)
	require.Contains(t, read(t, dir, "processes/loan/contract.go"), `process.New("loan", run,`)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		request scaffold.Request
		change  func(t *testing.T, dir string)
		says    string
	}{
		"capitals":      {request: scaffold.Request{Name: "Contract"}, says: "a name is lower-case words joined by hyphens"},
		"path":          {request: scaffold.Request{Name: "../x"}, says: "a name is lower-case words joined by hyphens"},
		"empty":         {request: scaffold.Request{Name: ""}, says: "a name is lower-case words joined by hyphens"},
		"keyword":       {request: scaffold.Request{Name: "go"}, says: "go is a word of the Go language"},
		"outside":       {request: scaffold.Request{Name: "loan", Dir: "../elsewhere"}, says: "does not lie in the module"},
		"table outside": {request: scaffold.Request{Name: "loan", Table: "/etc/passwd"}, says: "does not lie in the module"},
		"no table":      {request: scaffold.Request{Name: "loan", Table: "go.mod"}, says: "read the table"},
		"clash":         {request: scaffold.Request{Name: "worker"}, says: "imports another package as worker"},
		"exists": {request: scaffold.Request{Name: "loan"}, says: "exists already",
			change: func(t *testing.T, dir string) { write(t, dir, "workflows/loan/own.go", "package loan\n") }},
		"two tables": {request: scaffold.Request{Name: "loan"}, says: "say with --table which one",
			change: func(t *testing.T, dir string) { write(t, dir, "more/table.go", tableSource) }},
		"marker at the wrong place": {request: scaffold.Request{Name: "loan"}, says: "the marker stands where no process can be listed",
			change: func(t *testing.T, dir string) { write(t, dir, "table.go", "package shop\n\n"+scaffold.Marker+"\n") }},
		"no module": {request: scaffold.Request{Name: "loan"}, says: "lies in no Go module",
			change: func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "go.mod"))) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "go.mod", "module example.com/shop\n")
			write(t, dir, "table.go", tableSource)
			if tc.change != nil {
				tc.change(t, dir)
			}
			before := tree(t, dir)
			tc.request.From = dir
			if tc.request.Dir == "" {
				tc.request.Dir = "workflows"
			}
			_, err := scaffold.Write(tc.request)
			require.ErrorContains(t, err, tc.says)
			require.Equal(t, before, tree(t, dir), "a refusal writes nothing")
		})
	}
}

// tree is every file below dir with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[path] = read(t, path)
		}
		return err
	}))
	return files
}
