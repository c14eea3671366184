package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/templates"
	"github.com/perdura/perdura/workflows/message"
)

// fitRequest makes the row of a request, or refuses it with every field that is wrong: what could never be sent is told
// at once, what the policy says comes later. It holds the person until the transaction ends.
func (s *Server) fitRequest(c *Call, tx pgx.Tx, in MessageRequest) (query.MessageRequest, error) {
	ctx, now := c.Ctx(), s.clock.Now().Truncate(time.Microsecond)
	row := query.MessageRequest{
		ID: c.EffectID(), ContactID: in.ContactID, Template: in.Template, Channel: string(in.Channel), Department: in.Department,
		Urgency: string(in.Urgency), LeadID: db.NullID(in.LeadID), ExpiresAt: utc(in.ExpiresAt), TestUserID: db.NullID(in.TestUserID), CreatedAt: now,
	}
	fill(&row.Department, message.Process.Describe().Owner)
	var wrong []problem.Field
	refuse := func(field, why string) { wrong = append(wrong, problem.Field{Field: field, Message: why}) }

	person, err := query.New().LockPerson(ctx, tx, in.ContactID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		refuse("contact_id", "there is no such contact")
	case err != nil:
		return row, fmt.Errorf("ask for a message: lock the contact: %w", err)
	default:
		row.ContactID = person.ID
	}
	fits, err := query.New().FitMessageRequest(ctx, tx, query.FitMessageRequestParams{
		Lead: row.LeadID, Person: row.ContactID, Asked: in.ContactID, Reader: row.TestUserID,
	})
	if err != nil {
		return row, fmt.Errorf("ask for a message: look for lead and user: %w", err)
	}
	if !fits.Lead && person.ID != uuid.Nil {
		refuse("lead_id", "is no lead of this contact")
	}
	if !fits.Reader {
		refuse("test_user_id", "is no active user")
	}
	field, why, err := s.unfitTemplate(ctx, tx, in)
	if err != nil {
		return row, err
	}
	if field != "" {
		refuse(field, why)
	}
	speakers, err := s.departments(ctx, tx)
	if err != nil {
		return row, err
	}
	if in.Department != "" && !speakers[in.Department] {
		refuse("department", "is not known: write one of "+strings.Join(slices.Sorted(maps.Keys(speakers)), ", "))
	}
	if row.ExpiresAt != nil && !now.Before(*row.ExpiresAt) {
		refuse("expires_at", "has passed: such a message would never leave")
	}
	if len(wrong) > 0 {
		return row, problem.Invalid(wrong...)
	}
	return row, nil
}

// notGiven begin the variables that only a process of the house has values for.
var notGiven = []string{"coupon.", "survey.", "opt_in.", "task.", "account."}

// unfitTemplate says which field keeps the template from being sent, and why; both are empty when nothing does.
func (s *Server) unfitTemplate(ctx context.Context, tx pgx.Tx, in MessageRequest) (field, why string, err error) {
	t, err := s.published.Published(ctx, tx, in.Template)
	if errors.Is(err, templates.ErrUnknown) {
		return "template", "is not a published template", nil
	}
	if err != nil {
		return "", "", err
	}
	channels := t.Channels()
	if in.Channel != "" {
		if !slices.Contains(channels, in.Channel) {
			return "channel", "is none that the template has words for", nil
		}
		channels = []provider.Channel{in.Channel}
	}
	values := templates.Examples()
	for name := range values {
		if slices.ContainsFunc(notGiven, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			delete(values, name)
		}
	}
	for _, language := range slices.Sorted(maps.Keys(t.Languages)) {
		for _, channel := range channels {
			if lacks := t.Lacks(channel, language, values); len(lacks) > 0 {
				return "template", "speaks of " + strings.Join(lacks, ", ") + ", which only the process has that the template was written for", nil
			}
		}
	}
	return "", "", nil
}

// departments are those that may speak: whom the contact policy ranks, and who owns a process.
func (s *Server) departments(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	policy, _, err := gate.Kind.Current(ctx, tx, gate.PolicyName)
	if err != nil {
		return nil, fmt.Errorf("ask for a message: read the contact policy: %w", err)
	}
	known := map[string]bool{}
	for name := range policy.Departments {
		known[name] = true
	}
	for _, d := range s.definitions {
		known[d.Describe().Owner] = true
	}
	return known, nil
}
