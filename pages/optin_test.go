package pages_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/links"
)

// asked is an opt-in of somebody who has agreed to nothing yet.
func (h *house) asked() (optIn, contact uuid.UUID) {
	h.t.Helper()
	contact = h.person()
	h.exec(`delete from consents where contact_id = $1`, contact)
	optIn = uuid.New()
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := optins.Ask(h.t.Context(), tx, noon, optins.Asking{ID: optIn, ContactID: contact, Purpose: "email_marketing", Source: "form"},
			audit.Record{ActorKind: audit.System, ActorID: "test"})
		return err
	}))
	return optIn, contact
}

func TestOnlyThePostConfirms(t *testing.T) {
	t.Parallel()
	h := setup(t)
	optIn, who := h.asked()
	w := h.get(links.OptIn, optIn)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "Press the button if you want to receive advertising and news by e-mail.")
	require.Zero(t, one[int](h, `select count(*) from consents`))

	w = h.post(links.OptIn, optIn, url.Values{"do": {"confirm"}})
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "Thank you, it is confirmed")
	require.True(t, h.granted(who, "email_marketing"))
	require.EqualValues(t, 1, h.poked.Load())

	before := h.contents()
	require.Contains(t, h.post(links.OptIn, optIn, url.Values{"do": {"confirm"}}).Body.String(), "Thank you, it is confirmed")
	require.Contains(t, h.get(links.OptIn, optIn).Body.String(), "Thank you, it is confirmed")
	require.Equal(t, before, h.contents(), "confirming twice is confirming once")
}

func TestAnExpiredOptInConfirmsNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	optIn, _ := h.asked()
	later := h.at(noon.AddDate(0, 0, 7), "")
	before := h.contents()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := h.serve(later, links.OptIn, h.links.Token(links.OptIn, optIn, 0), method, "do=confirm", nil)
		require.Equal(t, http.StatusGone, w.Code, method)
		require.Contains(t, w.Body.String(), "This link has expired", method)
		require.NotContains(t, w.Body.String(), "<form", method)
	}
	require.Equal(t, before, h.contents())

	last := h.at(noon.AddDate(0, 0, 7).Add(-time.Second), "")
	w := h.serve(last, links.OptIn, h.links.Token(links.OptIn, optIn, 0), http.MethodPost, "do=confirm", nil)
	require.Equal(t, http.StatusOK, w.Code, "the last second counts")
	require.Equal(t, 1, one[int](h, `select count(*) from consents where granted`))
}

// The link of one person's opt-in says nothing about another's, nor can it be made from an id.
func TestAnOptInOfNobody(t *testing.T) {
	t.Parallel()
	h := setup(t)
	w := h.post(links.OptIn, uuid.New(), url.Values{"do": {"confirm"}})
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), "This link does not work")
}
