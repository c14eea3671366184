package contracts_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/evidence"
)

var visitor = contracts.Visitor{Address: "192.0.2.7", Agent: "Browser 1.0"}

// issued is a database with a contract that waits for its customer.
func issued(t *testing.T) (*pgxpool.Pool, uuid.UUID) {
	t.Helper()
	pool, deal, contact := dbtest.New(t), uuid.New(), uuid.New()
	dbtest.Exec(t, pool, `insert into contacts (id, email, first_name, company, created_at, updated_at) values ($1, 'ada@example.com', 'Ada', 'Example Ltd', $2, $2)`, contact, noon)
	dbtest.Exec(t, pool, `insert into sales_pipeline (id, key, name, contact_id, pipeline, pipeline_version, stage, state, amount_minor, list_minor,
		currency, close_on, probability, stage_since, touched_at, created_at)
		values ($1, 'deal', 'Cooling plant', $2, 'standard', 0, 'closing', 'closing', 100, 100, 'EUR', '2026-04-01', 0.9, $3, $3, $3)`, deal, contact, noon)
	var id uuid.UUID
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) (err error) {
		id, err = contracts.Issue(t.Context(), tx, noon, contracts.Draft{
			Key: "1", DealID: deal, Revision: 1, Template: contracts.Standard, Seller: "Sample", Actor: audit.Record{ActorKind: audit.System, ActorID: "test"},
		})
		return err
	}))
	return pool, id
}

func askCode(t *testing.T, pool *pgxpool.Pool, now time.Time, id uuid.UUID) error {
	t.Helper()
	return db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := contracts.AskCode(t.Context(), tx, now, now.Add(contracts.CodeValid), id, visitor)
		return err
	})
}

// right makes the last digits of an id its code.
func right(id uuid.UUID) string { return id.String()[30:] }

// lastCode is the code that counts.
func lastCode(t *testing.T, pool *pgxpool.Pool, id uuid.UUID) string {
	t.Helper()
	code, err := query.New().LastSigningCode(t.Context(), pool, id)
	require.NoError(t, err)
	return right(code.ID)
}

func sign(t *testing.T, pool *pgxpool.Pool, now time.Time, id uuid.UUID, s contracts.Signing) (wrong []string, err error) {
	t.Helper()
	s.Visitor = visitor
	err = db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, wrong, err = contracts.Sign(t.Context(), tx, now, id, s, right)
		return err
	})
	return wrong, err
}

func state(t *testing.T, pool *pgxpool.Pool, id uuid.UUID) string {
	t.Helper()
	return dbtest.One[string](t, pool, `select state from smart_contracts where id = $1`, id)
}

func TestSigningLeavesItsEvidence(t *testing.T) {
	t.Parallel()
	pool, id := issued(t)
	require.NoError(t, askCode(t, pool, noon, id))
	require.Equal(t, contracts.Viewed, state(t, pool, id))
	wrong, err := sign(t, pool, noon.Add(time.Minute), id, contracts.Signing{Code: " " + lastCode(t, pool, id)[:3] + " " + lastCode(t, pool, id)[3:], Name: " Ada\t Example\x00 ", Consent: "I agree"})
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, contracts.Signed, state(t, pool, id))
	records, err := contracts.Records(t.Context(), pool, id)
	require.NoError(t, err)
	require.NoError(t, evidence.CheckChain(records))
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.Kind)
		for _, said := range r.Payload {
			require.NotContains(t, said, visitor.Address, "an address is kept as a hash only")
		}
	}
	require.Equal(t, []string{"issued", "viewed", "code-confirmed", "consent", "signed"}, kinds)
	require.Equal(t, "I agree", records[3].Payload["words"])
	require.Equal(t, "Ada Example", records[4].Payload["name"])
	require.Equal(t, records[0].Payload[evidence.DocumentHash], records[4].Payload[evidence.DocumentHash])
	require.Equal(t, records[1].Payload["visitor_sha256"], records[4].Payload["visitor_sha256"], "the same visitor is recognised")
	require.Equal(t, "Ada Example", dbtest.One[string](t, pool, `select signer_name from smart_contracts`))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from events where type = 'contract.signed' and subject = $1`, id.String()))
	require.ErrorIs(t, askCode(t, pool, noon.Add(2*time.Minute), id), contracts.ErrSigned)
	_, err = sign(t, pool, noon.Add(2*time.Minute), id, contracts.Signing{Code: "1", Name: "Ada", Consent: "x"})
	require.ErrorIs(t, err, contracts.ErrSigned)
}

func TestWhatKeepsACustomerFromSigning(t *testing.T) {
	t.Parallel()
	pool, id := issued(t)
	good := func() contracts.Signing {
		return contracts.Signing{Code: lastCode(t, pool, id), Name: "Ada Example", Consent: "I agree"}
	}
	wrong, err := sign(t, pool, noon, id, contracts.Signing{Code: "123456"})
	require.NoError(t, err)
	require.Equal(t, []string{contracts.WrongName, contracts.WrongConsent, contracts.NoCode}, wrong)
	require.NoError(t, askCode(t, pool, noon, id))

	s := good()
	s.Consent = ""
	wrong, err = sign(t, pool, noon, id, s)
	require.NoError(t, err)
	require.Equal(t, []string{contracts.WrongConsent}, wrong)
	s = good()
	s.Code = ""
	wrong, err = sign(t, pool, noon, id, s)
	require.NoError(t, err)
	require.Equal(t, []string{contracts.WrongCode}, wrong, "nothing typed costs no try")
	for try := range contracts.CodeTries {
		s = good()
		s.Code = "wrong!"
		wrong, err = sign(t, pool, noon, id, s)
		require.NoError(t, err)
		want := contracts.WrongCode
		if try == contracts.CodeTries-1 {
			want = contracts.NoCode
		}
		require.Equal(t, []string{want}, wrong, "try %d", try+1)
	}
	wrong, err = sign(t, pool, noon, id, good())
	require.NoError(t, err)
	require.Equal(t, []string{contracts.NoCode}, wrong, "after too many tries the right one comes too late")

	first := lastCode(t, pool, id)
	require.NoError(t, askCode(t, pool, noon.Add(time.Minute), id))
	s = good()
	s.Code = first
	wrong, err = sign(t, pool, noon.Add(time.Minute), id, s)
	require.NoError(t, err)
	require.Equal(t, []string{contracts.WrongCode}, wrong, "only the newest counts")
	wrong, err = sign(t, pool, noon.Add(time.Minute+contracts.CodeValid), id, good())
	require.NoError(t, err)
	require.Equal(t, []string{contracts.NoCode}, wrong, "it has expired")
	require.Equal(t, contracts.Viewed, state(t, pool, id))
	wrong, err = sign(t, pool, noon.Add(time.Minute+contracts.CodeValid-time.Second), id, good())
	require.NoError(t, err)
	require.Empty(t, wrong, "the last second counts")
}

func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	pool, id := issued(t)
	for i := range 5 {
		require.NoError(t, askCode(t, pool, noon.Add(time.Duration(i)*time.Minute), id))
	}
	require.ErrorIs(t, askCode(t, pool, noon.Add(5*time.Minute), id), contracts.ErrTooMany)
	require.NoError(t, askCode(t, pool, noon.Add(time.Hour), id), "an hour later the first counts no more")
	require.Equal(t, 6, dbtest.One[int](t, pool, `select count(*) from events where type = 'contract.code-asked' and subject = $1`, id.String()))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from events where type = 'contract.viewed'`))
}

// Two tabs, two clicks: one of them signs.
func TestOfTwoAtOnceOneWins(t *testing.T) {
	t.Parallel()
	pool, id := issued(t)
	require.NoError(t, askCode(t, pool, noon, id))
	code := lastCode(t, pool, id)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			errs[i] = db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				if i%2 == 1 {
					_, err := contracts.Decline(t.Context(), tx, noon, id, "price", visitor)
					return err
				}
				_, _, err := contracts.Sign(t.Context(), tx, noon, id, contracts.Signing{Code: code, Name: "Ada Example", Consent: "I agree"}, right)
				return err
			})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.True(t, err == contracts.ErrSigned || err == contracts.ErrClosed, "%v", err)
	}
	require.Equal(t, 1, won)
	records, err := contracts.Records(t.Context(), pool, id)
	require.NoError(t, err)
	require.NoError(t, evidence.CheckChain(records))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from events where type in ('contract.signed', 'contract.declined')`))
}

func TestWhatHasEndedCannotBeSigned(t *testing.T) {
	t.Parallel()
	by := contracts.By{Record: audit.Record{ActorKind: audit.System, ActorID: "test"}}
	for name, end := range map[string]func(pgx.Tx, uuid.UUID) error{
		"voided": func(tx pgx.Tx, id uuid.UUID) error {
			_, err := contracts.Void(t.Context(), tx, noon, id, "withdrawn", by)
			return err
		},
		"declined": func(tx pgx.Tx, id uuid.UUID) error {
			_, err := contracts.Decline(t.Context(), tx, noon, id, "price", visitor)
			return err
		},
		"expired": func(tx pgx.Tx, id uuid.UUID) error {
			_, err := contracts.Expire(t.Context(), tx, noon, id, by)
			return err
		},
		"its time has passed, and nobody has noticed": func(tx pgx.Tx, id uuid.UUID) error {
			_, err := tx.Exec(t.Context(), `update smart_contracts set expires_at = $1`, noon)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, id := issued(t)
			require.NoError(t, askCode(t, pool, noon.Add(-time.Minute), id))
			require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error { return end(tx, id) }))
			_, err := sign(t, pool, noon, id, contracts.Signing{Code: lastCode(t, pool, id), Name: "Ada Example", Consent: "I agree"})
			require.ErrorIs(t, err, contracts.ErrClosed)
			require.ErrorIs(t, askCode(t, pool, noon, id), contracts.ErrClosed)
			require.ErrorIs(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				_, err := contracts.Countersign(t.Context(), tx, noon, id, uuid.New(), by)
				return err
			}), contracts.ErrClosed)
		})
	}
	pool, id := issued(t)
	require.ErrorIs(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := contracts.Decline(t.Context(), tx, noon, id, "the weather", visitor)
		return err
	}), contracts.ErrReason)
}

// Whoever changes the evidence in the database gets no receipt for it.
func TestEvidenceThatWasChangedInTheDatabaseIsNotSigned(t *testing.T) {
	t.Parallel()
	pool, id := issued(t)
	require.NoError(t, askCode(t, pool, noon, id))
	signer, err := evidence.NewSigner(evidence.Key{ID: "k"})
	require.NoError(t, err)
	raw, err := contracts.Bundle(t.Context(), pool, noon, signer, id)
	require.NoError(t, err)
	_, err = evidence.Verify(raw, signer.Public())
	require.NoError(t, err)
	dbtest.Exec(t, pool, `update evidence_records set at = at + interval '1 second' where position = 2`)
	_, err = contracts.Bundle(t.Context(), pool, noon, signer, id)
	require.ErrorContains(t, err, "record 2: its content (viewed")
	dbtest.Exec(t, pool, `update evidence_records set at = at - interval '1 second' where position = 2`)
	dbtest.Exec(t, pool, `update contract_documents set pdf = pdf || '\x00'`)
	_, err = contracts.Bundle(t.Context(), pool, noon, signer, id)
	require.ErrorContains(t, err, "record 1: it speaks of another document")
}
