package warranty_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process/explore"

	"example.com/own-binary/workflows/warranty"
)

func TestEveryPath(t *testing.T) {
	t.Parallel()
	explore.Test(t, warranty.Process)
}

func TestASaleStartsARun(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0197c1a2-7c3e-7d61-8a54-0d2b5f6c7e80")
	sale, err := json.Marshal(warranty.Sold{DeviceID: id})
	require.NoError(t, err)
	actions, err := warranty.Process.On(warranty.DeviceSold.Name(), sale)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Equal(t, id.String(), actions[0].Subject)

	nothing, err := warranty.Process.On(warranty.DeviceSold.Name(), []byte(`{}`))
	require.NoError(t, err)
	require.Empty(t, nothing, "a sale without a device starts nothing")
}
