package sandbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// journal is an append-only file of JSON lines. A line is written with one
// call and acknowledged after it, so that killing the process can tear only a
// line nobody was promised; openJournal cuts such a line off.
//
// The outbox serialises calls; journal has no lock of its own.
type journal struct {
	file *os.File
	size int64
}

// span is where a line lies in the file, its newline excluded.
type span struct {
	offset int64
	length int
}

// openJournal opens or creates the file, hands every whole line to visit and
// removes a torn last one. torn is the number of bytes removed.
func openJournal(path string, visit func(line []byte, at span)) (j *journal, torn int64, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("open the sandbox outbox: %w (is its directory writable?)", err)
	}
	j = &journal{file: file}
	reader := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			torn = int64(len(line))
			break
		}
		if err != nil {
			return nil, 0, errors.Join(fmt.Errorf("read the sandbox outbox: %w", err), file.Close())
		}
		visit(bytes.TrimSuffix(line, []byte{'\n'}), span{j.size, len(line) - 1})
		j.size += int64(len(line))
	}
	if torn > 0 {
		if err := file.Truncate(j.size); err != nil {
			return nil, 0, errors.Join(fmt.Errorf("remove the torn end of the sandbox outbox: %w", err), file.Close())
		}
	}
	return j, torn, nil
}

// append writes the lines with one call and returns where each one lies. On an
// error the file is as it was before.
func (j *journal) append(lines ...[]byte) ([]span, error) {
	var all bytes.Buffer
	spans := make([]span, len(lines))
	for i, line := range lines {
		spans[i] = span{j.size + int64(all.Len()), len(line)}
		all.Write(line)
		all.WriteByte('\n')
	}
	if _, err := j.file.WriteAt(all.Bytes(), j.size); err != nil {
		// What is left beyond size would be read as a line after a restart.
		return nil, errors.Join(fmt.Errorf("write to the sandbox outbox: %w (is the disk full?)", err), j.file.Truncate(j.size))
	}
	j.size += int64(all.Len())
	return spans, nil
}

// read returns the line that lies at the span.
func (j *journal) read(at span) ([]byte, error) {
	line := make([]byte, at.length)
	if _, err := j.file.ReadAt(line, at.offset); err != nil {
		return nil, fmt.Errorf("read a message of the sandbox outbox: %w", err)
	}
	return line, nil
}

// reset empties the file.
func (j *journal) reset() error {
	if err := j.file.Truncate(0); err != nil {
		return fmt.Errorf("empty the sandbox outbox: %w", err)
	}
	j.size = 0
	return nil
}

func (j *journal) close() error { return j.file.Close() }
