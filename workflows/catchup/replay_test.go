package catchup_test

import (
	"testing"

	"github.com/perdura/perdura/process/replay"
	"github.com/perdura/perdura/workflows/catchup"
)

// Runs that are under way must go on after a deployment: those of testdata stand for them.
func TestRecordedRunsStillReplay(t *testing.T) {
	t.Parallel()
	replay.Dir(t, "testdata", catchup.Process)
}
