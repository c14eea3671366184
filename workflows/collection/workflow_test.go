package collection_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/workflows/collection"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, collection.Process, explore.Fan(1), explore.Paths(20_000))
	for _, limit := range r.Limits {
		require.False(t, strings.HasPrefix(limit, "the search stopped"), "the search was not cut short: %s", limit)
	}
}
