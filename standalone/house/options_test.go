package house

import (
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func parse(variables map[string]string, args ...string) (Options, error) {
	return ParseFlags(args, io.Discard, func(name string) string { return variables[name] })
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args      []string
		variables map[string]string
		check     func(*testing.T, Options)
	}{
		"nothing given": {check: func(t *testing.T, o Options) {
			require.Equal(t, AllParts, o.Parts)
			require.Equal(t, "127.0.0.1:8080 127.0.0.1:7233 127.0.0.1:8233 127.0.0.1:8025 127.0.0.1:1025 127.0.0.1:5433", all(o))
			require.False(t, o.API.Fixed, "a default may give way")
			require.InDelta(t, 1, o.ClockSpeed, 0)
			require.Equal(t, ".perdura", filepath.Base(o.DataDir))
			require.FileExists(t, filepath.Join(filepath.Dir(o.DataDir), "go.mod"), "in the checkout, wherever it is started")
			require.DirExists(t, filepath.Join(filepath.Dir(o.DataDir), "standalone"))
		}},
		"port base": {args: []string{"--port-base", "9000"}, check: func(t *testing.T, o Options) {
			require.Equal(t, "127.0.0.1:9000 127.0.0.1:9001 127.0.0.1:9002 127.0.0.1:9003 127.0.0.1:9004 127.0.0.1:9005", all(o))
			require.True(t, o.API.Fixed)
		}},
		"free ports but one": {args: []string{"--free-ports", "--temporal", ":7777"}, check: func(t *testing.T, o Options) {
			require.Equal(t, Listen{Host: "127.0.0.1"}, o.API)
			require.Equal(t, Listen{Host: "127.0.0.1", Port: 7777, Fixed: true}, o.Temporal)
		}},
		"environment": {variables: map[string]string{
			"PERDURA_STANDALONE_DATA": "/somewhere", "PERDURA_STANDALONE_PARTS": "temporal, ui", "PERDURA_STANDALONE_API": "[::1]:1234",
			"PERDURA_DATABASE_URL": "postgres://db.example.com/perdura", "PERDURA_CLOCK_SPEED": "60",
		}, check: func(t *testing.T, o Options) {
			require.Equal(t, "/somewhere", o.DataDir)
			require.Equal(t, []Part{Temporal, UI}, o.Parts)
			require.Equal(t, "[::1]:1234", o.API.String())
			require.Equal(t, "postgres://db.example.com/perdura", o.DatabaseURL)
			require.InDelta(t, 60, o.ClockSpeed, 0)
		}},
		"flag before environment": {
			args:      []string{"--clock-speed", "2", "--data", "/flag"},
			variables: map[string]string{"PERDURA_STANDALONE_DATA": "/variable", "PERDURA_CLOCK_SPEED": "60"},
			check: func(t *testing.T, o Options) {
				require.Equal(t, "/flag", o.DataDir)
				require.InDelta(t, 2, o.ClockSpeed, 0)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, err := parse(test.variables, test.args...)
			require.NoError(t, err)
			test.check(t, options)
		})
	}
}

func all(o Options) string {
	text := ""
	for _, listen := range []Listen{o.API, o.Temporal, o.UI, o.Outbox, o.SMTP, o.Postgres} {
		if text != "" {
			text += " "
		}
		text += listen.String()
	}
	return text
}

func TestWrongFlagsAreRefused(t *testing.T) {
	t.Parallel()
	for reason, args := range map[string][]string{
		`"mail" is none of`:           {"--parts", "temporal,mail"},
		"is not on this machine":      {"--api", "0.0.0.0:8080"},
		"not on this machine; give":   {"--ui", "db.example.com:80"},
		"no valid port":               {"--smtp", ":70000"},
		"must be above 0":             {"--clock-speed", "0"},
		"must be above 0; 1":          {"--clock-speed", "NaN"},
		"is no flag":                  {"start"},
		"flag provided but not defin": {"--nonsense"},
	} {
		_, err := parse(nil, args...)
		require.ErrorContains(t, err, reason, args)
	}
	_, err := parse(map[string]string{"PERDURA_STANDALONE_PORT_BASE": "x"})
	require.ErrorContains(t, err, "PERDURA_STANDALONE_PORT_BASE")
	_, err = parse(map[string]string{"PERDURA_CLOCK_SPEED": "fast"})
	require.ErrorContains(t, err, "PERDURA_CLOCK_SPEED")
	_, err = parse(nil, "--help")
	require.ErrorIs(t, err, flag.ErrHelp)
}

func TestOccupiedPorts(t *testing.T) {
	t.Parallel()
	occupied, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer occupied.Close()
	want := Listen{Host: "127.0.0.1", Port: occupied.Addr().(*net.TCPAddr).Port}

	moved, err := want.pick(nil)
	require.NoError(t, err)
	require.NotEqual(t, want.Port, moved.Port)
	again, err := want.pick(map[string]bool{moved.String(): true})
	require.NoError(t, err)
	require.NotEqual(t, moved.Port, again.Port, "what another part was given is passed over")

	want.Fixed = true
	_, err = want.pick(nil)
	require.ErrorContains(t, err, "listen at "+want.String())
	require.ErrorContains(t, err, "choose another address")
}

func TestDamagedSecretsAreNotReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made, err := loadSecrets(dir)
	require.NoError(t, err)
	kept, err := loadSecrets(dir)
	require.NoError(t, err)
	require.Equal(t, made, kept)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "secrets.json"), []byte("{"), 0o600))
	_, err = loadSecrets(dir)
	require.ErrorContains(t, err, "restore the file")
	content, err := os.ReadFile(filepath.Join(dir, "secrets.json"))
	require.NoError(t, err)
	require.Equal(t, "{", string(content))
}
