package contracting_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/evidence/anchor"
	"github.com/perdura/perdura/process"
)

// noon is a Monday.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// house is a database with one deal that lacks nothing.
type house struct {
	t                    *testing.T
	pool                 *pgxpool.Pool
	deal, contact, owner uuid.UUID
	log                  evidence.Anchor
}

func setup(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t), deal: uuid.New(), contact: uuid.New(), owner: uuid.New()}
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'north', $2)`, h.owner, noon)
	h.exec(`insert into contacts (id, email, first_name, last_name, company, time_zone, created_at, updated_at)
		values ($1, 'ada@example.com', 'Ada', 'Example', 'Example Ltd', 'Europe/Berlin', $2, $2)`, h.contact, noon)
	h.exec(`insert into sales_pipeline (id, key, name, contact_id, owner_id, pipeline, pipeline_version, stage, state, amount_minor, list_minor,
		currency, close_on, probability, stage_since, touched_at, created_at)
		values ($1, 'deal', 'Cooling plant', $2, $3, 'standard', 0, 'closing', 'closing', 87500, 100000, 'EUR', '2026-04-01', 0.9, $4, $4, $4)`, h.deal, h.contact, h.owner, noon)
	return h
}

func (h *house) exec(sql string, args ...any) { h.t.Helper(); dbtest.Exec(h.t, h.pool, sql, args...) }

// at is the implementation at a business time that stands still.
func (h *house) at(now time.Time) *contracting.Contracting {
	return contracting.New(contracting.Options{
		Pool: h.pool, Clock: clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}, Seller: "Sample Supplies", Anchor: h.log,
	})
}

func (h *house) draft() contracting.Draft {
	return contracting.Draft{DealID: h.deal, Revision: 1, Template: contracts.Standard}
}

func (h *house) issue(key string) uuid.UUID {
	h.t.Helper()
	out, err := h.at(noon).Issue(process.WithKey(h.t.Context(), key), h.draft())
	require.NoError(h.t, err)
	return out.ContractID
}

func (h *house) state(id uuid.UUID) string {
	h.t.Helper()
	return dbtest.One[string](h.t, h.pool, `select state from smart_contracts where id = $1`, id)
}

func (h *house) kinds(id uuid.UUID) []string {
	h.t.Helper()
	records, err := contracts.Records(h.t.Context(), h.pool, id)
	require.NoError(h.t, err)
	require.NoError(h.t, evidence.CheckChain(records))
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func (h *house) told(event string) int {
	h.t.Helper()
	return dbtest.One[int](h.t, h.pool, `select count(*) from events where type = $1`, event)
}

// sign signs for the customer, an hour after noon.
func (h *house) sign(id uuid.UUID) {
	h.t.Helper()
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := contracts.AskCode(h.t.Context(), tx, noon.Add(time.Hour), noon.Add(2*time.Hour), id, contracts.Visitor{}); err != nil {
			return err
		}
		_, wrong, err := contracts.Sign(h.t.Context(), tx, noon.Add(time.Hour), id,
			contracts.Signing{Code: "123456", Name: "Ada Example", Consent: "I agree"}, func(uuid.UUID) string { return "123456" })
		require.Empty(h.t, wrong)
		return err
	}))
}

func TestAStepIssuesOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var wg sync.WaitGroup
	ids := make([]uuid.UUID, 4)
	for i := range ids {
		wg.Go(func() {
			out, err := h.at(noon.Add(time.Duration(i)*time.Second)).Issue(process.WithKey(t.Context(), "deal-closure:1/e/issue.1"), h.draft())
			if err == nil {
				ids[i] = out.ContractID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
		require.NotEqual(t, uuid.Nil, id)
	}
	require.Equal(t, []string{"issued"}, h.kinds(ids[0]))
	row, err := contracts.Get(t.Context(), h.pool, ids[0])
	require.NoError(t, err)
	pdf, err := contracts.PDF(t.Context(), h.pool, row.ID)
	require.NoError(t, err)
	require.Equal(t, evidence.Sum(pdf), evidence.Hash(row.DocumentSha256))
	require.Equal(t, "Contract of supply", row.Title)
	require.EqualValues(t, 87500, row.AmountMinor)
	require.Equal(t, 14*24*time.Hour, row.ExpiresAt.Sub(row.CreatedAt))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'contract.issue' and actor_id = 'deal-closure:1'`))
}

func TestWhatKeepsAContractFromBeingWritten(t *testing.T) {
	t.Parallel()
	h := setup(t)
	approve := func(state string, subject uuid.UUID, revision int) uuid.UUID {
		id := uuid.New()
		h.exec(`insert into approvals (id, key, kind, subject_kind, subject_id, revision, content, content_hash, policy, policy_version, rule, state, expires_at, created_at)
			values ($1::uuid, ($1::uuid)::text, 'price', 'deal', $2, $3, '{}', '\x00', 'price', 0, '{}', $4, $5, $5)`, id, subject, revision, state, noon)
		return id
	}
	h.exec(`update sales_pipeline set revision = 2`)
	good := contracting.Draft{DealID: h.deal, Revision: 2, Template: contracts.Standard}
	for name, tc := range map[string]struct {
		change func(*contracting.Draft)
		code   string
		text   string
	}{
		"an earlier revision":           {func(d *contracting.Draft) { d.Revision = 1 }, contracting.Stale, "another revision"},
		"no such template":              {func(d *contracting.Draft) { d.Template = "none" }, contracting.NoTemplate, `"none"`},
		"an open approval":              {func(d *contracting.Draft) { d.ApprovalID = approve("open", h.deal, 2) }, contracting.Unapproved, ""},
		"approved on another revision":  {func(d *contracting.Draft) { d.ApprovalID = approve("approved", h.deal, 1) }, contracting.Unapproved, ""},
		"approved for another deal":     {func(d *contracting.Draft) { d.ApprovalID = approve("approved", uuid.New(), 2) }, contracting.Unapproved, ""},
		"an approval that there is not": {func(d *contracting.Draft) { d.ApprovalID = uuid.New() }, contracting.Unapproved, ""},
		"no such deal":                  {func(d *contracting.Draft) { d.DealID = uuid.New() }, "not-found", ""},
	} {
		d := good
		tc.change(&d)
		_, err := h.at(noon).Issue(process.WithKey(t.Context(), name), d)
		require.Equal(t, tc.code, process.Code(err), name)
		require.ErrorContains(t, err, tc.text, name)
	}
	h.exec(`update contacts set company = null`)
	h.exec(`update sales_pipeline set close_on = null`)
	_, err := h.at(noon).Issue(process.WithKey(t.Context(), "incomplete"), good)
	require.Equal(t, contracting.Incomplete, process.Code(err))
	require.ErrorContains(t, err, "lacks customer.company, deal.close_on", "the fields are named, their values never")
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from smart_contracts`))

	h.exec(`update contacts set company = 'Example Ltd'`)
	h.exec(`update sales_pipeline set close_on = '2026-04-01'`)
	good.ApprovalID = approve("approved", h.deal, 2)
	_, err = h.at(noon).Issue(process.WithKey(t.Context(), "approved"), good)
	require.NoError(t, err)
}

// Two contracts of one deal, both signed, would be two sales.
func TestOneContractOfADealCanBeSigned(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first := h.issue("one")
	second := h.issue("two")
	require.Equal(t, contracts.Voided, h.state(first))
	require.Equal(t, contracts.Issued, h.state(second))
	require.Equal(t, 1, h.told("contract.voided"))
}

func TestVoid(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.issue("one")
	h.sign(id)
	asked, err := h.at(noon.Add(2*time.Hour)).AskToCountersign(process.WithKey(t.Context(), "signature:1/e/ask.1"), id)
	require.NoError(t, err)
	for range 2 {
		_, err := h.at(noon.Add(3*time.Hour)).Void(process.WithKey(t.Context(), "deal-closure:1/e/void.1"), id)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"issued", "viewed", "code-confirmed", "consent", "signed", "voided"}, h.kinds(id))
	require.Equal(t, 1, h.told("contract.voided"))
	require.Equal(t, 1, h.told("task.cancelled"))
	require.Equal(t, "cancelled", dbtest.One[string](t, h.pool, `select state from tasks where id = $1`, asked.TaskID))
	_, err = h.at(noon).Void(t.Context(), uuid.New())
	require.Equal(t, "not-found", process.Code(err))
}

func TestWhatIsInForceIsNotVoided(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.issue("one")
	h.sign(id)
	key := h.key()
	require.NoError(t, db.InTx(t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := contracts.Countersign(t.Context(), tx, noon.Add(2*time.Hour), id, key, contracts.By{Record: audit.Record{ActorKind: audit.Key, ActorID: key.String()}})
		return err
	}))
	_, err := h.at(noon.Add(3*time.Hour)).Void(process.WithKey(t.Context(), "x"), id)
	require.NoError(t, err)
	require.Equal(t, contracts.InForce, h.state(id))
	require.Zero(t, h.told("contract.voided"))
	standing, err := h.at(noon.Add(3*time.Hour)).Expire(process.WithKey(t.Context(), "x"), id)
	require.NoError(t, err)
	require.Equal(t, contracts.InForce, standing.State)
}

// key is an API key of the owner.
func (h *house) key() uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	h.exec(`insert into api_keys (id, name, hash, scopes, created_at, user_id) values ($1, 'robin', sha256('x'), '{}', $2, $3)`, id, noon, h.owner)
	return id
}

func TestReadStanding(t *testing.T) {
	t.Parallel()
	h := setup(t)
	friday := time.Date(2026, 3, 6, 16, 30, 0, 0, time.UTC) // 17:30 in Berlin
	out, err := h.at(friday).Issue(process.WithKey(t.Context(), "one"), h.draft())
	require.NoError(t, err)
	got, err := h.at(friday).ReadStanding(t.Context(), out.ContractID)
	require.NoError(t, err)
	require.Equal(t, contracting.Standing{
		State: contracts.Issued, ContactID: h.contact, ExpiresAt: friday.AddDate(0, 0, 14),
		// Two days later is a Sunday; five days later is a Wednesday at 17:30 there.
		RemindAt: []time.Time{time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC), time.Date(2026, 3, 11, 16, 30, 0, 0, time.UTC)},
	}, got)
	got, err = h.at(got.ExpiresAt).Expire(process.WithKey(t.Context(), "expire"), out.ContractID)
	require.NoError(t, err)
	require.Equal(t, contracts.Expired, got.State)
	require.Equal(t, []string{"issued", "expired"}, h.kinds(out.ContractID))
}

func TestTheTaskToCountersign(t *testing.T) {
	t.Parallel()
	h := setup(t)
	manager := uuid.New()
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Kim Sample', 'kim@example.com', 'manager', 'north', $2)`, manager, noon)
	id := h.issue("one")
	early, err := h.at(noon).AskToCountersign(process.WithKey(t.Context(), "early"), id)
	require.NoError(t, err)
	require.Zero(t, early, "nobody signs before the customer")
	h.sign(id)
	asked, err := h.at(noon.Add(2*time.Hour)).AskToCountersign(process.WithKey(t.Context(), "signature:1/e/ask.1"), id)
	require.NoError(t, err)
	require.Equal(t, h.owner, asked.AssigneeID)
	again, err := h.at(noon.Add(3*time.Hour)).AskToCountersign(process.WithKey(t.Context(), "signature:1/e/ask.1"), id)
	require.NoError(t, err)
	require.Equal(t, asked, again)
	require.Equal(t, 1, h.told("task.opened"))
	require.Equal(t, noon.Add(time.Hour+5*24*time.Hour), dbtest.One[time.Time](t, h.pool, `select due_at from tasks where id = $1`, asked.TaskID).UTC())

	h.exec(`update users set active = false where id = $1`, h.owner)
	asked, err = h.at(noon.Add(2*time.Hour)).AskToCountersign(process.WithKey(t.Context(), "signature:1/e/ask.2"), id)
	require.NoError(t, err)
	require.Equal(t, manager, asked.AssigneeID, "an owner who is gone signs nothing")
}

func TestMessagesStandInTheEvidence(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id, message := h.issue("one"), uuid.New()
	h.exec(`insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, attempts, created_at, subject, class, purpose)
		values ($1::uuid, ($1::uuid)::text, 'signature', 'signature:1', 'Invite', $2, 'email', 'contract-invitation', 'ada@example.com', 'sent', 'smtp', 1, $3, '1', 'transactional', '')`,
		message, h.contact, noon)
	sent := contracting.Sent{ContractID: id, Kind: contracting.InvitationSent, MessageID: message, CodeID: uuid.Max}
	for range 2 {
		_, err := h.at(noon).NoteSent(t.Context(), sent)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"issued", "invitation-sent"}, h.kinds(id))
	records, err := contracts.Records(t.Context(), h.pool, id)
	require.NoError(t, err)
	require.Equal(t, "ada@example.com", records[1].Payload["to"])
	require.Equal(t, uuid.Max.String(), records[1].Payload["code_id"])
	sent.MessageID = uuid.New()
	_, err = h.at(noon).NoteSent(t.Context(), sent)
	require.Equal(t, "not-found", process.Code(err))
}

func TestTheEvidenceGoesIntoTheLog(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.issue("one")
	none, err := h.at(noon).PutIntoLog(t.Context(), id)
	require.NoError(t, err)
	require.False(t, none.InLog)
	h.log = anchor.NewFile(t.TempDir()+"/log", func() time.Time { return noon })
	for range 2 {
		out, err := h.at(noon).PutIntoLog(t.Context(), id)
		require.NoError(t, err)
		require.True(t, out.InLog)
	}
	signer, err := evidence.NewSigner(evidence.Key{ID: "k"})
	require.NoError(t, err)
	raw, err := contracts.Bundle(t.Context(), h.pool, noon, signer, id)
	require.NoError(t, err)
	b, err := evidence.Verify(raw, signer.Public())
	require.NoError(t, err)
	require.Len(t, b.Anchor, 1)
	require.EqualValues(t, 1, b.Anchor[0].Size, "the second try found the entry of the first")
}
