package records

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// AskedAgain is the feature "engagement.asked_again": how often the person came back while the lead was worked on.
const AskedAgain = "asked_again"

// engagements names, for the rules, what interactions of a kind are.
var engagements = map[string]string{
	"lead.asked-again": AskedAgain,
	"message.opened":   "email_opened",
	"message.clicked":  "email_clicked",
	"message.bounced":  "email_bounced",
	"message.replied":  "replied",
	"call.connected":   "call_connected",
	"meeting.booked":   "meeting_booked",
	"page.visited":     "page_visited",
}

// Score implements the contract Score. A lead that has a score keeps it: it is scored anew when something happens.
func (r *Records) Score(ctx context.Context, arg Lead) (Scored, error) {
	var out Scored
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		if lead.Score != nil && lead.Tier != nil {
			out = Scored{Score: int(*lead.Score), Tier: *lead.Tier}
			return nil
		}
		out, err = d.scoreStored(lead, derived(lead.ID, "first-score"), nil)
		return err
	})
	return out, err
}

// scoreStored scores a stored lead and keeps the factors under id. further counts engagement that is on the desk and
// not in the database yet.
func (d *desk) scoreStored(lead query.Lead, id uuid.UUID, further map[string]int) (Scored, error) {
	sub, err := readSubmission(lead.Submission)
	if err != nil {
		return Scored{}, err
	}
	sub.Channel, sub.Source, sub.Campaign = lead.Channel, lead.Source, db.Text(lead.Campaign)
	policy, err := readPolicy(d.ctx, d.tx)
	if err != nil {
		return Scored{}, err
	}
	scorer, err := d.scorer(policy)
	if err != nil {
		return Scored{}, err
	}
	facts := newFacts()
	if lead.ContactID.Valid {
		if facts, err = d.facts([]uuid.UUID{lead.ContactID.UUID}); err != nil {
			return Scored{}, err
		}
	}
	features := featuresOf(sub, inspect(sub, policy), scorer.Attributes())
	facts.add(&features, lead.ContactID.UUID, d.now)
	for kind, n := range further {
		features.Engagement[kind] += n
	}
	features.PreviousTier = scoring.Tier(db.Text(lead.Tier))
	return d.keepScore(id, lead.ID, scorer.Score(features))
}

func (d *desk) keepScore(id, lead uuid.UUID, card scoring.Scorecard) (Scored, error) {
	factors, err := json.Marshal(card.Factors)
	if err != nil {
		return Scored{}, fmt.Errorf("encode the score's factors: %w", err)
	}
	d.out.scores = append(d.out.scores, ScoreRow{
		ID: id, LeadID: lead, Score: card.Score, Tier: string(card.Tier), Factors: factors, ModelVersion: card.ModelVersion, At: d.now,
	})
	d.record("lead.score", "lead", lead, card.ModelVersion, "score", "tier")
	return Scored{Score: card.Score, Tier: string(card.Tier)}, nil
}

// scorer makes the scorer of the rules in the database. Rules that cannot be worked with are told to the log and left
// out: leads are not held up by them.
func (d *desk) scorer(policy Policy) (*scoring.RuleScorer, error) {
	rows, err := d.q.ListScoringRules(d.ctx, d.tx)
	if err != nil {
		return nil, fmt.Errorf("read the scoring rules: %w", err)
	}
	rules := make([]scoring.Rule, 0, len(rows))
	for _, row := range rows {
		rule := scoring.Rule{
			ID: row.ID, Feature: row.Feature, Op: scoring.Op(row.Op), Value: row.Value, Points: int(row.Points), Reason: row.Reason, Version: int(row.Version),
		}
		if err := rule.Validate(); err != nil {
			slog.ErrorContext(d.ctx, "scoring rule cannot be worked with and is left out: correct it", "rule", row.ID, "error", err)
			continue
		}
		rules = append(rules, rule)
	}
	return scoring.NewRuleScorer(rules, policy.Thresholds)
}

// featuresOf is what a submission alone tells. Of the attributes only those that a rule looks at are taken.
func featuresOf(sub Submission, in inspection, attributes []string) scoring.Features {
	words, intents := scoring.ReadMessage(sub.Message)
	f := scoring.Features{
		Source: sub.Source, Channel: sub.Channel, Campaign: sub.Campaign, Country: sub.Country, Language: sub.Language,
		HasEmail: in.email != "", HasPhone: in.phone != "", HasName: sub.FirstName != "" || sub.LastName != "", HasCompany: sub.Company != "",
		EmailKind: scoring.DomainKindOf(in.email), MessageWords: words, Intents: intents,
		Consents: map[string]bool{}, Attributes: map[string]string{}, Engagement: map[string]int{},
	}
	for purpose, granted := range sub.Consent {
		f.Consents[purpose] = granted
	}
	plain := sub.plainAttributes()
	for _, name := range attributes {
		if value, given := plain[name]; given {
			f.Attributes[name] = value
		}
	}
	return f
}

// facts are what happened with some contacts.
type facts struct {
	engagement map[uuid.UUID]map[string]int
	consents   map[uuid.UUID]map[string]bool
	latest     map[uuid.UUID]time.Time
}

func newFacts() facts {
	return facts{map[uuid.UUID]map[string]int{}, map[uuid.UUID]map[string]bool{}, map[uuid.UUID]time.Time{}}
}

func (d *desk) facts(contacts []uuid.UUID) (facts, error) {
	f := newFacts()
	counts, err := d.q.CountInteractions(d.ctx, d.tx, contacts)
	if err != nil {
		return f, fmt.Errorf("read the interactions: %w", err)
	}
	for _, row := range counts {
		if f.engagement[row.ContactID] == nil {
			f.engagement[row.ContactID] = map[string]int{}
		}
		f.engagement[row.ContactID][or(engagements[row.Kind], row.Kind)] += int(row.Times)
		if row.Latest.After(f.latest[row.ContactID]) {
			f.latest[row.ContactID] = row.Latest
		}
	}
	consents, err := d.q.LatestConsents(d.ctx, d.tx, contacts)
	if err != nil {
		return f, fmt.Errorf("read the consents: %w", err)
	}
	for _, row := range consents {
		if f.consents[row.ContactID] == nil {
			f.consents[row.ContactID] = map[string]bool{}
		}
		f.consents[row.ContactID][row.Purpose] = row.Granted
	}
	return f, nil
}

// add puts what happened with a contact into the features.
func (f facts) add(to *scoring.Features, contact uuid.UUID, now time.Time) {
	for kind, n := range f.engagement[contact] {
		to.Engagement[kind] += n
	}
	for purpose, granted := range f.consents[contact] {
		to.Consents[purpose] = granted
	}
	if latest, any := f.latest[contact]; any {
		hours := max(now.Sub(latest).Hours(), 0)
		to.HoursSinceActivity = &hours
	}
}
