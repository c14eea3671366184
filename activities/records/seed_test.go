package records_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
)

// The house to try the product with comes up on other ports; the people in its database are still the same.
func TestDemoWebhooksMoveWithTheHouse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	seed := func(base string) { require.NoError(t, records.SeedDemo(t.Context(), o.pool, monday, base)) }
	seed("http://127.0.0.1:1111/hooks")
	// Somebody of one's own, and a change to one of the three: neither is the seed's business.
	own := o.user("representative", 5, uuid.Nil)
	o.exec(`update users set webhook_url = 'https://example.com/own' where id = $1`, own)
	o.exec(`update users set display_name = 'Renamed', capacity = 3, active = false where email = 'rep2@example.com'`)

	seed("http://127.0.0.1:2222/hooks/")
	require.Equal(t, []string{
		"manager@example.com http://127.0.0.1:2222/hooks/manager",
		"rep1@example.com http://127.0.0.1:2222/hooks/rep1",
		"rep2@example.com http://127.0.0.1:2222/hooks/rep2",
	}, value[[]string](o, `select array_agg(email || ' ' || webhook_url order by email) from users where email in ('manager@example.com', 'rep1@example.com', 'rep2@example.com')`))
	require.Equal(t, "https://example.com/own", value[string](o, `select webhook_url from users where id = $1`, own))
	require.Equal(t, "Renamed 3 false", value[string](o, `select display_name || ' ' || capacity || ' ' || active from users where email = 'rep2@example.com'`))

	seed("")
	require.Zero(t, value[int](o, `select count(webhook_url)::int from users where id <> $1`, own))
}
