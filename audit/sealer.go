package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

const (
	// sealBatch bounds the records that one transaction chains.
	sealBatch = 1000
	// sealEvery is how long a record waits at most for its place in the chain, when the sealer keeps up.
	sealEvery = time.Second
	// sealRetry is the pause after PostgreSQL did not answer.
	sealRetry = 5 * time.Second
)

// Head is the end of the chain: the place of the last record and its hash.
type Head struct {
	Seq  int64
	Hash []byte
}

func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, hex.EncodeToString(h.Hash)) }

// Sealer chains records. Several may run: one works at a time.
type Sealer struct {
	pool *pgxpool.Pool
	log  *slog.Logger
}

// NewSealer returns a Sealer of the audit log in pool's database.
func NewSealer(pool *pgxpool.Pool, log *slog.Logger) *Sealer { return &Sealer{pool, log} }

// Run seals about once a second until ctx ends, and outlives a PostgreSQL that goes away. It always returns nil.
func (s *Sealer) Run(ctx context.Context) error {
	for {
		n, err := s.Seal(ctx)
		pause := sealEvery
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.WarnContext(ctx, "the audit log could not be sealed; trying again", "error", err)
			pause = sealRetry
		case n == sealBatch:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// Seal chains the records that wait, at most one batch, in the order of their ids, and returns their number: 0 as well
// when another sealer is at work.
func (s *Sealer) Seal(ctx context.Context) (int, error) {
	sealed := 0
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := query.New()
		mine, err := q.TryLockAuditChain(ctx, tx)
		if err != nil || !mine {
			return err
		}
		rows, err := q.ListUnsealedAuditLogs(ctx, tx, sealBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		head, err := LastSealed(ctx, tx)
		if err != nil {
			return err
		}
		var arg query.SealAuditLogsParams
		for _, r := range rows {
			next := link{
				seq: head.Seq + 1, prev: head.Hash, id: r.ID, at: r.At, actorKind: r.ActorKind, actorID: r.ActorID,
				action: r.Action, resourceKind: r.ResourceKind, resourceID: r.ResourceID, reason: r.Reason, details: r.Details,
			}
			arg.Ids = append(arg.Ids, r.ID)
			arg.ChainSeqs = append(arg.ChainSeqs, next.seq)
			arg.PrevHashes = append(arg.PrevHashes, next.prev)
			head = Head{Seq: next.seq, Hash: next.hash()}
			arg.Hashes = append(arg.Hashes, head.Hash)
		}
		sealed = len(rows)
		return q.SealAuditLogs(ctx, tx, arg)
	})
	if err != nil {
		return 0, fmt.Errorf("seal the audit log: %w", err)
	}
	return sealed, nil
}

// LastSealed returns the head as it stands in the log, unverified; place 0 when nothing is sealed.
func LastSealed(ctx context.Context, tx query.DBTX) (Head, error) {
	row, err := query.New().GetAuditHead(ctx, tx)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Head{Hash: genesis}, nil
	case err != nil:
		return Head{}, fmt.Errorf("read the head of the audit log: %w", err)
	}
	return Head{Seq: row.ChainSeq, Hash: row.Hash}, nil
}
