package records

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// ledger collects the writes of a transaction, by table.
type ledger struct {
	leads        []leadRow
	contacts     []contactRow // to be created
	fills        []contactRow // to be completed
	identities   keyRows
	keys         keyRows
	consents     consentRows
	resolved     []resolvedRow
	reviews      []reviewRow
	scores       []ScoreRow
	assigned     pairRows // lead, user
	owners       pairRows // contact, user
	loads        []loadRow
	tasks        []tasks.Row
	captured     pairRows // lead, task
	interactions []interactionRow
	audit        []audit.Record
	requests     []requestRow
	events       []inbox.Event
	last         []func(query.DBTX) error
}

type leadRow struct {
	ID          uuid.UUID       `json:"id"`
	Submission  json.RawMessage `json:"submission"`
	Source      string          `json:"source"`
	Channel     string          `json:"channel"`
	Campaign    *string         `json:"campaign"`
	ImportID    uuid.NullUUID   `json:"import_id"`
	SubmittedAt time.Time       `json:"submitted_at"`
}

// contactRow is a contact as far as a submission tells it.
type contactRow struct {
	ID         uuid.UUID         `json:"id"`
	Email      *string           `json:"email"`
	Phone      *string           `json:"phone"`
	FirstName  *string           `json:"first_name"`
	LastName   *string           `json:"last_name"`
	Company    *string           `json:"company"`
	Street     *string           `json:"street"`
	City       *string           `json:"city"`
	Postcode   *string           `json:"postcode"`
	Region     *string           `json:"region"`
	Country    *string           `json:"country"`
	TimeZone   *string           `json:"time_zone"`
	Language   *string           `json:"language"`
	Attributes map[string]string `json:"attributes,omitempty"`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
}

type requestRow struct {
	ID        uuid.UUID `json:"id"`
	LeadID    uuid.UUID `json:"lead_id"`
	Kind      string    `json:"kind"`
	Fields    []Problem `json:"fields"`
	CreatedAt time.Time `json:"created_at"`
}

type keyRows struct {
	kinds, values []string
	contacts      []uuid.UUID
}

func (k *keyRows) add(kind, value string, contact uuid.UUID) {
	k.kinds, k.values, k.contacts = append(k.kinds, kind), append(k.values, value), append(k.contacts, contact)
}

type consentRows struct {
	contacts []uuid.UUID
	purposes []string
	granted  []bool
	sources  []string
	at       []time.Time
}

func (c *consentRows) add(contact uuid.UUID, purpose string, granted bool, source string, at time.Time) {
	c.contacts, c.purposes, c.granted = append(c.contacts, contact), append(c.purposes, purpose), append(c.granted, granted)
	c.sources, c.at = append(c.sources, source), append(c.at, at)
}

type pairRows struct{ left, right []uuid.UUID }

func (p *pairRows) add(left, right uuid.UUID) {
	p.left, p.right = append(p.left, left), append(p.right, right)
}

type resolvedRow struct {
	ID          uuid.UUID     `json:"id"`
	Status      string        `json:"status"`
	ContactID   uuid.NullUUID `json:"contact_id"`
	DuplicateOf uuid.NullUUID `json:"duplicate_of"`
	ResolvedBy  string        `json:"resolved_by"` // see desk.run
}

type reviewRow struct {
	ID        uuid.UUID      `json:"id"`
	LeadID    uuid.UUID      `json:"lead_id"`
	ContactID uuid.UUID      `json:"contact_id"`
	Score     float64        `json:"score"`
	Reasons   []reviewReason `json:"reasons"`
	CreatedAt time.Time      `json:"created_at"`
}

type reviewReason struct {
	Field      string  `json:"field"`
	Similarity float64 `json:"similarity"`
	Weight     float64 `json:"weight"`
}

// ScoreRow is both the lead's new score and its entry in lead_scores.
type ScoreRow struct {
	ID           uuid.UUID       `json:"id"`
	LeadID       uuid.UUID       `json:"lead_id"`
	Score        int             `json:"score"`
	Tier         string          `json:"tier"`
	Factors      json.RawMessage `json:"factors"`
	ModelVersion string          `json:"model_version"`
	At           time.Time       `json:"at"`
}

type loadRow struct {
	UserID     uuid.UUID  `json:"user_id"`
	Delta      int        `json:"delta"`
	AssignedAt *time.Time `json:"assigned_at"`
}

func (l *ledger) loadedUsers() []uuid.UUID {
	ids := make([]uuid.UUID, len(l.loads))
	for i, row := range l.loads {
		ids[i] = row.UserID
	}
	return ids
}

type interactionRow struct {
	ID        uuid.UUID      `json:"id"`
	ContactID uuid.UUID      `json:"contact_id"`
	LeadID    uuid.NullUUID  `json:"lead_id"`
	Kind      string         `json:"kind"`
	Channel   *string        `json:"channel"`
	Data      map[string]any `json:"data,omitempty"`
	At        time.Time      `json:"at"`
}
