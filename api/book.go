package api

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
)

// accept keeps events. Those that are booked take a transaction of their own, in which they are booked; others share one.
// at is the place of an event's data in the body.
func (s *Server) accept(c *Call, list []inbox.Event, record audit.Record, at func(int) string) ([]inbox.Accepted, error) {
	if !slices.ContainsFunc(list, func(e inbox.Event) bool { return billing.Takes(e.Type) }) {
		return s.acceptor.Accept(c.Ctx(), s.clock.Now(), list, record)
	}
	return s.book(c, list, at, record)
}

// book writes events into the books and accepts them, with what follows, in one transaction.
func (s *Server) book(c *Call, list []inbox.Event, at func(int) string, records ...audit.Record) (accepted []inbox.Accepted, err error) {
	now := s.clock.Now()
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		if accepted, err = billing.Tell(c.Ctx(), tx, now, c.Actor(), list...); err != nil {
			return err
		}
		if slices.ContainsFunc(accepted, func(a inbox.Accepted) bool { return !a.Duplicate }) {
			return audit.Append(c.Ctx(), tx, now, records...)
		}
		return nil
	})
	var wrong *billing.InvalidError
	if errors.As(err, &wrong) {
		field := at(wrong.Index)
		switch {
		case field == "":
			field = wrong.Field
		case wrong.Field != "":
			field += "." + wrong.Field
		}
		return nil, problem.Invalid(problem.Field{Field: field, Message: wrong.Message})
	}
	if err != nil {
		return nil, err
	}
	s.wake()
	return accepted, nil
}
