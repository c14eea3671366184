package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// ConsentView is what a person decided last about one purpose.
type ConsentView struct {
	Purpose string    `json:"purpose"`
	Granted bool      `json:"granted"`
	Source  string    `json:"source" jsonschema_description:"the way it reached us: a lead's source, preference-page, one-click, stop, api, …"`
	At      time.Time `json:"at"`
}

// TopicView is whether a person wants to hear of a topic.
type TopicView struct {
	Topic  string    `json:"topic"`
	Wanted bool      `json:"wanted"`
	Source string    `json:"source"`
	At     time.Time `json:"at"`
}

// Consents is everything that a person decided about being written to.
type Consents struct {
	Contact          uuid.UUID         `json:"contact"`
	Consents         []ConsentView     `json:"consents"`
	Topics           []TopicView       `json:"topics" jsonschema_description:"topics left out are wanted"`
	PreferredChannel string            `json:"preferred_channel,omitempty" jsonschema:"enum=email,enum=sms"`
	Suppressions     []Suppression     `json:"suppressions" jsonschema_description:"those that stand, the newest 200"`
	Links            map[string]string `json:"links"`
}

// ConsentChange changes what it names; everything left out stays.
type ConsentChange struct {
	Consents         map[string]bool `json:"consents,omitempty" jsonschema_description:"by purpose: true also lifts what the person's unsubscribing suppressed on its channel"`
	Topics           map[string]bool `json:"topics,omitempty" jsonschema_description:"by topic"`
	OptOut           string          `json:"opt_out,omitempty" jsonschema:"enum=all,enum=email,enum=sms" jsonschema_description:"withdraws every purpose and suppresses the addresses for marketing; it comes before the rest"`
	PreferredChannel string          `json:"preferred_channel,omitempty" jsonschema:"enum=any,enum=email,enum=sms" jsonschema_description:"any leaves it to us"`
	Reason           string          `json:"reason,omitempty" jsonschema:"maxLength=300" jsonschema_description:"why, for the audit log; nothing personal"`
}

// choiceForm is what a purpose or a topic looks like.
var choiceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

func (s *Server) consentOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/contacts/{id}/consents", ID: "getConsents", Tag: "contacts", Access: access.ConsentsRead,
			Summary: "What a person decided about being written to", Answers: []Answer{answer[Consents](200, "Consents, topics, channel and suppressions.")}, Handle: s.getConsents,
		},
		{
			Method: http.MethodPut, Path: "/v1/contacts/{id}/consents", ID: "putConsents", Tag: "contacts", Access: access.ConsentsWrite,
			Summary: "Write what a person decided about being written to", Description: "What is left out stays. What stands already changes nothing and emits no event.",
			Body:    jsonBody(ConsentChange{Consents: map[string]bool{consent.EmailMarketing: true}, Topics: map[string]bool{"offers": false}, PreferredChannel: "email"}),
			Answers: []Answer{answer[Consents](200, "What stands now.")}, Handle: s.putConsents,
		},
	}
}

func (s *Server) getConsents(c *Call) error {
	out, err := readConsents(c.Ctx(), s.pool, c.ID("id"))
	if err != nil {
		return err
	}
	return c.OK(out)
}

func (s *Server) putConsents(c *Call) error {
	var in ConsentChange
	if err := c.Decode(&in); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	var out Consents
	ctx, contact := c.Ctx(), c.ID("id")
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		err = in.apply(ctx, tx, s.clock.Now(), contact, consent.By{Source: "api", Actor: c.Did("", "", "", in.Reason)})
		if errors.Is(err, consent.ErrUnknown) {
			return problem.NotFound("contact", contact.String())
		}
		if err == nil {
			out, err = readConsents(ctx, tx, contact)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.OK(out)
}

// check refuses names that stand for nothing.
func (in ConsentChange) check() error {
	var fields []problem.Field
	for member, names := range map[string]map[string]bool{"consents": in.Consents, "topics": in.Topics} {
		for name := range names {
			if !choiceForm.MatchString(name) {
				fields = append(fields, problem.Field{Field: member + "." + name, Message: "is not a name: write lower-case letters, digits and _ -, at most 100"})
			}
		}
	}
	if len(fields) > 0 {
		slices.SortFunc(fields, func(a, b problem.Field) int { return strings.Compare(a.Field, b.Field) })
		return problem.Invalid(fields...)
	}
	return nil
}

// apply writes the change in one order, so that the same request always does the same.
func (in ConsentChange) apply(ctx context.Context, tx pgx.Tx, now time.Time, contact uuid.UUID, by consent.By) error {
	if in.OptOut != "" {
		choice := events.Choice{ContactID: contact, Channel: in.OptOut}
		if in.OptOut == "all" {
			choice.Channel = ""
		}
		if err := consent.OptOut(ctx, tx, now, choice, by); err != nil {
			return err
		}
	}
	choose := func(names map[string]bool, choice func(string) events.Choice) error {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			write := consent.OptOut
			if names[name] {
				write = consent.OptIn
			}
			if err := write(ctx, tx, now, choice(name), by); err != nil {
				return err
			}
		}
		return nil
	}
	if err := choose(in.Consents, func(name string) events.Choice { return events.Choice{ContactID: contact, Purpose: name} }); err != nil {
		return err
	}
	if err := choose(in.Topics, func(name string) events.Choice { return events.Choice{ContactID: contact, Topic: name} }); err != nil {
		return err
	}
	switch in.PreferredChannel {
	case "":
		return nil
	case "any":
		return consent.Prefer(ctx, tx, now, contact, "", by)
	default:
		return consent.Prefer(ctx, tx, now, contact, in.PreferredChannel, by)
	}
}

func readConsents(ctx context.Context, at query.DBTX, contact uuid.UUID) (Consents, error) {
	self := link("v1/contacts", contact.String())
	out := Consents{
		Contact: contact, Consents: []ConsentView{}, Topics: []TopicView{}, Suppressions: []Suppression{},
		Links: map[string]string{"self": self + "/consents", "contact": self},
	}
	q := query.New()
	if _, err := q.GetContact(ctx, at, contact); errors.Is(err, pgx.ErrNoRows) {
		return out, problem.NotFound("contact", contact.String())
	} else if err != nil {
		return out, fmt.Errorf("read a contact: %w", err)
	}
	consents, err := q.ListContactConsents(ctx, at, contact)
	if err != nil {
		return out, fmt.Errorf("read the consents of a contact: %w", err)
	}
	for _, r := range consents {
		out.Consents = append(out.Consents, ConsentView{r.Purpose, r.Granted, r.Source, r.At.UTC()})
	}
	topics, err := q.ListTopicChoices(ctx, at, contact)
	if err != nil {
		return out, fmt.Errorf("read the topics of a contact: %w", err)
	}
	for _, r := range topics {
		out.Topics = append(out.Topics, TopicView{r.Topic, r.Wanted, r.Source, r.At.UTC()})
	}
	preference, err := q.GetPreference(ctx, at, contact)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return out, fmt.Errorf("read the channel that a contact prefers: %w", err)
	}
	out.PreferredChannel = db.Text(preference.Channel)
	rows, err := q.ListSuppressionPage(ctx, at, query.ListSuppressionPageParams{Contact: db.NullID(contact), MaxRows: 200})
	if err != nil {
		return out, fmt.Errorf("read the suppressions of a contact: %w", err)
	}
	for _, r := range rows {
		out.Suppressions = append(out.Suppressions, suppressionView(r))
	}
	return out, nil
}
