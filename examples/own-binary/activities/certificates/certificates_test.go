package certificates

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process"
)

func TestACertificateIsIssuedOnce(t *testing.T) {
	t.Parallel()
	device := Device{DeviceID: uuid.MustParse("0197c1a2-7c3e-7d61-8a54-0d2b5f6c7e80")}
	first, err := issue(t.Context(), device)
	require.NoError(t, err)
	again, err := issue(t.Context(), device)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Regexp(t, `^W-[A-Z2-7]{26}$`, first.Number)
	other, err := issue(t.Context(), Device{DeviceID: uuid.Max})
	require.NoError(t, err)
	require.NotEqual(t, first, other)
}

func TestNoDeviceNoCertificate(t *testing.T) {
	t.Parallel()
	_, err := issue(t.Context(), Device{})
	require.Equal(t, "no-device", process.Code(err))
}
