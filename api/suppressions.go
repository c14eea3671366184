package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Suppression is an address that is not used.
type Suppression struct {
	ID        uuid.UUID         `json:"id"`
	Channel   string            `json:"channel" jsonschema:"enum=email,enum=sms"`
	Address   string            `json:"address" jsonschema_description:"the one spelling under which the address is known"`
	Reason    string            `json:"reason" jsonschema:"enum=bounce,enum=complaint,enum=unsubscribe,enum=manual,enum=import"`
	Scope     string            `json:"scope" jsonschema:"enum=all,enum=marketing" jsonschema_description:"marketing: what is owed to the person is still sent"`
	Contact   *uuid.UUID        `json:"contact,omitempty"`
	Source    string            `json:"source"`
	CreatedAt time.Time         `json:"created_at"`
	LiftedAt  *time.Time        `json:"lifted_at,omitempty"`
	LiftedBy  string            `json:"lifted_by,omitempty"`
	Links     map[string]string `json:"links,omitempty"`
}

// NewSuppression suppresses one address.
type NewSuppression struct {
	Channel string `json:"channel" jsonschema:"enum=email,enum=sms"`
	Address string `json:"address" jsonschema:"minLength=3,maxLength=320" jsonschema_description:"a mail address, or a number with its international prefix"`
	Scope   string `json:"scope,omitempty" jsonschema:"enum=all,enum=marketing,default=all"`
}

// SuppressionImport suppresses many addresses.
type SuppressionImport struct {
	Suppressions []NewSuppression `json:"suppressions" jsonschema:"minItems=1,maxItems=1000"`
}

// SuppressionsImported says what became of them.
type SuppressionsImported struct {
	Taken   int             `json:"taken" jsonschema_description:"those that stand now, also those that stood before"`
	Refused []problem.Field `json:"refused" jsonschema_description:"those that cannot be read as an address"`
}

type suppressionFilter struct {
	Paging
	Channel string    `json:"channel,omitempty" jsonschema:"enum=email,enum=sms"`
	Reason  string    `json:"reason,omitempty" jsonschema:"enum=bounce,enum=complaint,enum=unsubscribe,enum=manual,enum=import"`
	Address string    `json:"address,omitempty" jsonschema:"maxLength=320" jsonschema_description:"in any spelling; needs channel"`
	Contact uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
	Lifted  bool      `json:"lifted,omitempty" jsonschema_description:"also those that were lifted"`
}

func (s *Server) suppressionOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/suppressions", ID: "listSuppressions", Tag: "contacts", Access: access.ConsentsRead, Query: typeOf[suppressionFilter](),
			Summary: "List the addresses that are not used, the newest first", Answers: []Answer{answer[Page[Suppression]](200, "A page of suppressions.")}, Handle: s.listSuppressions,
		},
		{
			Method: http.MethodPost, Path: "/v1/suppressions", ID: "addSuppression", Tag: "contacts", Access: access.ConsentsWrite,
			Summary: "Suppress an address", Body: jsonBody(NewSuppression{Channel: "email", Address: "ada@example.com", Scope: "all"}),
			Answers: []Answer{answer[Suppression](201, "The suppression that stands now.", "Location")}, Handle: s.addSuppression,
		},
		{
			Method: http.MethodPost, Path: "/v1/suppressions/import", ID: "importSuppressions", Tag: "contacts", Access: access.ConsentsWrite,
			Summary: "Suppress many addresses, as another system knows them", Description: "What cannot be read is listed; the others are taken.",
			Body:    jsonBody(SuppressionImport{Suppressions: []NewSuppression{{Channel: "email", Address: "ada@example.com", Scope: "marketing"}}}),
			Answers: []Answer{answer[SuppressionsImported](200, "What became of them.")}, Handle: s.importSuppressions,
		},
		{
			Method: http.MethodDelete, Path: "/v1/suppressions/{id}", ID: "liftSuppression", Tag: "contacts", Access: access.ConsentsWrite,
			Summary: "Lift a suppression", Description: "The address may be used again, unless it is suppressed for another reason. Lifting it again changes nothing.",
			Answers: []Answer{answer[Suppression](200, "The lifted suppression.")}, Handle: s.liftSuppression,
		},
	}
}

func (s *Server) listSuppressions(c *Call) error {
	var f suppressionFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("suppressions", f.Channel, f.Reason, f.Address, f.Contact, f.Lifted)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListSuppressionPageParams{
		Channel: db.NullText(f.Channel), Reason: db.NullText(f.Reason), Contact: db.NullID(f.Contact), Lifted: f.Lifted, MaxRows: int32(f.limit() + 1),
	}
	if f.Address != "" {
		address, ok := consent.Canonical(f.Channel, f.Address, "")
		if !ok {
			return problem.BadRequest("Ask for an address together with its channel.", problem.Field{Field: "address", Message: "is no address of the channel"})
		}
		arg.Address = &address
	}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListSuppressionPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list suppressions: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, suppressionView, func(r query.Suppression) timePlace { return timePlace{r.CreatedAt, r.ID} }))
}

func (s *Server) addSuppression(c *Call) error {
	var in NewSuppression
	if err := c.Decode(&in); err != nil {
		return err
	}
	address, ok := consent.Canonical(in.Channel, in.Address, "")
	if !ok {
		return problem.Invalid(problem.Field{Field: "address", Message: noAddress(in.Channel)})
	}
	var out query.Suppression
	ctx := c.Ctx()
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		err := in.suppress(ctx, tx, s.clock.Now(), consent.Manual, consent.By{Source: "api", Actor: c.Actor()})
		if err != nil {
			return err
		}
		reason := consent.Manual
		rows, err := query.New().ListSuppressionPage(ctx, tx, query.ListSuppressionPageParams{Channel: &in.Channel, Address: &address, Reason: &reason, MaxRows: 1})
		if err != nil || len(rows) == 0 {
			return fmt.Errorf("read the suppression that was written: %w", err)
		}
		out = rows[0]
		return nil
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", link("v1/suppressions", out.ID.String()))
	return c.JSON(http.StatusCreated, suppressionView(out))
}

func (s *Server) importSuppressions(c *Call) error {
	var in SuppressionImport
	if err := c.Decode(&in); err != nil {
		return err
	}
	out := SuppressionsImported{Refused: []problem.Field{}}
	ctx := c.Ctx()
	// One transaction each: together they would hold many contacts, in an order of their own.
	for i, one := range in.Suppressions {
		err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
			return one.suppress(ctx, tx, s.clock.Now(), consent.Import, consent.By{Source: "import", Actor: c.Actor()})
		})
		switch {
		case errors.Is(err, consent.ErrAddress):
			out.Refused = append(out.Refused, problem.Field{Field: fmt.Sprintf("suppressions.%d.address", i), Message: noAddress(one.Channel)})
		case err != nil:
			return fmt.Errorf("import suppressions: %w", err)
		default:
			out.Taken++
		}
	}
	return c.OK(out)
}

func (n NewSuppression) suppress(ctx context.Context, tx pgx.Tx, now time.Time, reason string, by consent.By) error {
	return consent.Suppress(ctx, tx, now, consent.Suppression{Channel: n.Channel, Address: n.Address, Reason: reason, Scope: n.Scope}, by)
}

func noAddress(channel string) string {
	if channel == "sms" {
		return "is not a number: write it with its international prefix, as +442079460000"
	}
	return "is not a mail address"
}

func (s *Server) liftSuppression(c *Call) error {
	ctx, id := c.Ctx(), c.ID("id")
	var out query.Suppression
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		err := consent.Lift(ctx, tx, s.clock.Now(), id, consent.By{Source: "api", Actor: c.Actor()})
		if errors.Is(err, consent.ErrUnknown) {
			return problem.NotFound("suppression", id.String())
		}
		if err != nil {
			return err
		}
		out, err = query.New().GetSuppression(ctx, tx, id)
		return err
	})
	if err != nil {
		return err
	}
	return c.OK(suppressionView(out))
}

func suppressionView(r query.Suppression) Suppression {
	out := Suppression{
		ID: r.ID, Channel: r.Channel, Address: r.Address, Reason: r.Reason, Scope: r.Scope, Contact: id(r.ContactID), Source: r.Source,
		CreatedAt: r.CreatedAt.UTC(), LiftedAt: utc(r.LiftedAt), LiftedBy: db.Text(r.LiftedBy),
	}
	if out.Contact != nil {
		out.Links = map[string]string{"contact": link("v1/contacts", out.Contact.String())}
	}
	return out
}
