package contracts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// note adds a record to the chain of a contract, which is locked by the caller.
func note(ctx context.Context, tx pgx.Tx, now time.Time, contract uuid.UUID, kind string, payload map[string]string) error {
	last, err := query.New().LastEvidence(ctx, tx, contract)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read the end of the evidence: %w", err)
	}
	var previous evidence.Hash
	copy(previous[:], last.Hash)
	r, err := evidence.Next(int(last.Position), previous, kind, now, payload)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(r.Payload)
	if err != nil {
		return fmt.Errorf("encode a record of evidence: %w", err)
	}
	if err := query.New().AddEvidence(ctx, tx, query.AddEvidenceParams{
		ContractID: contract, Position: int32(r.Position), Kind: kind, At: r.At, Payload: raw, PreviousHash: r.Previous[:], Hash: r.Hash[:],
	}); err != nil {
		return fmt.Errorf("write a record of evidence: %w", err)
	}
	return nil
}

// Records lists the chain of a contract, as it is kept.
func Records(ctx context.Context, db query.DBTX, contract uuid.UUID) ([]evidence.Record, error) {
	rows, err := query.New().ListEvidence(ctx, db, contract)
	if err != nil {
		return nil, fmt.Errorf("read the evidence: %w", err)
	}
	records := make([]evidence.Record, len(rows))
	for i, row := range rows {
		r := evidence.Record{Position: int(row.Position), Kind: row.Kind, At: row.At.UTC()}
		if err := json.Unmarshal(row.Payload, &r.Payload); err != nil {
			return nil, fmt.Errorf("read record %d of the evidence: %w", row.Position, err)
		}
		copy(r.Previous[:], row.PreviousHash)
		copy(r.Hash[:], row.Hash)
		records[i] = r
	}
	return records, nil
}

// Bundle packs a contract with its evidence and a receipt of now. Errors: ErrUnknown, *evidence.Finding when the chain was
// changed in the database, or PostgreSQL's.
func Bundle(ctx context.Context, db query.DBTX, now time.Time, signer *evidence.Signer, id uuid.UUID) ([]byte, error) {
	row, err := Get(ctx, db, id)
	if err != nil {
		return nil, err
	}
	pdf, err := PDF(ctx, db, id)
	if err != nil {
		return nil, err
	}
	records, err := Records(ctx, db, id)
	if err != nil {
		return nil, err
	}
	var anchors []evidence.Proof
	if err := json.Unmarshal(row.Anchor, &anchors); err != nil {
		return nil, fmt.Errorf("read the proofs of the evidence: %w", err)
	}
	return signer.Pack(now, id.String(), pdf, records, anchors)
}

// PDF is the document of a contract. Errors: ErrUnknown, or PostgreSQL's.
func PDF(ctx context.Context, db query.DBTX, id uuid.UUID) ([]byte, error) {
	pdf, err := query.New().GetContractDocument(ctx, db, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("read a contract's document: %w", err)
	}
	return pdf, nil
}

// plain is what somebody wrote, on one line, without what cannot be kept, and no longer than most characters.
func plain(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return text
}

// tell makes an event about a thing as of its version.
func tell[T any](e process.Event[T], about uuid.UUID, version int, data T) (inbox.Event, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return inbox.Event{}, fmt.Errorf("encode %s: %w", e.Name(), err)
	}
	return inbox.Event{Source: inbox.OwnSource, ExternalID: fmt.Sprintf("%s/%s/%d", e.Name(), about, version), Type: e.Name(), Subject: about.String(), Data: raw}, nil
}

// accept hands all events of a transaction over at once, so that transactions do not wait for each other in a circle.
func accept(ctx context.Context, tx pgx.Tx, now time.Time, list ...inbox.Event) error {
	_, err := inbox.Accept(ctx, tx, now, list...)
	return err
}
