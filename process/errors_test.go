package process_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/perdura/perdura/process"
)

// TestTheLogNamesTheStepAndNobody does not run beside others: it listens to the log of the whole program.
func TestTheLogNamesTheStepAndNobody(t *testing.T) {
	const secret = "ada@example.com"
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	for name, tc := range map[string]struct {
		err    error
		says   string
		causes []any
	}{
		"PostgreSQL": {
			fmt.Errorf("insert %s: %w", secret, &pgconn.PgError{Code: "23505", Message: "duplicate " + secret, Detail: secret}),
			"store.write: PostgreSQL answered SQLSTATE 23505", []any{"*fmt.wrapError", "*pgconn.PgError"},
		},
		"anything else": {
			errors.Join(errors.New(secret), fmt.Errorf("%w", context.DeadlineExceeded)),
			"store.write: no answer in time", []any{"*errors.joinError", "*errors.errorString", "*fmt.wrapError", "context.deadlineExceededError"},
		},
	} {
		var log bytes.Buffer
		slog.SetDefault(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		write.Implement(func(context.Context, string) (int, error) { return 0, tc.err }).Register(env)
		_, err := env.ExecuteActivity(write.Name(), process.Call[string]{Key: "run/entry/write.1", Arg: secret})
		require.ErrorContains(t, err, tc.says, name)
		require.NotContains(t, log.String(), secret, name)
		found := 0
		for _, line := range bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n")) {
			var entry map[string]any
			require.NoError(t, json.Unmarshal(line, &entry))
			if entry["msg"] != "activity failed" {
				continue
			}
			found++
			require.Equal(t, "run/entry/write.1", entry["key"], name)
			require.Equal(t, "store.write", entry["activity"], name)
			require.Equal(t, tc.says, entry["error"], name)
			require.Equal(t, tc.causes, entry["cause_types"], name)
		}
		require.Equal(t, 1, found, "%s: %s", name, log.String())
	}
}
