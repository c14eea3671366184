package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/pages"
)

// offered is a contract that waits for a person to sign it.
func (h *house) offered() (contract, contact uuid.UUID) {
	h.t.Helper()
	contact = h.person()
	deal := uuid.New()
	h.exec(`update contacts set company = 'Example Ltd' where id = $1`, contact)
	h.exec(`insert into sales_pipeline (id, key, name, contact_id, pipeline, pipeline_version, stage, state, amount_minor, list_minor,
		currency, close_on, probability, stage_since, touched_at, created_at)
		values ($1::uuid, ($1::uuid)::text, 'Cooling plant', $2, 'standard', 0, 'closing', 'closing', 129900, 129900, 'EUR', '2026-04-01', 0.9, $3, $3, $3)`, deal, contact, noon)
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) (err error) {
		contract, err = contracts.Issue(h.t.Context(), tx, noon.Add(-time.Hour), contracts.Draft{
			Key: deal.String(), DealID: deal, Revision: 1, Template: contracts.Standard, Seller: "Sample", Actor: audit.Record{ActorKind: audit.System, ActorID: "test"},
		})
		return err
	}))
	h.sealed(noon)
	return contract, contact
}

var sealer = evidence.Key{ID: "2026a", Seed: [32]byte{1}}

// sealed are pages that hand out evidence, at a time that stands still.
func (h *house) sealed(now time.Time) {
	h.t.Helper()
	h.sealedBy(clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9})
}

func (h *house) sealedBy(c clock.Clock) {
	h.t.Helper()
	signer, err := evidence.NewSigner(sealer)
	require.NoError(h.t, err)
	h.pages, err = pages.New(pages.Options{
		Pool: h.pool, Clock: c, Links: h.links, Poke: h, Sender: "Example Ltd", Evidence: signer,
	})
	require.NoError(h.t, err)
}

// code is the one that was sent last.
func (h *house) code(contract uuid.UUID) string {
	h.t.Helper()
	row, err := query.New().LastSigningCode(h.t.Context(), h.pool, contract)
	require.NoError(h.t, err)
	return h.links.Code(row.ID)
}

func (h *house) fetch(contract uuid.UUID, as string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.serve(h.pages, links.Contract, h.links.Token(links.Contract, contract, 0), http.MethodGet, "", func(r *http.Request) {
		r.URL.RawQuery = "as=" + as
	})
}

func TestACustomerSignsAContract(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contract, _ := h.offered()
	before := h.contents()
	page := h.get(links.Contract, contract)
	require.Equal(t, http.StatusOK, page.Code)
	for _, said := range []string{"Read and sign the contract", "Contract of supply", "€1,299.00", "16 March 2026", "a***@example.com", `href="?as=pdf"`, "Send me the code"} {
		require.Contains(t, page.Body.String(), said)
	}
	require.NotContains(t, page.Body.String(), "<script")
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
	pdf := h.fetch(contract, "pdf")
	require.Equal(t, "application/pdf", pdf.Header().Get("Content-Type"))
	require.True(t, strings.HasPrefix(pdf.Body.String(), "%PDF-"))
	require.Contains(t, h.fetch(contract, "evidence").Body.String(), "Read and sign the contract", "there is none yet")
	require.Equal(t, before, h.contents(), "a GET changes nothing: mail scanners follow every link")

	page = h.post(links.Contract, contract, url.Values{"do": {"code"}})
	require.Contains(t, page.Body.String(), "A code is on its way to a***@example.com")
	require.NotContains(t, page.Body.String(), h.code(contract))
	require.EqualValues(t, 1, h.poked.Load(), "the process that sends it is woken")
	require.Contains(t, h.get(links.Contract, contract).Body.String(), `autocomplete="one-time-code"`, "after a reload, too")

	page = h.post(links.Contract, contract, url.Values{"do": {"sign"}, "code": {h.code(contract)}, "name": {"Ada Example"}})
	require.Contains(t, page.Body.String(), "Please tick that you agree.")
	require.Contains(t, page.Body.String(), `value="Ada Example"`)
	page = h.post(links.Contract, contract, url.Values{"do": {"sign"}, "code": {"1"}, "name": {"A"}, "agree": {"yes"}})
	require.Contains(t, page.Body.String(), "The code is not the one that we sent.")
	require.Contains(t, page.Body.String(), "Please write your full name.")
	require.Regexp(t, `id="code"[^>]* aria-invalid="true"`, page.Body.String())
	require.Equal(t, 1, one[int](h, `select tries from signing_codes`), "a wrong code counts though nothing was signed")

	page = h.post(links.Contract, contract, url.Values{"do": {"sign"}, "code": {h.code(contract)}, "name": {"Ada Example"}, "agree": {"yes"}})
	require.Contains(t, page.Body.String(), "You have signed the contract")
	require.Equal(t, contracts.Signed, one[string](h, `select state from smart_contracts`))
	bundle := h.fetch(contract, "evidence")
	require.Contains(t, bundle.Header().Get("Content-Disposition"), "attachment")
	signer, err := evidence.NewSigner(sealer)
	require.NoError(t, err)
	proven, err := evidence.Verify(bundle.Body.Bytes(), signer.Public())
	require.NoError(t, err)
	require.Equal(t, pdf.Body.Bytes(), proven.Document.Bytes)
	last := proven.Records[len(proven.Records)-1]
	require.Equal(t, "signed", last.Kind)
	require.Equal(t, "Ada Example", last.Payload["name"])
	require.Contains(t, proven.Records[len(proven.Records)-2].Payload["words"], "I have read the contract “Contract of supply”")

	after := h.contents()
	page = h.post(links.Contract, contract, url.Values{"do": {"decline"}, "reason": {"price"}})
	require.Contains(t, page.Body.String(), "You have signed the contract", "what is signed cannot be declined")
	require.Equal(t, after, h.contents())
}

// The mail says ten minutes, and means those of whoever types it.
func TestACodeCountsTenMinutesAtAnySpeed(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contract, _ := h.offered()
	for _, test := range []struct {
		clock   clock.Clock
		minutes int
	}{{clock.Clock{}, 10}, {clock.Clock{Origin: time.Now(), Business: noon, Speed: 60}, 600}} {
		h.sealedBy(test.clock)
		h.exec(`update smart_contracts set expires_at = $1`, time.Now().AddDate(1, 0, 0))
		require.Contains(t, h.post(links.Contract, contract, url.Values{"do": {"code"}}).Body.String(), "A code is on its way")
		require.Equal(t, 1, one[int](h, `select count(*) from signing_codes where expires_at - created_at = $1 * interval '1 minute'`, test.minutes))
		require.Equal(t, 1, one[int](h, `select count(*) from events where type = 'contract.code-asked'
			and (data ->> 'expires_at')::timestamptz = (select expires_at from signing_codes where id = (data ->> 'code_id')::uuid)
			and (data ->> 'expires_at')::timestamptz - occurred_at >= $1 * interval '1 minute'`, test.minutes))
	}
}

func TestACustomerDeclines(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contract, _ := h.offered()
	page := h.post(links.Contract, contract, url.Values{"do": {"decline"}})
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "Please choose a reason to decline.")
	page = h.post(links.Contract, contract, url.Values{"do": {"decline"}, "reason": {"terms"}})
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "The contract was declined")
	require.Equal(t, 1, one[int](h, `select count(*) from events where type = 'contract.declined' and data ->> 'reason' = 'terms'`))
}

func TestAContractThatHasEndedOpensNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for state, title := range map[string]string{
		contracts.Voided: "The contract was taken back", contracts.Expired: "The time to sign has passed", contracts.Declined: "The contract was declined",
	} {
		contract, _ := h.offered()
		h.exec(`update smart_contracts set state = $1 where id = $2`, state, contract)
		before := h.contents()
		for _, answer := range []*httptest.ResponseRecorder{
			h.get(links.Contract, contract), h.fetch(contract, "pdf"), h.fetch(contract, "evidence"),
			h.post(links.Contract, contract, url.Values{"do": {"code"}}), h.post(links.Contract, contract, url.Values{"do": {"sign"}, "name": {"Ada"}, "agree": {"yes"}}),
		} {
			require.Equal(t, http.StatusGone, answer.Code, state)
			require.Contains(t, answer.Body.String(), title)
			require.NotContains(t, answer.Body.String(), "<form")
		}
		require.Equal(t, before, h.contents())
	}
	contract, _ := h.offered()
	h.sealed(noon.AddDate(0, 0, 14))
	require.Equal(t, http.StatusGone, h.get(links.Contract, contract).Code, "its time has passed, whether the process has noticed or not")
}

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contract, _ := h.offered()
	h.post(links.Contract, contract, url.Values{"do": {"code"}})
	form := url.Values{"do": {"sign"}, "code": {h.code(contract)}, "name": {"Ada Example"}, "agree": {"yes"}}
	var wg sync.WaitGroup
	bodies := make([]string, 4)
	for i := range bodies {
		wg.Go(func() {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/k/x", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if h.pages.Serve(links.Contract, h.links.Token(links.Contract, contract, 0), w, r) == nil {
				bodies[i] = w.Body.String()
			}
		})
	}
	wg.Wait()
	for _, body := range bodies {
		require.Contains(t, body, "You have signed the contract")
	}
	require.Equal(t, 1, one[int](h, `select count(*) from evidence_records where kind = 'signed'`))
	require.Equal(t, 1, one[int](h, `select count(*) from events where type = 'contract.signed'`))
}

func TestALinkOfAnotherKindOpensNoContract(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contract, _ := h.offered()
	w := h.serve(h.pages, links.Contract, h.links.Token(links.Survey, contract, 0), http.MethodGet, "", nil)
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, http.StatusNotFound, h.get(links.Contract, uuid.New()).Code)
	require.Equal(t, http.StatusBadRequest, h.post(links.Contract, contract, url.Values{"do": {"something"}}).Code)
}

func TestAContractInTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contract, contact := h.offered()
	h.exec(`update contacts set language = 'de-AT' where id = $1`, contact)
	page := h.get(links.Contract, contract).Body.String()
	require.Contains(t, page, `<html lang="de">`)
	require.Contains(t, page, "Vertrag lesen und unterzeichnen")
	require.Contains(t, page, "1.299,00")
	require.Contains(t, page, `lang="en">Contract of supply`, "the contract speaks its own")
}
