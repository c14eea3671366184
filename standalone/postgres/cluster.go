package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// superuser is the one role of the cluster.
const superuser = "perdura"

// clusterMajor returns the release a cluster was made by, or 0 when there is none yet.
func clusterMajor(p place) (int, error) {
	content, err := os.ReadFile(filepath.Join(p.cluster(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the release of the PostgreSQL data: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read the release of the PostgreSQL data: %w", err)
	}
	return major, nil
}

// ensureCluster makes the cluster if there is none and returns its password. It is made beside its place and renamed
// when complete, so one that was interrupted half-way is recognised by its name and made again.
func ensureCluster(ctx context.Context, p place, programs Binaries, account *Account) (string, error) {
	if major, err := clusterMajor(p); err != nil || major != 0 {
		if err != nil {
			return "", err
		}
		return readPassword(p)
	}
	password := rand.Text()
	if err := writeFile(p.password(), []byte(password+"\n"), account); err != nil {
		return "", err
	}
	if err := initCluster(ctx, p, programs, account); err != nil {
		return "", err
	}
	// A folder without PG_VERSION is none of initdb's, which writes it first; keep what a person may have put there.
	if _, err := os.Stat(p.cluster()); err == nil {
		if err := os.Rename(p.cluster(), p.cluster()+".broken-"+rand.Text()[:6]); err != nil {
			return "", fmt.Errorf("set a broken PostgreSQL cluster aside: %w", err)
		}
	}
	if err := os.Rename(p.unfinished(), p.cluster()); err != nil {
		return "", fmt.Errorf("put the new PostgreSQL cluster in place: %w", err)
	}
	return password, nil
}

// initCluster runs initdb. Upper and lower case must work beyond ASCII while sorting stays the same on every machine;
// the name of the character type that gives this differs between systems, so several are tried.
func initCluster(ctx context.Context, p place, programs Binaries, account *Account) error {
	var failure error
	for _, characters := range []string{"C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"} {
		if err := os.RemoveAll(p.unfinished()); err != nil {
			return fmt.Errorf("remove a half-made PostgreSQL cluster: %w", err)
		}
		cmd := account.command(ctx, p.dir, programs.program("initdb"),
			"--pgdata="+p.unfinished(), "--username="+superuser, "--pwfile="+p.password(), "--auth=scram-sha-256",
			"--encoding=UTF8", "--locale=C", "--lc-ctype="+characters, "--data-checksums", "--no-instructions")
		output, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		failure = fmt.Errorf("make a PostgreSQL cluster in %s: %w: %s", p.dir, err, lastLine(output))
		if ctx.Err() != nil || !strings.Contains(string(output), "locale") {
			return failure
		}
	}
	return failure
}

func readPassword(p place) (string, error) {
	content, err := os.ReadFile(p.password())
	if err != nil {
		return "", fmt.Errorf("read the password of the PostgreSQL data in %s (restore the file, or move the folder away to begin anew): %w",
			p.dir, err)
	}
	return strings.TrimSpace(string(content)), nil
}

func lastLine(output []byte) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
