package rulebook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process"
)

// What passes is tried again; what does not is the rule's fault and holds nothing up.
func TestPassing(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&pgconn.PgError{Code: "40P01"}, &pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "53300"},
		context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, &pgconn.ConnectError{},
	} {
		require.True(t, passing(fmt.Errorf("write: %w", err)), "%v", err)
	}
	for _, err := range []error{&pgconn.PgError{Code: "23503"}, &pgconn.PgError{Code: "22P02"}, errPanic, process.NotFound("user", "1"), errors.New("odd")} {
		require.False(t, passing(fmt.Errorf("write: %w", err)), "%v", err)
	}
}
