package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/worker"
)

func TestTheTableHoldsOursBesideTheirs(t *testing.T) {
	t.Parallel()
	require.NoError(t, table().Check())
	_, err := table().Implementations(worker.Deps{})
	require.NoError(t, err)
	for _, name := range []string{"lead-capture", "warranty-registration"} {
		_, ok := table().Lookup(name)
		require.True(t, ok, name)
	}
}
