package audit

import (
	"bytes"
	"context"
	"fmt"

	"github.com/perdura/perdura/db/query"
)

// verifyBatch is how many records Verify holds in memory.
const verifyBatch = 5000

// Report is what Verify found.
type Report struct {
	// Sealed is the number of links that hold, counted from the first; Head is the last of them.
	Sealed int64
	Head   Head
	// Unsealed counts records that wait for the sealer: some always do while work goes on.
	Unsealed int64
	// Broken tells the first thing that is wrong; nil when the log is whole.
	Broken *Break
}

// Break is the first place where the log is not what was written.
type Break struct {
	// Seq is the place in the chain; 0 when the record has none.
	Seq int64
	// Problem says what is wrong there, in words.
	Problem string
}

func (b Break) String() string { return fmt.Sprintf("audit record %d: %s", b.Seq, b.Problem) }

// Verify reads the whole chain and checks every link. expected are heads that were kept outside the database earlier:
// each must lie in the chain. The error is PostgreSQL's; a broken chain is a Report.
func Verify(ctx context.Context, tx query.DBTX, expected ...Head) (Report, error) {
	q := query.New()
	v := verifier{report: Report{Head: Head{Hash: genesis}}, expected: expected}
	for {
		rows, err := q.ListSealedAuditLogs(ctx, tx, query.ListSealedAuditLogsParams{After: v.last, MaxRows: verifyBatch})
		if err != nil {
			return v.report, fmt.Errorf("read the audit log after record %d: %w", v.last, err)
		}
		for _, row := range rows {
			v.check(row)
			v.last = row.ChainSeq
		}
		if len(rows) < verifyBatch {
			break
		}
	}
	for _, h := range expected {
		if h.Seq > v.last {
			v.fail(h.Seq, fmt.Sprintf("is expected and missing: the log ends at %d", v.last))
		}
	}
	open, err := q.CountUnsealedAuditLogs(ctx, tx)
	if err != nil {
		return v.report, fmt.Errorf("count the unsealed audit records: %w", err)
	}
	v.report.Unsealed = open.Waiting
	if open.Unlinked > 0 {
		v.fail(0, fmt.Sprintf("%d records carry a hash and no place in the chain", open.Unlinked))
	}
	return v.report, nil
}

type verifier struct {
	report   Report
	expected []Head
	last     int64
}

func (v *verifier) check(row query.ListSealedAuditLogsRow) {
	l := link{
		seq: row.ChainSeq, prev: row.PrevHash, id: row.ID, at: row.At, actorKind: row.ActorKind, actorID: row.ActorID,
		action: row.Action, resourceKind: row.ResourceKind, resourceID: row.ResourceID, reason: row.Reason, details: row.Details,
	}
	switch {
	case l.seq != v.last+1:
		v.fail(v.last+1, "is missing")
	case !bytes.Equal(l.prev, v.report.Head.Hash) && v.report.Broken == nil:
		v.fail(l.seq, "does not follow the record before it")
	case !bytes.Equal(l.hash(), row.Hash):
		v.fail(l.seq, "was changed after it was sealed")
	}
	for _, h := range v.expected {
		if h.Seq == l.seq && !bytes.Equal(h.Hash, row.Hash) {
			v.fail(l.seq, "is not the record that was here before")
		}
	}
	if v.report.Broken == nil {
		v.report.Sealed++
		v.report.Head = Head{Seq: l.seq, Hash: row.Hash}
	}
}

// fail keeps the first problem only: what follows a break proves nothing.
func (v *verifier) fail(seq int64, problem string) {
	if v.report.Broken == nil {
		v.report.Broken = &Break{Seq: seq, Problem: problem}
	}
}
