package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// importedRow is one row on its way to a captured lead.
type importedRow struct {
	no        int32
	lead      uuid.UUID
	sub       Submission
	in        inspection
	applicant *applicant
	similar   bool // resembles somebody: captured by itself, once a person has compared them
	scored    Scored
	assigned  *assignment
}

type rowError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// settledRow is what lead_import_rows keeps of a row that was worked on.
type settledRow struct {
	RowNo  int32         `json:"row_no"`
	State  string        `json:"state"`
	LeadID uuid.NullUUID `json:"lead_id"`
	Errors []rowError    `json:"errors"`
}

// CaptureRows implements the contract CaptureRows. Rows that were captured before are passed over, so the same stretch
// may be asked for any number of times.
func (r *Records) CaptureRows(ctx context.Context, arg Rows) (Progress, error) {
	out := Progress{Next: arg.After + RowsPerBatch}
	err := r.at(ctx, func(d *desk) error {
		file, err := d.q.LockLeadImport(ctx, d.tx, arg.ImportID)
		if errors.Is(err, pgx.ErrNoRows) {
			return process.NotFound("import", arg.ImportID.String())
		}
		if err != nil {
			return fmt.Errorf("read the import: %w", err)
		}
		if file.State == "completed" || file.State == "failed" {
			return nil
		}
		raw, err := d.q.LockImportRows(ctx, d.tx, query.LockImportRowsParams{
			ImportID: arg.ImportID, After: int32(arg.After), Upto: int32(out.Next),
		})
		if err != nil {
			return fmt.Errorf("read the rows: %w", err)
		}
		if len(raw) > 0 {
			if err := d.captureRows(file, raw); err != nil {
				return err
			}
		}
		next, err := d.q.NextImportRow(ctx, d.tx, query.NextImportRowParams{ImportID: arg.ImportID, After: int32(out.Next)})
		if err != nil {
			return fmt.Errorf("look for further rows: %w", err)
		}
		if next > 0 {
			out = Progress{Next: int(next) - 1, More: true}
		}
		return nil
	})
	return out, err
}

// captureRows does with rows what lead capture does with a lead, step by step for all of them together.
func (d *desk) captureRows(file query.LeadImport, raw []query.LockImportRowsRow) error {
	policy, err := readPolicy(d.ctx, d.tx)
	if err != nil {
		return err
	}
	settled := make([]settledRow, 0, len(raw))
	var rows []*importedRow
	for _, row := range raw {
		r, problems := d.readRow(file, row, policy)
		if problems != nil {
			settled = append(settled, settledRow{RowNo: row.RowNo, State: "rejected", Errors: problems})
			continue
		}
		rows = append(rows, r)
	}
	if err := d.resolveRows(rows); err != nil {
		return err
	}
	if err := d.ScoreRows(rows, policy, file.CreatedAt); err != nil {
		return err
	}
	if err := d.assignRows(rows); err != nil {
		return err
	}
	if err := d.followUpRows(rows, policy); err != nil {
		return err
	}
	counts := query.CountImportRowsParams{ID: file.ID, Processed: int32(len(raw)), Rejected: int32(len(settled))}
	for _, r := range rows {
		row := settledRow{RowNo: r.no, State: "created", LeadID: db.NullID(r.lead)}
		if verdict := r.applicant.res.Verdict; verdict == Known || verdict == Repeated {
			row.State = "merged"
			counts.Merged++
		} else {
			counts.Created++
		}
		settled = append(settled, row)
	}
	list, err := json.Marshal(settled)
	if err != nil {
		return fmt.Errorf("encode the rows: %w", err)
	}
	d.later(func(p query.DBTX) error {
		return errors.Join(d.q.SettleImportRows(d.ctx, p, query.SettleImportRowsParams{Rows: list, ImportID: file.ID}), d.q.CountImportRows(d.ctx, p, counts))
	})
	return nil
}

// readRow makes a lead of a row, or says why it cannot become one: nobody could be reached.
func (d *desk) readRow(file query.LeadImport, row query.LockImportRowsRow, policy Policy) (*importedRow, []rowError) {
	sub, err := readSubmission(row.Raw)
	if err != nil {
		return nil, []rowError{{"row", "cannot be read: it does not have the shape of a lead"}}
	}
	r := &importedRow{no: row.RowNo, lead: newID(), sub: sub}
	r.sub.Channel, r.sub.Source = "import", or(r.sub.Source, file.Source)
	r.in = inspect(r.sub, policy)
	if !r.in.reachable() {
		var out []rowError
		for _, p := range r.in.problems {
			if p.Field == "email" || p.Field == "phone" {
				out = append(out, rowError{p.Field, p.Message})
			}
		}
		return nil, out
	}
	submission, err := json.Marshal(r.sub)
	if err != nil {
		return nil, []rowError{{"row", "cannot be read: it holds values that are no text"}}
	}
	d.out.leads = append(d.out.leads, leadRow{
		ID: r.lead, Submission: submission, Source: r.sub.Source, Channel: r.sub.Channel, Campaign: db.NullText(r.sub.Campaign),
		ImportID: db.NullID(file.ID), SubmittedAt: file.CreatedAt,
	})
	d.record("lead.submit", "lead", r.lead, "import "+file.ID.String())
	d.request(r)
	r.applicant = newApplicant(r.lead, r.sub, r.in, file.CreatedAt)
	return r, nil
}

// request keeps what is missing or cannot be read, as capture does.
func (d *desk) request(r *importedRow) {
	for kind, problems := range map[string][]Problem{completion: r.in.of(true), correction: r.in.of(false)} {
		if len(problems) > 0 {
			d.out.requests = append(d.out.requests, requestRow{ID: newID(), LeadID: r.lead, Kind: kind, Fields: problems, CreatedAt: d.now})
		}
	}
}

func (d *desk) resolveRows(rows []*importedRow) error {
	applicants := make([]*applicant, len(rows))
	similar := map[uuid.UUID]bool{}
	for i, r := range rows {
		applicants[i] = r.applicant
	}
	// A row that resembles somebody goes through lead capture by itself, which puts it before a person.
	if err := d.resolve(applicants, func(a *applicant, _ uuid.UUID, _ match.Verdict) { similar[a.lead] = true }); err != nil {
		return err
	}
	for _, r := range rows {
		if r.similar = similar[r.lead]; r.similar {
			if err := emit(d, "lead.submitted/"+r.lead.String(), r.lead, events.LeadSubmitted, events.Lead{LeadID: r.lead}); err != nil {
				return err
			}
		}
	}
	return nil
}

// fresh reports whether the row is a lead to be worked on.
func (r *importedRow) fresh() bool { return !r.similar && r.applicant.res.Verdict != Repeated }

func (d *desk) ScoreRows(rows []*importedRow, policy Policy, at time.Time) error {
	scorer, err := d.scorer(policy)
	if err != nil {
		return err
	}
	var known []uuid.UUID
	for _, r := range rows {
		if r.applicant.res.Verdict == Known {
			known = append(known, r.applicant.res.ContactID)
		}
	}
	facts := newFacts()
	if len(known) > 0 {
		if facts, err = d.facts(known); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if !r.fresh() {
			continue
		}
		contact := r.applicant.res.ContactID
		if at.After(facts.latest[contact]) {
			facts.latest[contact] = at
		}
		features := featuresOf(r.sub, r.in, scorer.Attributes())
		facts.add(&features, contact, d.now)
		if r.scored, err = d.keepScore(derived(r.lead, "first-score"), r.lead, scorer.Score(features)); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) assignRows(rows []*importedRow) error {
	var list []*assignment
	for _, r := range rows {
		if r.fresh() {
			r.assigned = &assignment{
				lead: r.lead, contact: r.applicant.res.ContactID,
				route: routing.Lead{Country: r.sub.Country, Source: r.sub.Source, Channel: r.sub.Channel},
			}
			list = append(list, r.assigned)
		}
	}
	return d.assign(list)
}

func (d *desk) followUpRows(rows []*importedRow, policy Policy) error {
	_, cal, err := tasks.Hours(d.ctx, d.tx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !r.fresh() {
			continue
		}
		f := followUp{
			lead: r.lead, contact: r.assigned.contact, assignee: r.assigned.res.AssigneeID, tier: r.scored.Tier, policy: policy, cal: cal,
			queued: r.assigned.res.Queue == WithManager || r.assigned.res.Queue == WithNobody,
		}
		task := d.capture(f)
		if slices.Contains(policy.HandOverImported, f.tier) {
			if err := d.handOver(f, task.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
