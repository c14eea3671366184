package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// claim is the right to run one part on a data folder: a locked file DATA/run/PART that says who runs it and where. The
// system drops the lock with its process, so a killed run leaves no claim, only the address it used last.
type claim struct {
	part Part
	file *os.File
}

// record is what a claim says.
type record struct {
	PID int `json:"pid"`
	// At is where the part listens, by name: host:port, for PostgreSQL the connection string.
	At map[string]string `json:"at,omitempty"`
}

func claimPath(dataDir string, part Part) string { return filepath.Join(dataDir, "run", string(part)) }

// Names of addresses in a record.
const (
	keyAPI      = "api"
	keyTemporal = "temporal"
	keyUI       = "ui"
	keyOutbox   = "outbox"
	keySMTP     = "smtp"
	keyPostgres = "postgres"
)

// stake claims a part, or returns errTaken when another process runs it.
func stake(dataDir string, part Part) (*claim, error) {
	path := claimPath(dataDir, part)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("claim the data folder for %s: %w", partNames[part], err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claim the data folder for %s: %w", partNames[part], err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errTaken
		}
		return nil, fmt.Errorf("claim the data folder for %s: %w", partNames[part], err)
	}
	return &claim{part: part, file: file}, nil
}

var errTaken = errors.New("runs already")

// publish tells other processes where the part is.
func (c *claim) publish(at map[string]string) error {
	content, err := json.Marshal(record{PID: os.Getpid(), At: at})
	if err != nil {
		return fmt.Errorf("publish the address of %s: %w", partNames[c.part], err)
	}
	// In place, since the lock belongs to this very file.
	if err := errors.Join(c.file.Truncate(0), writeAt(c.file, content)); err != nil {
		return fmt.Errorf("publish the address of %s: %w", partNames[c.part], err)
	}
	return nil
}

func writeAt(file *os.File, content []byte) error {
	_, err := file.WriteAt(content, 0)
	return err
}

func (c *claim) release() error { return c.file.Close() }

// lastRecord returns what the present or last holder of a claim said; zero when there was none.
func lastRecord(dataDir string, part Part) record {
	var found record
	content, err := os.ReadFile(claimPath(dataDir, part))
	if err != nil || json.Unmarshal(content, &found) != nil {
		return record{}
	}
	return found
}

// alreadyRuns explains that another process holds the data folder, and where it is to be found.
func alreadyRuns(dataDir string, part Part) error {
	holder := lastRecord(dataDir, part)
	text := fmt.Sprintf("start %s: already running on %s", partNames[part], dataDir)
	if holder.PID != 0 {
		text += fmt.Sprintf(", as process %d", holder.PID)
		for _, other := range []struct {
			part      Part
			key, name string
		}{{API, keyAPI, "API"}, {UI, keyUI, "Temporal UI"}, {Sandbox, keyOutbox, "outbox"}} {
			if told := lastRecord(dataDir, other.part); told.PID == holder.PID && told.At[other.key] != "" {
				text += fmt.Sprintf("; %s at http://%s", other.name, told.At[other.key])
			}
		}
	}
	return errors.New(text + "; stop it first, or choose another folder with --data")
}
