package intake

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// MaxRows bounds the rows of one file.
	MaxRows = 200_000
	// maxRecord bounds one row, in bytes: an unbalanced quote would otherwise swallow the whole file.
	maxRecord = 1 << 20
	// sniff is how much of the file is looked at to find the delimiter.
	sniff = 64 << 10
)

// FileError says why a file cannot be taken at all. Line counts from 1; 0 concerns the file as a whole.
type FileError struct {
	Line    int
	Message string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return "the file " + e.Message
	}
	return fmt.Sprintf("line %d %s", e.Line, e.Message)
}

// CSV reads leads from comma- or semicolon-separated text (RFC 4180) whose first row names the columns.
type CSV struct {
	reader  *csv.Reader
	guard   *recordGuard
	columns []column
	rows    int
	line    int // of the last row that was read
}

// NewCSV reads the row of names. Every error of it and of Next is a *FileError, or the reader's own.
func NewCSV(r io.Reader) (*CSV, error) {
	guard := &recordGuard{r: r}
	guard.allow()
	buffered := bufio.NewReaderSize(guard, sniff)
	head, err := buffered.Peek(sniff)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, &FileError{Message: "is UTF-16: save it as UTF-8"}
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = buffered.Discard(3)
		head = head[3:]
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, &FileError{Message: "is empty: its first row must name the columns"}
	}
	c := &CSV{reader: csv.NewReader(buffered), guard: guard}
	c.reader.Comma = delimiter(head)
	c.reader.FieldsPerRecord = -1
	c.reader.ReuseRecord = true
	names, err := c.record()
	if err != nil {
		return nil, err
	}
	c.columns, err = columnsOf(names)
	return c, err
}

// Next returns the next row; io.EOF after the last.
func (c *CSV) Next() (Row, error) {
	cells, err := c.record()
	if err != nil {
		return Row{}, err
	}
	if c.rows++; c.rows > MaxRows {
		return Row{}, &FileError{Message: fmt.Sprintf("has more than %d rows: split it", MaxRows)}
	}
	return rowOf(c.rows, c.columns, cells), nil
}

// record reads one row and refuses what cannot be text.
func (c *CSV) record() ([]string, error) {
	c.guard.allow()
	cells, err := c.reader.Read()
	var parse *csv.ParseError
	switch {
	case err == nil:
	case errors.As(err, &parse):
		return nil, &FileError{Line: parse.StartLine, Message: "has a quote that is not balanced or stands in the middle of a cell"}
	case errors.Is(err, errLongRecord):
		return nil, &FileError{Line: max(1, c.line), Message: fmt.Sprintf("is followed by a row longer than %d bytes: look for a quote that is not closed", maxRecord)}
	default:
		return nil, err
	}
	for i, cell := range cells {
		line, _ := c.reader.FieldPos(i)
		c.line = line
		switch {
		case strings.ContainsRune(cell, 0):
			return nil, &FileError{Line: line, Message: "holds a NUL character: the file is no text"}
		case !utf8.ValidString(cell):
			return nil, &FileError{Line: line, Message: "is not UTF-8: save the file as UTF-8"}
		}
	}
	return cells, nil
}

// delimiter is the one of , ; and tab that stands most often in the first line, outside quotes.
func delimiter(head []byte) rune {
	counts := map[byte]int{}
	quoted := false
	for _, b := range head {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n' || b == '\r':
			return most(counts)
		case b == ',' || b == ';' || b == '\t':
			counts[b]++
		}
	}
	return most(counts)
}

func most(counts map[byte]int) rune {
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if counts[b] > counts[best] {
			best = b
		}
	}
	return rune(best)
}

var errLongRecord = errors.New("the row is too long")

// recordGuard stops reading when one row takes more than maxRecord and what the buffers read ahead.
type recordGuard struct {
	r    io.Reader
	left int
}

func (g *recordGuard) allow() { g.left = maxRecord + 2*sniff }

func (g *recordGuard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errLongRecord
	}
	n, err := g.r.Read(p)
	g.left -= n
	return n, err
}
