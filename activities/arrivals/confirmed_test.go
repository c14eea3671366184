package arrivals_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/arrivals"
	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
)

// That an order arrived is told once, however often the step runs, and only when the customer says so.
func TestAConfirmedDeliveryIsToldOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	a := arrivals.New(pool, clock.Clock{Origin: time.Now(), Business: noon, Speed: 1e-9})
	who := person(t, pool, "Europe/Berlin", "de")
	question := message(t, pool, who, "a")
	asked := arrivals.Asked{ContactID: who, Messages: []uuid.UUID{question}, OrderID: "order-1", Product: "starter-kit"}
	told := func() int {
		return dbtest.One[int](t, pool, `select count(*) from events where type = 'order.delivery-confirmed' and subject = 'order-1'
			and data->>'product' = 'starter-kit' and data->>'contact_id' = $1`, who.String())
	}
	wrote(t, pool, who, question, "Nein", false, 1)
	_, err := a.Understand(t.Context(), asked)
	require.NoError(t, err)
	require.Zero(t, told())
	wrote(t, pool, who, question, "Ja, ist da", false, 2)
	for range 2 {
		answer, err := a.Understand(t.Context(), asked)
		require.NoError(t, err)
		require.Equal(t, answers.Yes, answer.Meaning)
		require.Equal(t, 1, told())
	}
}
