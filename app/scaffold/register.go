package scaffold

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// addLine adds the process's line above the marker of a table, and its import.
func addLine(name string, source []byte, modulePath string, w Written) ([]byte, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, source, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("read the table: %w", err)
	}
	for _, spec := range parsed.Imports {
		if importedAs(spec) == w.Package {
			return nil, fmt.Errorf("%s imports another package as %s; choose another name", name, w.Package)
		}
	}
	at := bytes.Index(source, []byte(Marker))
	if at < 0 || !hasMarker(source) {
		return nil, fmt.Errorf("%s lacks the line %q; put it where the processes are listed", name, Marker)
	}
	var out bytes.Buffer
	cut, text := importPlace(files, parsed, modulePath, w.Import)
	if cut > at {
		return nil, fmt.Errorf("%s has the line %q among its imports; put it where the processes are listed", name, Marker)
	}
	out.Write(source[:cut])
	out.WriteString(text)
	out.Write(source[cut:at])
	out.WriteString(w.Package + ".Process,\n")
	out.Write(source[at:])
	formatted, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("add the line to %s: the marker stands where no process can be listed: %w", name, err)
	}
	return formatted, nil
}

// importPlace returns the offset at which the import goes in and what to write there: beside the module's own imports,
// where there are any.
func importPlace(files *token.FileSet, parsed *ast.File, modulePath, imported string) (int, string) {
	line := strconv.Quote(imported)
	var last, own *ast.ImportSpec
	for _, spec := range parsed.Imports {
		last = spec
		if p, _ := strconv.Unquote(spec.Path.Value); strings.HasPrefix(p, modulePath+"/") {
			own = spec
		}
	}
	switch {
	case last == nil:
		return files.Position(parsed.Name.End()).Offset, "\n\nimport " + line + "\n"
	case !grouped(parsed, last):
		return files.Position(last.End()).Offset, "\nimport " + line + "\n"
	case own != nil && grouped(parsed, own):
		return files.Position(own.End()).Offset, "\n\t" + line
	default:
		return files.Position(last.End()).Offset, "\n\n\t" + line
	}
}

// grouped reports whether the import stands in parentheses.
func grouped(parsed *ast.File, spec *ast.ImportSpec) bool {
	for _, decl := range parsed.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Pos() <= spec.Pos() && spec.End() <= d.End() {
			return d.Lparen.IsValid()
		}
	}
	return false
}

func importedAs(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	p, _ := strconv.Unquote(spec.Path.Value)
	return path.Base(p)
}
