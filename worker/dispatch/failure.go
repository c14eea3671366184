package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
)

// problem is an error whose text may stand in the inbox and in logs: it names types, processes and opaque ids only.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// poison is a problem that does not pass by itself: the event, or what this binary makes of it, is wrong. Its text may
// stand where that of a problem may.
type poison string

func (p poison) Error() string { return string(p) }

func poisonf(format string, args ...any) error { return poison(fmt.Sprintf(format, args...)) }

// incurable reports whether trying again is in vain as long as neither the event nor the binary changes. A listener whose
// tables do not take what the event says (SQLSTATE 22 and 23) is as sure a sign as our own word.
func incurable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, new(poison)) || errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

// describe says what failed, without the texts of libraries: those may quote what they choked on.
func describe(err error) string {
	var own problem
	var bad poison
	var pg *pgconn.PgError
	var answer serviceerror.ServiceError
	switch {
	case errors.As(err, &own):
		return own.Error()
	case errors.As(err, &bad):
		return bad.Error()
	case errors.As(err, &pg):
		return "PostgreSQL answered SQLSTATE " + pg.Code
	case errors.As(err, &answer):
		return "Temporal answered " + answer.Status().Code().String()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "the dispatcher is stopping"
	case errors.As(err, new(*pgconn.ConnectError)), errors.As(err, new(net.Error)):
		return "no connection to PostgreSQL"
	default:
		return fmt.Sprintf("failed (%T)", root(err))
	}
}

// learned tells from the error of a call to Temporal whether Temporal is there.
func learned(err error) contact {
	var answer serviceerror.ServiceError
	var exhausted *serviceerror.ResourceExhausted
	switch {
	case err == nil:
		return answered
	case errors.As(err, &exhausted) && exhausted.Cause == enums.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW:
		return answered // one run has more than it can take
	case errors.As(err, &answer):
		switch answer.Status().Code() {
		case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unauthenticated, codes.PermissionDenied:
			return silent
		}
		if errors.As(err, new(*serviceerror.NamespaceNotFound)) {
			return silent
		}
		return answered
	case errors.Is(err, context.DeadlineExceeded):
		return silent
	default:
		return none
	}
}

func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
