package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
)

// Call is one authenticated, validated request.
type Call struct {
	echo.Context
	Principal access.Principal
	// Key is the Idempotency-Key; empty when none was sent.
	Key string
	// Wait is how long the caller wants to wait for a result (Prefer: wait=N).
	Wait time.Duration
	// MediaType of the body, without parameters.
	MediaType string

	op     *Operation
	raw    []byte
	value  any
	query  []byte
	effect string
}

// Raw is the body, which is valid JSON when the operation takes JSON; empty when an optional body was left out.
func (c *Call) Raw() []byte { return c.raw }

// Decode reads the body, which was validated before, into v. It leaves v alone when an optional body was left out.
func (c *Call) Decode(v any) error { return decodeBody(c.raw, "", v) }

// DecodeQuery reads the query parameters, which were validated before, into v.
func (c *Call) DecodeQuery(v any) error { return json.Unmarshal(c.query, v) }

// ID is a part of the path that is a UUID.
func (c *Call) ID(name string) uuid.UUID { return uuid.MustParse(c.Param(name)) }

// Ctx is the request's context.
func (c *Call) Ctx() context.Context { return c.Request().Context() }

// effectSpace is the UUID name space of the ids that are derived from an idempotency key.
var effectSpace = uuid.MustParse("0f6f6c2e-8f3c-5f0e-9a43-1f0a5be0c7d1")

// Effect names what this call does. With an Idempotency-Key it is the same at every repeat, so that a repeat after a
// crash does nothing twice; without one it is new.
func (c *Call) Effect() string {
	if c.effect == "" {
		c.effect = uuid.NewString()
		if c.Key != "" {
			c.effect = uuid.NewSHA1(effectSpace, []byte(c.Principal.KeyID.String()+"/"+c.Key)).String()
		}
	}
	return c.effect
}

// EffectID is Effect as a UUID: the id of the event that the call emits.
func (c *Call) EffectID() uuid.UUID { return uuid.MustParse(c.Effect()) }

// Actor is the caller as the audit log names it.
func (c *Call) Actor() audit.Record {
	return audit.Record{ActorKind: audit.Key, ActorID: c.Principal.KeyID.String()}
}

// Did is the audit record of a change that this call makes. fields are the names of the fields that changed.
func (c *Call) Did(action, kind, id, reason string, fields ...string) audit.Record {
	r := c.Actor()
	r.Action, r.ResourceKind, r.ResourceID, r.Reason, r.Fields = action, kind, id, reason, fields
	return r
}

// OK answers 200 with v.
func (c *Call) OK(v any) error { return c.JSON(http.StatusOK, v) }

// fits refuses what the schema lets pass and a value of type t cannot hold.
func fits(raw []byte, prefix string, t reflect.Type) error {
	return decodeBody(raw, prefix, reflect.New(t).Interface())
}

// decodeBody reads raw into v. What the schema cannot say about numbers (1.0 for an integer) is refused here.
func decodeBody(raw []byte, prefix string, v any) error {
	if len(raw) == 0 {
		return nil
	}
	err := json.Unmarshal(raw, v)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		field := mismatch.Field
		if prefix != "" {
			field = prefix + "." + field
		}
		return problem.Invalid(problem.Field{Field: field, Message: "must be written as " + mismatch.Type.String() + ", without fraction or exponent"})
	}
	if err != nil {
		return problem.Invalid(problem.Field{Field: prefix, Message: "does not have the form that is taken here"})
	}
	return nil
}
