package port_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/standalone/port"
)

func TestAFreePortIsNoneThatConnectionsTake(t *testing.T) {
	t.Parallel()
	for range 50 {
		found, err := port.Free("127.0.0.1")
		require.NoError(t, err)
		require.Less(t, found, 32768)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(found)))
		require.NoError(t, err)
		require.NoError(t, listener.Close())
	}
}

func TestAHostThatIsNotOursHasNoFreePort(t *testing.T) {
	t.Parallel()
	_, err := port.Free("192.0.2.1")
	require.ErrorContains(t, err, "find a free port at 192.0.2.1")
}
