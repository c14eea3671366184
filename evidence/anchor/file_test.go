package anchor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/evidence/anchor"
)

func TestTheLogOnlyGrows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	now := func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }
	var wg sync.WaitGroup
	proofs := make([]evidence.Proof, 20)
	for i := range proofs {
		wg.Go(func() {
			p, err := anchor.NewFile(path, now).Submit(t.Context(), evidence.Sum(fmt.Append(nil, i%10))) // each twice
			if err == nil {
				proofs[i] = p
			}
		})
	}
	wg.Wait()
	log := anchor.NewFile(path, now)
	seen := map[int64]bool{}
	for _, p := range proofs {
		seen[p.Index] = true
		root, err := log.Root(p.Size)
		require.NoError(t, err)
		require.Equal(t, root, p.Root, "what was proven stays true when the log has grown")
	}
	require.Len(t, seen, 10, "one entry for each head")
	_, err := log.Root(11)
	require.ErrorContains(t, err, "has 10 entries, not 11")
}

func TestALogThatSomebodyChangedIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	log := anchor.NewFile(path, time.Now)
	for i := range 3 {
		_, err := log.Submit(t.Context(), evidence.Sum([]byte{byte(i)}))
		require.NoError(t, err)
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, content := range map[string]string{"cut": string(kept[:len(kept)-9]), "a line of another": string(kept) + "hello\n", "no end": string(kept[:len(kept)-1])} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := log.Submit(t.Context(), evidence.Sum([]byte("x")))
		require.ErrorContains(t, err, "compare the file with a copy", name)
	}
}
