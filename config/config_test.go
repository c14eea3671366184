package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/config"
)

const (
	key32   = "2026a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	linkKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	whsec   = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
	secret  = "s3cr3t-Value"
)

// isolate keeps the machine's own settings out of a test.
func isolate(t *testing.T) {
	t.Helper()
	t.Setenv(config.FileEnv, "")
	for _, s := range config.Settings() {
		t.Setenv(s.Env(), "")
	}
}

func load(t *testing.T, needs config.Need, args ...string) (config.Loaded, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags)
	require.NoError(t, flags.Parse(args))
	return config.Load(config.Sources{Flags: flags}, needs)
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "perdura.yaml")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestDefaultsAreRight(t *testing.T) {
	isolate(t)
	got, err := load(t, 0)
	require.NoError(t, err)
	require.Equal(t, config.Production, got.Environment)
	require.Equal(t, "127.0.0.1:8080", got.API.Listen)
	require.Equal(t, "perdura", got.Temporal.TaskQueue)
	require.Equal(t, 20*time.Second, got.Worker.StopTimeout)
	require.Equal(t, 1.0, got.Clock.Speed)
	require.True(t, got.Worker.EagerStart)
}

// Every example of the table passes its own check: messages about wrong values must not give wrong advice.
func TestExamplesAreRight(t *testing.T) {
	isolate(t)
	for _, s := range config.Settings() {
		if s.Example == "" || strings.Contains(s.Example, "$(") {
			continue
		}
		_, err := config.Load(config.Sources{Defaults: map[string]string{
			s.Key: s.Example, "worker.eager_start": "false", "encryption.off": "false",
		}}, 0)
		var problems config.Problems
		errors.As(err, &problems) // other settings may contradict the example, which is not its fault
		for _, line := range problems {
			require.False(t, strings.HasPrefix(line, s.Key+`: "`) || strings.HasPrefix(line, s.Key+": its value"), line)
		}
	}
}

func TestTheFirstSourceThatSpeaksWins(t *testing.T) {
	isolate(t)
	path := writeFile(t, "api:\n  listen: 127.0.0.1:1111\n  rate_limit: 11\nlog:\n  level: warn\n")
	t.Setenv("PERDURA_API_LISTEN", "127.0.0.1:2222")
	t.Setenv("PERDURA_API_RATE_LIMIT", "22")

	got, err := load(t, 0, "--config", path, "--api.listen", "127.0.0.1:3333")
	require.NoError(t, err)
	for key, want := range map[string][2]string{
		"api.listen":     {"127.0.0.1:3333", "flag"},
		"api.rate_limit": {"22", "environment"},
		"log.level":      {"warn", "file"},
		"log.format":     {"json", "default"},
	} {
		value, origin := got.Raw(key)
		require.Equal(t, want, [2]string{value, origin}, key)
	}
	require.Equal(t, 22, got.API.RateLimit)
}

func TestAProgramsDefaultsGiveWayToTheEnvironment(t *testing.T) {
	isolate(t)
	t.Setenv("PERDURA_LOG_FORMAT", "json")
	got, err := config.Load(config.Sources{Defaults: map[string]string{"log.format": "text", "log.level": "warn"}}, 0)
	require.NoError(t, err)
	require.Equal(t, "json", got.Log.Format)
	require.Equal(t, "warn", got.Log.Level)
}

func TestListsComeFromTheFileAsListsOrText(t *testing.T) {
	isolate(t)
	second := strings.Replace(key32, "2026a", "2025b", 1)
	for name, content := range map[string]string{
		"list": "encryption:\n  keys:\n    - " + key32 + "\n    - " + second + "\n",
		"text": "encryption:\n  keys: " + key32 + ", " + second + "\n",
		"flat": "encryption.keys: [\"" + key32 + "\", \"" + second + "\"]\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, 0, "--config", writeFile(t, content))
			require.NoError(t, err)
			require.Len(t, got.Encryption.Keys, 2)
			require.Equal(t, "2026a", got.Encryption.Keys[0].ID)
			require.Equal(t, byte(31), got.Encryption.Keys[1].Secret[31])
		})
	}
}

func TestEveryWrongSettingIsNamedInOneMessage(t *testing.T) {
	isolate(t)
	wrong := map[string]string{
		"environment": "staging", "database.url": "mysql://root:" + secret + "@db/x", "database.max_connections": "1",
		"temporal.address": "localhost", "api.listen": "808", "api.public_url": "perdura.example.com",
		"api.rate_limit": "-1", "log.level": "verbose", "log.format": "xml", "encryption.keys": "a:" + secret,
		"encryption.off": "perhaps", "smtp.port": "70000", "smtp.tls": "ssl", "smtp.from": "nobody", "smtp.timeout": "15",
		"webhook.secret": secret, "links.keys": secret, "evidence.keys": secret, "worker.eager_start": "maybe", "worker.max_concurrent_workflow_tasks": "one",
		"worker.max_concurrent_activities": "0", "worker.max_concurrent_local_activities": "-3",
		"worker.stop_timeout": "0s", "worker.deployment_name": "a b", "dispatcher.concurrency": "0",
		"dispatcher.poll_interval": "1h", "dispatcher.lease": "1ms", "clock.speed": "0.5", "providers.sandbox": "x",
	}
	for _, s := range config.Settings() {
		if value, ok := wrong[s.Key]; ok {
			t.Setenv(s.Env(), value)
		}
	}
	_, err := load(t, 0)
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	for key, value := range wrong {
		n := 0
		for _, line := range problems {
			if strings.HasPrefix(line, key+": ") {
				n++
				require.Contains(t, line, "PERDURA_", "how to set it")
			}
		}
		require.Equal(t, 1, n, "lines about %s=%q in\n%s", key, value, err)
	}
	require.Len(t, problems, len(wrong), err.Error())
	require.NotContains(t, err.Error(), secret)
	require.Contains(t, err.Error(), `api.listen: "808" is no host:port; set PERDURA_API_LISTEN or --api.listen to e.g. 127.0.0.1:8080`)
}

func TestSettingsThatContradictEachOther(t *testing.T) {
	isolate(t)
	enough := map[string]string{
		"database.url": "postgres://localhost/perdura", "encryption.keys": key32,
		"smtp.host": "smtp.example.com", "smtp.from": "Sales <sales@example.com>", "webhook.secret": whsec,
		"links.keys": linkKey, "evidence.keys": key32,
	}
	for name, tc := range map[string]struct {
		set  map[string]string
		line string // "" when nothing is wrong
	}{
		"enough":                    {nil, ""},
		"no database":               {map[string]string{"database.url": ""}, "database.url: it has no value"},
		"no keys":                   {map[string]string{"encryption.keys": ""}, "encryption.keys: it has no value"},
		"no mail server":            {map[string]string{"smtp.host": ""}, "smtp.host: it has no value"},
		"clear text in production":  {map[string]string{"encryption.off": "true"}, "encryption.off: production"},
		"clear text in development": {map[string]string{"encryption.off": "true", "encryption.keys": "", "environment": "development"}, ""},
		"fast clock":                {map[string]string{"clock.speed": "60", "environment": "development"}, "clock.speed: only a sandbox"},
		"fast clock in a sandbox":   {map[string]string{"clock.speed": "60", "environment": "development", "providers.sandbox": "true"}, ""},
		"sandbox in production":     {map[string]string{"providers.sandbox": "true"}, "providers.sandbox: production"},
		"readable password":         {map[string]string{"smtp.tls": "none", "smtp.username": "u", "smtp.password": secret}, "smtp.tls: with none"},
		"password of nobody":        {map[string]string{"smtp.password": secret}, "smtp.username: it has no value"},
		"versioned and eager":       {map[string]string{"worker.deployment_name": "perdura", "worker.build_id": "v1"}, "worker.eager_start: an eager start"},
		"versioned":                 {map[string]string{"worker.deployment_name": "perdura", "worker.build_id": "v1", "worker.eager_start": "false"}, ""},
		"half a version":            {map[string]string{"worker.build_id": "v1"}, "worker.build_id: a versioned worker"},
		"too few connections":       {map[string]string{"database.max_connections": "4"}, "worker.max_concurrent_local_activities: 16 database steps"},
		"no key for links":          {map[string]string{"links.keys": ""}, "links.keys: it has no value; set PERDURA_LINKS_KEYS to e.g. $(openssl rand -base64 32)"},
		"a short key for links":     {map[string]string{"links.keys": linkKey + ",AAEC"}, "links.keys: its value holds a key that is not base64 of 32 bytes (number 2)"},
		"one key for links twice":   {map[string]string{"links.keys": linkKey + ", " + linkKey}, "links.keys: its value holds the same key twice (number 2)"},
		"no key for evidence":       {map[string]string{"evidence.keys": ""}, "evidence.keys: it has no value; set PERDURA_EVIDENCE_KEYS to e.g. 2026a:$(openssl rand -base64 32)"},
		"a bad key for evidence":    {map[string]string{"evidence.keys": "2026a:AAEC"}, `evidence.keys: its value holds a key, "2026a", that is not base64 of 32 bytes`},
		"two keys of one id":        {map[string]string{"encryption.keys": key32 + "," + key32}, "encryption.keys: its value encryption key \"2026a\" is given twice"},
	} {
		t.Run(name, func(t *testing.T) {
			values := map[string]string{}
			for k, v := range enough {
				values[k] = v
			}
			for k, v := range tc.set {
				values[k] = v
			}
			_, err := config.Load(config.Sources{Defaults: values}, config.NeedDatabase|config.NeedEngine|config.NeedWorker)
			if tc.line == "" {
				require.NoError(t, err)
				return
			}
			var problems config.Problems
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, 1, err.Error())
			require.True(t, strings.HasPrefix(problems[0], tc.line), problems[0])
			require.NotContains(t, err.Error(), secret)
		})
	}
}

func TestMisspeltVariablesAreNamed(t *testing.T) {
	isolate(t)
	t.Setenv("PERDURA_API_LISSTEN", "127.0.0.1:1")
	t.Setenv("PERDURA_SERVICE_HOST", "10.0.0.1") // set by a container platform for a service of this name
	_, err := load(t, 0)
	require.ErrorContains(t, err, "PERDURA_API_LISSTEN: the environment has it, but there is no such setting; did you mean PERDURA_API_LISTEN?")
	require.NotContains(t, err.Error(), "PERDURA_SERVICE_HOST")
}

func TestWrongFiles(t *testing.T) {
	isolate(t)
	for name, tc := range map[string]struct{ content, line string }{
		"misspelt":     {"api:\n  lissten: x\n", "api.lissten: the configuration file has it, but there is no such setting; did you mean api.listen?"},
		"wrong group":  {"mail:\n  timeout: 3s\n", "mail.timeout: the configuration file has it, but there is no such setting; did you mean smtp.timeout?"},
		"unknown":      {"colour: blue\n", "colour: the configuration file has it, but there is no such setting; docs/configuration.md lists all settings"},
		"not YAML":     {"api: [" + secret + "\n", "is not YAML"},
		"a bare group": {"api: yes\n", "api: the configuration file has it, but there is no such setting"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, 0, "--config", writeFile(t, tc.content))
			require.ErrorContains(t, err, tc.line)
			require.NotContains(t, err.Error(), secret)
		})
	}
	t.Run("missing", func(t *testing.T) {
		_, err := load(t, 0, "--config", "/nowhere/perdura.yaml")
		require.ErrorContains(t, err, "the configuration file /nowhere/perdura.yaml does not exist")
	})
}

func TestSecretsAreNeverShown(t *testing.T) {
	isolate(t)
	for _, s := range config.Settings() {
		require.Empty(t, s.Shown(""), s.Key)
		if s.Secret {
			require.NotContains(t, s.Shown(secret), secret, s.Key)
		}
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags)
	for _, s := range config.Settings() {
		require.Equal(t, s.Secret, flags.Lookup(s.Key) == nil, "a command line is no place for a secret: %s", s.Key)
		if s.Key != "database.url" {
			continue
		}
		for _, raw := range []string{
			"postgres://u:" + secret + "@db/x", "postgres://db/x?password=" + secret, "host=db password=" + secret, "://" + secret,
		} {
			require.NotContains(t, s.Shown(raw), secret, raw)
		}
	}
}
