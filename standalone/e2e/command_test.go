package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// command runs `perdura …` against the house's database and returns what it printed to its standard output.
func (h *house) command(args ...string) (string, error) {
	program, err := commandProgram()
	if err != nil {
		return "", err
	}
	var output, complaints bytes.Buffer
	command := exec.Command(program, args...)
	command.Dir = h.dir
	command.Env = append(os.Environ(), "PERDURA_DATABASE_URL="+h.at.DatabaseURL)
	command.Stdout, command.Stderr = &output, &complaints
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("perdura %s: %w: %s", strings.Join(args, " "), err, complaints.String())
	}
	return output.String(), nil
}

// key makes an API key with the scopes, separated by commas; further flags may follow.
func (h *house) key(t *testing.T, name, scopes string, flags ...string) string {
	t.Helper()
	output, err := h.command(append([]string{"keys", "create", "--name", name, "--scopes", scopes}, flags...)...)
	require.NoError(t, err)
	return strings.TrimSpace(output)
}

// revoke ends the key of that name.
func (h *house) revoke(t *testing.T, name string) {
	t.Helper()
	listed, err := h.command("keys", "list")
	require.NoError(t, err)
	for line := range strings.Lines(listed) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == name {
			_, err := h.command("keys", "revoke", fields[0])
			require.NoError(t, err)
			return
		}
	}
	require.Failf(t, "no such key", "there is no key %q among:\n%s", name, listed)
}
