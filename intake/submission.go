// Package intake is the one way in for leads: forms, calls, chats, integrations and files all become the same rows and
// the same event.
package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/invopop/jsonschema"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// Submission is what somebody told us about a lead, as it stands in leads.submission and lead_import_rows.raw. Its
// content is judged later, by the capture process: a malformed e-mail address is asked about, not refused.
type Submission struct {
	Email      string          `json:"email,omitempty" jsonschema:"maxLength=320"`
	Phone      string          `json:"phone,omitempty" jsonschema:"maxLength=64"`
	FirstName  string          `json:"first_name,omitempty" jsonschema:"maxLength=200"`
	LastName   string          `json:"last_name,omitempty" jsonschema:"maxLength=200"`
	Company    string          `json:"company,omitempty" jsonschema:"maxLength=200"`
	Source     string          `json:"source,omitempty" jsonschema:"maxLength=100" jsonschema_description:"where the lead comes from: a site, a fair, a partner"`
	Channel    string          `json:"channel,omitempty" jsonschema:"enum=form,enum=call,enum=video,enum=chat,enum=import,enum=api"`
	Street     string          `json:"street,omitempty" jsonschema:"maxLength=200"`
	City       string          `json:"city,omitempty" jsonschema:"maxLength=200"`
	Postcode   string          `json:"postcode,omitempty" jsonschema:"maxLength=32"`
	Region     string          `json:"region,omitempty" jsonschema:"maxLength=100"`
	Country    string          `json:"country,omitempty" jsonschema:"maxLength=64" jsonschema_description:"ISO 3166-1 alpha-2"`
	TimeZone   string          `json:"time_zone,omitempty" jsonschema:"maxLength=64" jsonschema_description:"IANA name"`
	Language   string          `json:"language,omitempty" jsonschema:"maxLength=35" jsonschema_description:"BCP 47"`
	Message    string          `json:"message,omitempty" jsonschema:"maxLength=10000"`
	Campaign   string          `json:"campaign,omitempty" jsonschema:"maxLength=200"`
	Attributes map[string]any  `json:"attributes,omitempty" jsonschema_description:"anything else that is known: texts, numbers, yes or no"`
	Consent    map[string]bool `json:"consent,omitempty" jsonschema_description:"what the person agreed to, by purpose"`
}

// JSONSchemaExtend bounds the maps.
func (Submission) JSONSchemaExtend(s *jsonschema.Schema) {
	name, text, many := uint64(64), uint64(1000), uint64(50)
	one := uint64(1)
	for _, p := range []string{"attributes", "consent"} {
		m, _ := s.Properties.Get(p)
		m.PropertyNames = &jsonschema.Schema{MinLength: &one, MaxLength: &name}
		m.MaxProperties = &many
	}
	attributes, _ := s.Properties.Get("attributes")
	attributes.AdditionalProperties = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", MaxLength: &text}, {Type: "number"}, {Type: "boolean"},
	}}
}

// Origin says who submits a lead and under which name it is known for good.
type Origin struct {
	// Key names the submission: with the same key the lead is the same. Empty means that it is a new one.
	Key string
	// Actor fills the actor of the audit record.
	Actor audit.Record
}

// leadSpace is the UUID name space of lead ids that are derived from a key.
var leadSpace = uuid.MustParse("c9a1d2de-4f5f-5b0c-8f6e-3d2b7a9e0a55")

// LeadID is the id of the lead that is submitted under key; a new one for an empty key.
func LeadID(key string) uuid.UUID {
	if key == "" {
		return uuid.Must(uuid.NewV7())
	}
	return uuid.NewSHA1(leadSpace, []byte(key))
}

// Submit keeps a lead in tx: its row with status received, the event lead.submitted and an audit record. It returns the
// lead's id; fresh is false when a lead with the origin's key stood there already, and then nothing was written.
// Source and Channel must be set. Wake the dispatcher after the commit.
func Submit(ctx context.Context, tx query.DBTX, now time.Time, s Submission, o Origin) (id uuid.UUID, fresh bool, err error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("submit a lead: encode it: %w", err)
	}
	id = LeadID(o.Key)
	arg := query.InsertLeadParams{ID: id, Submission: raw, Source: s.Source, Channel: s.Channel, SubmittedAt: now}
	if s.Campaign != "" {
		arg.Campaign = &s.Campaign
	}
	n, err := query.New().InsertLead(ctx, tx, arg)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("submit a lead: %w", err)
	}
	if n == 0 {
		return id, false, nil
	}
	record := o.Actor
	record.Action, record.ResourceKind, record.ResourceID, record.Fields = "lead.submit", "lead", id.String(), s.Fields()
	if record.Reason == "" {
		record.Reason = "a lead came in by " + s.Channel
	}
	if err := audit.Append(ctx, tx, now, record); err != nil {
		return uuid.Nil, false, err
	}
	if err := inbox.Emit(ctx, tx, now, "lead/"+id.String()+"/submitted", id.String(), events.LeadSubmitted, events.Lead{LeadID: id}); err != nil {
		return uuid.Nil, false, err
	}
	return id, true, nil
}

// Fields are the names of the fields that are filled.
func (s Submission) Fields() []string {
	var names []string
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// Amend returns s with everything that patch fills.
func (s Submission) Amend(patch Submission) Submission {
	to, from := reflect.ValueOf(&s).Elem(), reflect.ValueOf(patch)
	for i := range from.NumField() {
		if f := from.Field(i); !f.IsZero() && f.Kind() != reflect.Map {
			to.Field(i).Set(f)
		}
	}
	s.Attributes = joined(s.Attributes, patch.Attributes)
	s.Consent = joined(s.Consent, patch.Consent)
	return s
}

func joined[V any](a, b map[string]V) map[string]V {
	if len(a)+len(b) == 0 {
		return nil
	}
	m := make(map[string]V, len(a)+len(b))
	for k, v := range a {
		m[k] = v
	}
	for k, v := range b {
		m[k] = v
	}
	return m
}
