package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/app"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker"
)

// TestMain keeps the machine's own settings out of the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PERDURA_") && name != dbtest.URLVariable {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

type answer struct {
	code     int
	out, err string
}

func perdura(t *testing.T, table worker.Table, args ...string) answer {
	t.Helper()
	var out, errOut bytes.Buffer
	code := app.Execute(context.Background(), table, args, &out, &errOut)
	return answer{code, out.String(), errOut.String()}
}

type done struct{}

func (done) Ending() string { return "done" }

type about struct {
	ID uuid.UUID `json:"id"`
}

// greeting is a process with one decision.
var greeting = process.New("greeting", func(ctx workflow.Context, in about) (done, error) {
	process.DecideIf(ctx, "Is it morning?", in.ID == uuid.Max)
	return done{}, nil
},
	process.Owner("reception"), process.Purpose("Greet whoever comes in."),
	process.OneRunPer(func(in about) string { return in.ID.String() }),
	process.Given("a guest in the morning", about{uuid.Max}), process.Given("a guest in the evening", about{}),
	process.Ends("done"),
)

func TestHelpIsAboutCommands(t *testing.T) {
	t.Parallel()
	got := perdura(t, worker.Table{}, "--help")
	require.Zero(t, got.code, got.err)
	for _, word := range []string{"serve", "migrate", "keys", "new-process", "First steps"} {
		require.Contains(t, got.out, word)
	}
	require.NotContains(t, got.out, "dispatcher.lease", "forty settings would bury the commands")
	require.Contains(t, perdura(t, worker.Table{}, "config", "--help").out, "dispatcher.lease")
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	table := worker.Table{}.With(greeting)
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown command":      {[]string{"servee"}, 2, `unknown command "servee"`},
		"unknown flag":         {[]string{"serve", "--listen", "x"}, 2, "unknown flag: --listen"},
		"no settings":          {[]string{"serve"}, 2, "6 settings are wrong"},
		"wrong setting":        {[]string{"migrate", "--database.url", "nowhere"}, 2, "database.url: its value is no PostgreSQL URI"},
		"no such process":      {[]string{"process", "map", "greting"}, 2, `there is no process "greting"`},
		"name missing":         {[]string{"process", "map"}, 2, "name one process"},
		"required flags":       {[]string{"keys", "create"}, 2, "give --name and --scopes"},
		"key id":               {[]string{"keys", "revoke", "7"}, 2, "an id is a UUID"},
		"process name":         {[]string{"new-process", "Greeting"}, 1, "a name is lower-case words joined by hyphens"},
		"existing process":     {[]string{"new-process", "greeting"}, 2, "this binary has a process of that name"},
		"head":                 {[]string{"audit", "verify", "--head", "x"}, 2, "read --head"},
		"nothing to replay":    {[]string{"replay", t.TempDir()}, 1, "perdura: "},
		"database unreachable": {[]string{"migrate", "--database.url", "postgres://127.0.0.1:1/x"}, 1, "connect to PostgreSQL at 127.0.0.1:1"},
		"nobody listens":       {[]string{"healthcheck", "--api.listen", "127.0.0.1:1"}, 1, "ask http://127.0.0.1:1/healthz"},
		"version":              {[]string{"version"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := perdura(t, table, tc.args...)
			require.Equal(t, tc.code, got.code, got.err)
			require.Contains(t, got.err, tc.says)
		})
	}
}

func TestAWrongTableIsRefused(t *testing.T) {
	t.Parallel()
	got := perdura(t, worker.Table{}.With(greeting, greeting), "version")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.err, `process "greeting" is registered twice`)
}

func TestConfigShowsWhatIsInForce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "perdura.yaml")
	require.NoError(t, os.WriteFile(file, []byte("smtp:\n  password: hunter2hunter2\n  username: u\n"), 0o600))
	got := perdura(t, worker.Table{}, "config", "--config", file, "--database.url", "postgres://p:hunter2hunter2@db/x")
	require.Equal(t, 2, got.code, "settings are missing, and said to be")
	require.Contains(t, got.err, "encryption.keys: it has no value")
	require.Regexp(t, `smtp\.password +\(set, hidden\) +file`, got.out)
	require.Regexp(t, `database\.url +postgres://p:xxxxx@db/x +flag`, got.out)
	require.Regexp(t, `api\.listen +127\.0\.0\.1:8080 +default`, got.out)
	require.NotContains(t, got.out+got.err, "hunter2")
}

func TestProcessCommands(t *testing.T) {
	t.Parallel()
	table := worker.Table{}.With(greeting)
	require.Regexp(t, `greeting +reception +request +Greet whoever comes in\.`, perdura(t, table, "process", "list").out)
	require.Contains(t, perdura(t, table, "process", "map", "greeting").out, "Is it morning?")
	require.Contains(t, perdura(t, table, "process", "map", "greeting", "--svg").out, "<svg")
	require.Contains(t, perdura(t, table, "process", "procedure", "greeting").out, "Greet whoever comes in.")
}

func TestDocsFollowTheCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table := worker.Table{}.With(greeting)
	docs := func(args ...string) answer {
		return perdura(t, table, append([]string{"docs", "--dir", dir}, args...)...)
	}
	require.Equal(t, 3, docs("--check").code, "nothing is written yet")
	require.Zero(t, docs().code)
	require.Zero(t, docs("--check").code)
	require.Empty(t, docs().out, "a second time there is nothing to write")
	content, err := os.ReadFile(filepath.Join(dir, "configuration.md"))
	require.NoError(t, err)
	require.Equal(t, config.Markdown(), string(content))

	svg := filepath.Join(dir, "processes", "greeting.svg")
	require.NoError(t, os.WriteFile(svg, []byte("drawn by hand"), 0o600))
	gone := filepath.Join(dir, "processes", "farewell.md")
	require.NoError(t, os.WriteFile(gone, []byte("# Farewell"), 0o600))
	got := docs("--check")
	require.Equal(t, 3, got.code)
	require.Contains(t, got.err, "processes/farewell.md, processes/greeting.svg")
	require.Zero(t, docs().code)
	require.NoFileExists(t, gone)
	require.Zero(t, docs("--check").code)
}

func database(t *testing.T) (*pgxpool.Pool, string) {
	t.Helper()
	pool, url := dbtest.NewWithURL(t)
	return pool, "--database.url=" + url
}

func TestKeys(t *testing.T) {
	t.Parallel()
	pool, url := database(t)
	created := perdura(t, worker.Table{}, "keys", "create", url, "--name", "website", "--scopes", "leads:write,leads:read", "--expires", "90d")
	require.Zero(t, created.code, created.err)
	secret := strings.TrimSpace(created.out)
	require.Regexp(t, `^perdura_[0-9A-Za-z]{22,}$`, secret, "the key alone, so that a script can take it")
	id := regexp.MustCompile(`[0-9a-f-]{36}`).FindString(created.err)

	keys := access.NewKeys(pool, clock.Clock{})
	who, err := keys.Authenticate(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, id, who.KeyID.String())
	require.Equal(t, []string{"leads:write", "leads:read"}, who.Scopes)

	listed := perdura(t, worker.Table{}, "keys", "list", url)
	require.Regexp(t, id+` +website +- +leads:write,leads:read +\S+ +valid until`, listed.out)
	require.NotContains(t, listed.out, secret)

	require.Zero(t, perdura(t, worker.Table{}, "keys", "revoke", url, id).code)
	require.Contains(t, perdura(t, worker.Table{}, "keys", "list", url).out, "revoked")
	_, err = access.NewKeys(pool, clock.Clock{}).Authenticate(t.Context(), secret)
	require.ErrorIs(t, err, access.ErrUnauthenticated)

	require.Equal(t, 1, perdura(t, worker.Table{}, "keys", "revoke", url, uuid.NewString()).code)
	dbtest.Exec(t, pool, `insert into users (id, display_name, email, role, team, created_at) values ($1, 'A', 'boss@example.com', 'manager', 'sales', now())`, uuid.New())
	require.Zero(t, perdura(t, worker.Table{}, "keys", "create", url, "--name", "boss", "--scopes", "leads:read", "--user", "Boss@example.com").code)
	require.Regexp(t, `boss +boss@example.com +leads:read`, perdura(t, worker.Table{}, "keys", "list", url).out)
	require.Equal(t, 1, perdura(t, worker.Table{}, "keys", "create", url, "--name", "x", "--scopes", "leads:read", "--user", "nobody@example.com").code)
	require.Equal(t, 1, perdura(t, worker.Table{}, "keys", "create", url, "--name", "x", "--scopes", "leads:destroy").code)
	for _, expires := range []string{"soon", "-3d", "0d", "2020-01-01"} {
		require.NotZero(t, perdura(t, worker.Table{}, "keys", "create", url, "--name", "x", "--scopes", "leads:read", "--expires", expires).code, expires)
	}
}

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	pool, url := database(t)
	for i := range 5 {
		require.NoError(t, audit.Append(t.Context(), pool, clock.Clock{}.Now(), audit.Record{
			ActorKind: audit.System, ActorID: "test", Action: "thing.change", ResourceKind: "thing", ResourceID: fmt.Sprint(i),
		}))
	}
	_, err := audit.NewSealer(pool, nil).Seal(t.Context())
	require.NoError(t, err)

	whole := perdura(t, worker.Table{}, "audit", "verify", url)
	require.Zero(t, whole.code, whole.err)
	require.Contains(t, whole.out, "links that hold: 5")
	head := regexp.MustCompile(`head: (\S+)`).FindStringSubmatch(whole.out)[1]
	require.Zero(t, perdura(t, worker.Table{}, "audit", "verify", url, "--head", head).code)

	_, err = pool.Exec(t.Context(), `delete from audit_logs where chain_seq = 5`)
	require.NoError(t, err)
	require.Zero(t, perdura(t, worker.Table{}, "audit", "verify", url).code, "a cut end shows only beside a head that was kept")
	require.Equal(t, 3, perdura(t, worker.Table{}, "audit", "verify", url, "--head", head).code)

	_, err = pool.Exec(t.Context(), `update audit_logs set actor_id = 'nobody' where chain_seq = 2`)
	require.NoError(t, err)
	changed := perdura(t, worker.Table{}, "audit", "verify", url)
	require.Equal(t, 3, changed.code)
	require.Contains(t, changed.err, "the audit log was changed")
}

func TestMigrateMakesTheTables(t *testing.T) {
	t.Parallel()
	pool, url := database(t)
	_, err := pool.Exec(t.Context(), `drop schema public cascade; create schema public`)
	require.NoError(t, err)
	missing := perdura(t, worker.Table{}, "keys", "list", url)
	require.Equal(t, 1, missing.code)
	require.Contains(t, missing.err, "run `perdura migrate`")
	for range 2 {
		got := perdura(t, worker.Table{}, "migrate", url)
		require.Zero(t, got.code, got.err)
	}
	require.Zero(t, perdura(t, worker.Table{}, "keys", "list", url).code)
}
