package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// locationFile remembers in the data folder where the cluster lies when it could not lie there.
	locationFile = "postgres-location"
	// sharedPlaces is where clusters go whose data folder the server's user may not enter.
	sharedPlaces = "/var/lib/perdura"
)

// place is the folder that holds a cluster, its password and its lock.
type place struct {
	dir string
	// moved says that the folder lies outside the data folder.
	moved bool
}

func (p place) cluster() string    { return filepath.Join(p.dir, "cluster") }
func (p place) unfinished() string { return filepath.Join(p.dir, "cluster.unfinished") }
func (p place) password() string   { return filepath.Join(p.dir, "password") }
func (p place) lock() string       { return filepath.Join(p.dir, "lock") }

// choosePlace returns the folder for the cluster of a data folder and makes it. An ordinary user's is DATA/postgres.
// For root it is the same if the server's account may enter there; otherwise a folder below /var/lib/perdura, remembered
// in DATA/postgres-location, so that a data folder made anew never meets an earlier one's cluster.
func choosePlace(ctx context.Context, dataDir string, account *Account) (place, error) {
	note := filepath.Join(dataDir, locationFile)
	switch recorded, err := os.ReadFile(note); {
	case err == nil:
		chosen := place{dir: strings.TrimSpace(string(recorded)), moved: true}
		return chosen, makeOwned(chosen.dir, account)
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, fmt.Errorf("read where the PostgreSQL data lies: %w", err)
	}

	chosen := place{dir: filepath.Join(dataDir, "postgres")}
	if err := makeOwned(chosen.dir, account); err != nil {
		return place{}, err
	}
	if account.mayEnter(ctx, chosen.dir) {
		return chosen, nil
	}
	if err := os.Remove(chosen.dir); err != nil {
		return place{}, fmt.Errorf("move the PostgreSQL data out of %s, which user %s may not enter: %w", chosen.dir, account.Name, err)
	}
	hash := sha256.Sum256([]byte(dataDir + rand.Text()))
	chosen = place{dir: filepath.Join(sharedPlaces, fmt.Sprintf("%x", hash[:8])), moved: true}
	if err := os.MkdirAll(sharedPlaces, 0o755); err != nil {
		return place{}, fmt.Errorf("make a place for the PostgreSQL data that user %s may enter: %w", account.Name, err)
	}
	if err := makeOwned(chosen.dir, account); err != nil {
		return place{}, err
	}
	if !account.mayEnter(ctx, chosen.dir) {
		return place{}, fmt.Errorf("find a place for the PostgreSQL data: user %s may enter neither %s nor %s; "+
			"choose a data folder it may enter", account.Name, dataDir, chosen.dir)
	}
	return chosen, writeFile(note, []byte(chosen.dir+"\n"), nil)
}

func makeOwned(dir string, account *Account) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the PostgreSQL data folder: %w", err)
	}
	return account.own(dir)
}

// writeFile puts content in place whole or not at all, readable by its owner only.
func writeFile(path string, content []byte, owner *Account) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := owner.own(temporary.Name()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
