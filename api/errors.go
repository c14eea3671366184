package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// answerError is Echo's error handler: whatever goes wrong is answered as a problem.
func (s *Server) answerError(err error, ec echo.Context) {
	if ec.Response().Committed {
		s.log.ErrorContext(ec.Request().Context(), "the answer broke off", "path", ec.Path(), "error", err.Error())
		return
	}
	if err := s.problemOf(err, ec).Write(ec.Response()); err != nil {
		s.log.DebugContext(ec.Request().Context(), "the caller left", "path", ec.Path())
	}
}

// problemOf is the one place where errors become answers. The text of an error that is none of ours stays in the log:
// it may quote what it choked on.
func (s *Server) problemOf(err error, ec echo.Context) *problem.Problem {
	var p *problem.Problem
	var he *echo.HTTPError
	var event *inbox.InvalidError
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &he):
		return ofHTTP(he, ec)
	case errors.As(err, &event):
		return problem.Invalid(problem.Field{Field: event.Field, Message: event.Problem})
	case errors.Is(err, pgx.ErrNoRows):
		return problem.NotFound("such thing", ec.Param("id"))
	case errors.Is(err, ErrEngineDown):
		return problem.Unavailable("Temporal does not answer. Try again later.", 5*time.Second)
	}
	if errors.Is(ec.Request().Context().Err(), context.Canceled) {
		s.log.DebugContext(ec.Request().Context(), "the caller left before the answer", "method", ec.Request().Method, "path", ec.Path())
	} else {
		s.log.ErrorContext(ec.Request().Context(), "a request failed", "method", ec.Request().Method, "path", ec.Path(), "error", describe(err))
	}
	switch {
	case errors.As(err, &pg) && (pg.Code[:2] == "40" || pg.Code[:2] == "53" || pg.Code[:2] == "57" || pg.Code[:2] == "08"),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, new(*pgconn.ConnectError)),
		errors.As(err, new(net.Error)):
		return problem.Unavailable("The database did not answer in time. Send the request again, with the same Idempotency-Key.", 2*time.Second)
	default:
		return problem.Internal()
	}
}

// describe is what the log may say about an error: PostgreSQL's messages quote values, so only their code is kept.
func describe(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return "PostgreSQL answered SQLSTATE " + pg.Code + ", constraint " + pg.ConstraintName
	}
	return err.Error()
}

func ofHTTP(he *echo.HTTPError, ec echo.Context) *problem.Problem {
	switch he.Code {
	case http.StatusNotFound:
		return problem.NoSuchPath()
	case http.StatusMethodNotAllowed:
		allow, _ := ec.Get(echo.ContextKeyHeaderAllow).(string)
		return problem.MethodNotAllowed(allow)
	default:
		return problem.New(he.Code, "refused", http.StatusText(he.Code), "")
	}
}

// recover turns a panic into an answer without a stack; the log has it.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) (err error) {
		defer func() {
			switch r := recover(); r {
			case nil:
			case http.ErrAbortHandler:
				panic(r)
			default:
				s.log.ErrorContext(ec.Request().Context(), "a handler panicked", "path", ec.Path(), "stack", string(debug.Stack()))
				err = problem.Internal()
			}
		}()
		return next(ec)
	}
}

// closed reports whether a run in this state has ended.
func closed(state process.State) bool { return state != process.Running && state != process.Waiting }
