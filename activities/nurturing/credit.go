package nurturing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// scores is the name space of the ids of scores that follow from a reaction (RFC 9562, version 5).
var scores = uuid.MustParse("0d4e5bd8-6f0b-5c1c-9b58-3f6a0a2c6e57")

// Credit implements the contract Credit. The points are a factor of the lead's score, beside those of the scoring rules.
func (n *Nurturing) Credit(ctx context.Context, r Reaction) (Standing, error) {
	track, err := Tracks.At(ctx, n.pool, r.Track, r.Version)
	if err != nil {
		return Standing{}, err
	}
	id := uuid.NewSHA1(scores, []byte(r.MessageID.String()+"/"+r.Kind))
	var score query.LeadScore
	err = db.InTx(ctx, n.pool, func(tx pgx.Tx) error {
		lead, err := n.q.LockLead(ctx, tx, r.LeadID)
		if errors.Is(err, pgx.ErrNoRows) {
			return process.Invalid("no-lead", "there is no lead "+r.LeadID.String()+": start the track with one that exists")
		}
		if err != nil {
			return fmt.Errorf("lock the lead: %w", err)
		}
		if score, err = n.q.GetLeadScore(ctx, tx, id); !errors.Is(err, pgx.ErrNoRows) {
			return err // counted before
		}
		if score, err = n.raise(ctx, tx, lead, r.Kind, track.Points.of(r.Kind)); err != nil {
			return err
		}
		score.ID, score.ModelVersion, score.At = id, fmt.Sprintf("%s/%s@%d", Tracks.Name(), r.Track, r.Version), n.now()
		return n.keep(ctx, tx, score)
	})
	return Standing{Score: int(score.Score), Tier: score.Tier, Ready: int(score.Score) >= track.SalesReady}, err
}

// raise adds points to the last score of a lead.
func (n *Nurturing) raise(ctx context.Context, tx pgx.Tx, lead query.Lead, kind string, points int) (query.LeadScore, error) {
	thresholds, err := records.Thresholds(ctx, tx)
	if err != nil {
		return query.LeadScore{}, err
	}
	last, err := n.q.LatestLeadScore(ctx, tx, lead.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return last, fmt.Errorf("read the last score: %w", err)
	}
	var factors []scoring.Factor
	if len(last.Factors) > 0 {
		if err := json.Unmarshal(last.Factors, &factors); err != nil {
			return last, fmt.Errorf("read the factors of the last score: %w", err)
		}
	}
	rule := "nurture." + kind
	if i := slices.IndexFunc(factors, func(f scoring.Factor) bool { return f.RuleID == rule }); i >= 0 {
		factors[i].Points += points
	} else {
		factors = append(factors, scoring.Factor{RuleID: rule, Reason: "a message of the nurture track was " + reasonOf(kind), Points: points})
	}
	before := 0
	if lead.Score != nil {
		before = int(*lead.Score)
	}
	now := min(max(before+points, scoring.MinScore), scoring.MaxScore)
	tier := scoring.Tier("")
	if lead.Tier != nil {
		tier = scoring.Tier(*lead.Tier)
	}
	raw, err := json.Marshal(factors)
	return query.LeadScore{LeadID: lead.ID, Score: int32(now), Tier: string(scoring.TierOf(now, tier, thresholds)), Factors: raw}, err
}

func reasonOf(kind string) string {
	if kind == "replied" {
		return "answered"
	}
	return kind
}

// keep writes a score, into the lead as well.
func (n *Nurturing) keep(ctx context.Context, tx pgx.Tx, s query.LeadScore) error {
	rows, err := json.Marshal([]records.ScoreRow{{
		ID: s.ID, LeadID: s.LeadID, Score: int(s.Score), Tier: s.Tier, Factors: s.Factors, ModelVersion: s.ModelVersion, At: s.At,
	}})
	if err != nil {
		return fmt.Errorf("encode the score: %w", err)
	}
	if err := errors.Join(n.q.AddLeadScores(ctx, tx, rows), n.q.ScoreLeads(ctx, tx, rows)); err != nil {
		return fmt.Errorf("write the score: %w", err)
	}
	return record(ctx, tx, s.At, "lead.score", "lead", s.LeadID.String(), s.ModelVersion, "score", "tier")
}
