package access_test

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
)

var cli = audit.Record{ActorKind: audit.System, ActorID: "cli"}

func TestKeyIsShownOnceAndRecognised(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	keys := access.NewKeys(pool, clock.Clock{})
	key, secret, err := keys.Create(ctx, cli, "website", []string{"leads:write"}, time.Time{})
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`^perdura_[0-9A-Za-z]{43}$`), secret)
	p, err := keys.Authenticate(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, access.Principal{KeyID: key.ID, Name: "website", Scopes: []string{"leads:write"}}, p)
	list, err := keys.List(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, key.ID, list[0].ID)
	require.Equal(t, 0, rows(t, pool, `select count(*) from api_keys k where k::text like '%' || $1 || '%'`, secret[8:]),
		"the database does not hold the secret")
	_, second, err := keys.Create(ctx, cli, "another", []string{"*"}, time.Time{})
	require.NoError(t, err)
	require.NotEqual(t, secret, second)
}

// The key of somebody who has left still opens what its scopes open, but it decides in nobody's name.
func TestAKeyMayBelongToAUser(t *testing.T) {
	t.Parallel()
	ctx, pool, user := context.Background(), dbtest.New(t), uuid.New()
	dbtest.Exec(t, pool, `insert into users (id, display_name, email, role, team, created_at) values ($1, 'A', 'a@example.com', 'manager', 'sales', now())`, user)
	keys := access.NewKeys(pool, clock.Clock{})
	for _, who := range []string{user.String(), "A@example.com"} {
		key, secret, err := keys.CreateFor(ctx, cli, who, "hers", []string{"*"}, time.Time{})
		require.NoError(t, err)
		require.Equal(t, "a@example.com", key.UserEmail)
		p, err := keys.Authenticate(ctx, secret)
		require.NoError(t, err)
		require.Equal(t, user, p.UserID)
	}
	list, err := keys.List(ctx)
	require.NoError(t, err)
	require.Equal(t, "a@example.com", list[0].UserEmail)
	_, secret, err := keys.CreateFor(ctx, cli, user.String(), "old", []string{"*"}, time.Time{})
	require.NoError(t, err)
	dbtest.Exec(t, pool, `update users set active = false`)
	p, err := keys.Authenticate(ctx, secret)
	require.NoError(t, err)
	require.Zero(t, p.UserID)
	_, _, err = keys.CreateFor(ctx, cli, user.String(), "late", []string{"*"}, time.Time{})
	require.ErrorContains(t, err, "no active user")
}

func TestWrongKeysAreRefused(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	keys := access.NewKeys(pool, clock.Clock{})
	_, secret, err := keys.Create(ctx, cli, "website", []string{"*"}, time.Time{})
	require.NoError(t, err)
	last := "0"
	if secret[len(secret)-1] == '0' {
		last = "1"
	}
	for _, wrong := range []string{"", "perdura_", secret[:len(secret)-1], secret[:len(secret)-1] + last, secret + "0", secret[8:], "Bearer " + secret, string(make([]byte, 1<<16))} {
		_, err := keys.Authenticate(ctx, wrong)
		require.ErrorIs(t, err, access.ErrUnauthenticated)
	}
}

func TestRevocationIsSeenWithinTheCacheTime(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	here, elsewhere := access.NewKeys(pool, clock.Clock{}), access.NewKeys(pool, clock.Clock{})
	key, secret, err := here.Create(ctx, cli, "website", []string{"*"}, time.Time{})
	require.NoError(t, err)
	for _, k := range []*access.Keys{here, elsewhere} {
		_, err := k.Authenticate(ctx, secret)
		require.NoError(t, err)
	}
	require.NoError(t, here.Revoke(ctx, cli, key.ID))
	require.NoError(t, here.Revoke(ctx, cli, key.ID), "again changes nothing")
	_, err = here.Authenticate(ctx, secret)
	require.ErrorIs(t, err, access.ErrUnauthenticated, "at once where it was revoked")
	require.Eventually(t, func() bool {
		_, err := elsewhere.Authenticate(ctx, secret)
		return err != nil
	}, access.CacheTime+2*time.Second, 50*time.Millisecond)
	require.ErrorContains(t, here.Revoke(ctx, cli, uuid.New()), "there is no such key")
	require.Equal(t, 1, rows(t, pool, `select count(*) from audit_logs where action = 'api_key.create'`))
	require.Equal(t, 2, rows(t, pool, `select count(*) from audit_logs where action = 'api_key.revoke' and resource_id = $1`, key.ID.String()))
}

// Business time runs a hundred times as fast here: the key expires although it is cached.
func TestExpiryHoldsForCachedKeys(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	fast, err := clock.New(time.Now(), time.Now(), 100)
	require.NoError(t, err)
	keys := access.NewKeys(pool, fast)
	_, secret, err := keys.Create(ctx, cli, "website", []string{"*"}, fast.Now().Add(30*time.Second))
	require.NoError(t, err)
	_, err = keys.Authenticate(ctx, secret)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := keys.Authenticate(ctx, secret)
		return err != nil
	}, 2*time.Second, 10*time.Millisecond, "before the cache forgets the key")
}

func TestCacheSparesPostgreSQL(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	keys := access.NewKeys(pool, clock.Clock{})
	_, secret, err := keys.Create(ctx, cli, "website", []string{"*"}, time.Time{})
	require.NoError(t, err)
	_, err = keys.Authenticate(ctx, secret)
	require.NoError(t, err)
	gone, cancel := context.WithCancel(ctx)
	cancel() // no statement can run
	_, err = keys.Authenticate(gone, secret)
	require.NoError(t, err)
	_, err = keys.Authenticate(gone, secret+"0")
	require.Error(t, err)
	require.NotErrorIs(t, err, access.ErrUnauthenticated, "PostgreSQL that does not answer is no wrong key")
}

func TestCreateRefusesNonsense(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	keys := access.NewKeys(pool, clock.Clock{})
	for want, call := range map[string]func() error{
		"no name":  func() error { _, _, err := keys.Create(ctx, cli, " ", []string{"*"}, time.Time{}); return err },
		"no scope": func() error { _, _, err := keys.Create(ctx, cli, "x", nil, time.Time{}); return err },
		"is no scope": func() error {
			_, _, err := keys.Create(ctx, cli, "x", []string{"leads:fly"}, time.Time{})
			return err
		},
		"expired already": func() error {
			_, _, err := keys.Create(ctx, cli, "x", []string{"*"}, time.Now().Add(-time.Hour))
			return err
		},
	} {
		require.ErrorContains(t, call(), want)
	}
	require.Equal(t, 0, rows(t, pool, `select count(*) from api_keys`))
	require.Equal(t, 0, rows(t, pool, `select count(*) from audit_logs`))
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	lead := access.Resource{Kind: "lead", ID: "1"}
	for _, c := range []struct {
		scopes []string
		action access.Action
		ok     bool
	}{
		{[]string{"leads:write"}, access.LeadsWrite, true},
		{[]string{"leads:write"}, access.LeadsRead, false},
		{[]string{"leads:read", "tasks:read"}, access.TasksRead, true},
		{[]string{"*"}, access.CodecDecode, true},
		{[]string{"admin"}, access.CodecDecode, false},
		{nil, access.LeadsRead, false},
	} {
		err := access.Authorize(context.Background(), access.Principal{Scopes: c.scopes}, c.action, lead)
		if c.ok {
			require.NoError(t, err, "%v %s", c.scopes, c.action)
			continue
		}
		var denied *access.DeniedError
		require.ErrorAs(t, err, &denied, "%v %s", c.scopes, c.action)
		require.Equal(t, lead, denied.Resource)
		require.ErrorContains(t, err, string(c.action))
	}
}

func rows(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, pool.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}
