package messages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/money"
)

// owes lets Ada owe two invoices, and returns the version of her account.
func (h *house) owes() fence.Token {
	h.t.Helper()
	due := func(number string, minor int64, days int) collecting.Owed {
		return collecting.Owed{InvoiceID: uuid.New(), Number: number, Left: money.Amount{Minor: minor, Currency: "EUR"}, DueOn: time.Date(2026, 2, days, 0, 0, 0, 0, time.UTC)}
	}
	h.books.Put(h.ada, collecting.Account{Due: []collecting.Owed{due("R-2", 2000, 20), due("R-1", 10050, 3)}, Credit: money.Amount{Minor: 500, Currency: "EUR"}})
	token, err := fence.Read(h.t.Context(), h.pool, collecting.AccountFence, h.ada)
	require.NoError(h.t, err)
	return token
}

func TestRemindersSayWhatTheAccountHolds(t *testing.T) {
	t.Parallel()
	h := setup(t)
	token := h.owes()
	for i, template := range []string{"dunning-friendly", "dunning-firm", "dunning-final", "dunning-broken-promise", "dunning-thanks-part", "dunning-thanks", "dunning-thanks-more"} {
		for _, channel := range []provider.Channel{provider.Email, provider.SMS} {
			r, err := call(h, ten, messages.Send, template+string(channel), messages.Message{Template: template, ContactID: h.ada, Channel: channel, Fence: token})
			require.NoError(t, err)
			if channel == provider.SMS {
				require.Equal(t, gate.NoAddress, r.Reason)
				continue
			}
			require.Equal(t, messages.Sent, r.State, template)
		}
		text := h.mail.taken[i].Text
		if !strings.HasPrefix(template, "dunning-thanks") {
			for _, said := range []string{"€120.50", "R-1, R-2", "3 February 2026", h.links.URL(links.Account, h.ada)} {
				if said == "3 February 2026" && template == "dunning-broken-promise" {
					continue
				}
				require.Contains(t, text, said, template)
			}
		}
		require.NotContains(t, text, "{{")
	}
	require.Contains(t, h.mail.taken[6].Text, "€5.00")
}

func TestNoReminderLeavesAfterTheAccountHasChanged(t *testing.T) {
	t.Parallel()
	h := setup(t)
	token := h.owes()
	require.NoError(t, db.InTx(t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := fence.Move(t.Context(), tx, collecting.AccountFence, h.ada)
		return err
	}))
	r := h.send(ten, messages.Message{Template: "dunning-friendly", ContactID: h.ada, Fence: token})
	require.Equal(t, []string{messages.Refused, messages.Overtaken}, []string{r.State, r.Reason})
	require.Empty(t, h.mail.taken)
}

func TestNobodyIsRemindedAtNight(t *testing.T) {
	t.Parallel()
	h := setup(t)
	token := h.owes()
	night := time.Date(2026, 3, 3, 21, 30, 0, 0, time.UTC)
	r := h.send(night, messages.Message{Template: "dunning-friendly", ContactID: h.ada, Fence: token})
	require.Equal(t, []string{messages.Shifted, gate.QuietHours, "2026-03-04T07:00:00Z"}, []string{r.State, r.Reason, r.Until.Format(time.RFC3339)})
	require.Empty(t, h.mail.taken)
}
