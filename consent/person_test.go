package consent_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/events"
)

// The choices of a contact that was joined to another, through however many, are those of the other.
func TestJoinedContactsDecideForTheOther(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first, _, _ := h.person()
	second, _, _ := h.person()
	stays, email, _ := h.person()
	h.exec(`update contacts set merged_into = $2 where id = $1`, first, second)
	h.exec(`update contacts set merged_into = $2 where id = $1`, second, stays)
	h.out(noon, "one-click", events.Choice{ContactID: first})
	require.Equal(t, []string{"one-click -"}, h.history(stays, consent.EmailMarketing))
	require.Equal(t, []string{"unsubscribe/marketing"}, h.standing(email))
	require.Equal(t, []string{"contact.opted-out"}, h.told(stays))
	require.Equal(t, stays.String(), one[string](h, `select data->>'contact_id' from events`))
}

func TestNobodyDecidesNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	ctx, c := t.Context(), events.Choice{ContactID: uuid.New()}
	for name, decide := range map[string]func(pgx.Tx) error{
		"out":    func(tx pgx.Tx) error { return consent.OptOut(ctx, tx, noon, c, by("api")) },
		"in":     func(tx pgx.Tx) error { return consent.OptIn(ctx, tx, noon, c, by("api")) },
		"prefer": func(tx pgx.Tx) error { return consent.Prefer(ctx, tx, noon, c.ContactID, "sms", by("api")) },
	} {
		require.ErrorIs(t, db.InTx(ctx, h.pool, decide), consent.ErrUnknown, name)
	}
}

// Those who decide for one person at once wait for each other: each change is one, and none is lost.
func TestDecisionsAtOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, email, _ := h.person()
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			errs[i] = db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
				return consent.OptOut(context.Background(), tx, noon.Add(time.Duration(i)*time.Minute), events.Choice{ContactID: who}, by("api"))
			})
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, []string{"api -"}, h.history(who, consent.EmailMarketing))
	require.Equal(t, []string{"unsubscribe/marketing"}, h.standing(email))
	require.Equal(t, []string{"contact.opted-out"}, h.told(who))
}
