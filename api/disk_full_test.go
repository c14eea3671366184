package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// full makes PostgreSQL answer every write of a table as it does when its disk is full.
const full = `create or replace function disk_is_full() returns trigger language plpgsql as
	$$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`

// PostgreSQL cannot write any more: callers are told to come back, with the same key, and then succeed, once. Nothing is
// kept of what was not answered, and what was accepted before stays.
func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	h := setup(t)
	before := cloudEvent("before", "order.placed", someID, `{"order_id":"`+someID+`"}`)
	later := cloudEvent("later", "order.placed", someID, `{"order_id":"`+someID+`"}`)
	h.send("POST", "/v1/events", before).want(202)
	h.exec(full)
	for _, table := range []string{"events", "idempotency_keys", "leads"} {
		t.Run(table, func(t *testing.T) {
			h.exec(`create trigger full_disk before insert on ` + table + ` for each statement execute function disk_is_full()`)
			for _, headers := range [][]string{nil, {"Idempotency-Key", "key-" + table}} {
				if table == "idempotency_keys" && headers == nil {
					continue
				}
				if table == "leads" {
					lead := h.send("POST", "/v1/leads", aLead, headers...).want(503)
					require.Equal(t, "2", lead.Header().Get("Retry-After"))
					continue
				}
				answer := h.send("POST", "/v1/events", later, headers...).want(503)
				require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
				require.Equal(t, "2", answer.Header().Get("Retry-After"))
				require.Contains(t, answer.json()["detail"], "same Idempotency-Key")
			}
			h.exec(`drop trigger full_disk on ` + table)
		})
	}
	require.Equal(t, 1, h.counts()["events"], "nothing is kept of what was not accepted")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var reserved int
	require.NoError(t, h.pool.QueryRow(ctx, `select count(*) from idempotency_keys where status is null`).Scan(&reserved))
	require.Zero(t, reserved, "keys are given back")
	for range 2 {
		h.send("POST", "/v1/events", later, "Idempotency-Key", "key-events").want(202)
	}
	require.Equal(t, 2, h.counts()["events"])
}
