package e2e_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A short form of `make chaos`: everything is killed, paused and cut off for a while, and the books agree.
func TestTheBooksAgreeAfterChaos(t *testing.T) {
	program, err := standaloneProgram()
	require.NoError(t, err)
	program, err = filepath.Abs(program)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	chaos := filepath.Join(t.TempDir(), "chaos")
	build := exec.CommandContext(ctx, "go", "build", "-o", chaos, "./chaos")
	build.Dir = filepath.Join("..", "..")
	said, err := build.CombinedOutput()
	require.NoErrorf(t, err, "%s", said)
	command := exec.CommandContext(ctx, chaos, "--binary", program, "--seed", "7", "--for", "20s", "--every", "2s", "--rate", "8")
	said, err = command.CombinedOutput()
	require.NoErrorf(t, err, "%s", said)
	t.Logf("%s", said)
}
