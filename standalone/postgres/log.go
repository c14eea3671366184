package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgconnError is an answer of the server to a client.
type pgconnError = pgconn.PgError

// invalidPassword is the SQLSTATE of a wrong password.
const invalidPassword = "28P01"

// logLimit is the size in bytes past which a log is set aside as NAME.old at the next start.
const logLimit = 10 << 20

// openLog opens the server's log to append to it.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("set the old PostgreSQL log aside: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the PostgreSQL log: %w", err)
	}
	return log, nil
}

// fatalLine returns what the server complained about in its log since offset: a passing reason if there is one, else
// the last complaint.
func fatalLine(path string, offset int64) string {
	content, err := os.ReadFile(path)
	if err != nil || int64(len(content)) <= offset {
		return "no reason given"
	}
	reason := ""
	for line := range strings.Lines(string(content[offset:])) {
		_, complaint, found := strings.Cut(line, "FATAL:")
		if _, bound, warned := strings.Cut(line, "could not bind"); warned {
			complaint, found = "could not bind"+bound, true
		}
		if found && !strings.Contains(reason, "could not bind") {
			reason = strings.TrimSpace(complaint)
		}
	}
	if reason == "" {
		return lastLine(content[offset:])
	}
	return reason
}
