package api

import (
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
)

// AccountSegment says to which customers one belongs when their debts are collected.
type AccountSegment struct {
	Segment string `json:"segment" jsonschema:"maxLength=100" jsonschema_description:"as dunning plans name it; empty for the one of the contact's attributes"`
}

func (s *Server) segmentOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodPut, Path: "/v1/contacts/{id}/account/segment", ID: "setAccountSegment", Tag: "billing", Access: access.BillingWrite,
		Summary:     "Say which segment a customer belongs to",
		Description: "It chooses the dunning plan of the next collection; one that goes on stays with its plan.",
		Body:        jsonBody(AccountSegment{Segment: "business"}),
		Answers:     []Answer{answer[CustomerAccount](200, "The account.")}, Problems: []int{http.StatusNotFound}, Handle: s.setSegment,
	}}
}

func (s *Server) setSegment(c *Call) error {
	var in AccountSegment
	if err := c.Decode(&in); err != nil {
		return err
	}
	now := s.clock.Now()
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		follow, err := billing.SetSegment(c.Ctx(), tx, now, c.Actor(), c.Effect(), c.ID("id"), in.Segment)
		if err != nil {
			return err
		}
		_, err = inbox.Accept(c.Ctx(), tx, now, follow...)
		return err
	})
	if errors.As(err, new(*billing.InvalidError)) {
		return problem.NotFound("contact", c.Param("id"))
	}
	if err != nil {
		return err
	}
	s.wake()
	return s.getAccount(c)
}
