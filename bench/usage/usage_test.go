package usage_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/bench/usage"
)

func TestUsageOfAProcessAndItsChildren(t *testing.T) {
	t.Parallel()
	before, err := usage.Of(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, before.Memory, int64(1<<20))

	// A child that has worked and was waited for counts.
	require.NoError(t, exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done").Run())
	after, err := usage.Of(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after.CPU, before.CPU)

	gone := exec.Command("true")
	require.NoError(t, gone.Run())
	_, err = usage.Of(gone.Process.Pid)
	require.ErrorContains(t, err, "has ended")
}
