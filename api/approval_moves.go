package api

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// ApprovalDecision is what a decider says about what they saw.
type ApprovalDecision struct {
	ContentHash string `json:"content_hash" jsonschema:"pattern=^[0-9a-f]{64}$" jsonschema_description:"of the content that you saw"`
	Reason      string `json:"reason,omitempty" jsonschema:"maxLength=2000"`
}

var exampleDecision = ApprovalDecision{ContentHash: strings.Repeat("0", 64), Reason: "within this year's plan"}

// ApprovalDelegation gives the caller's seat to somebody else.
type ApprovalDelegation struct {
	To     uuid.UUID `json:"to" jsonschema_description:"a user's id"`
	Reason string    `json:"reason,omitempty" jsonschema:"maxLength=2000"`
}

func (s *Server) decideApproval(verdict string) func(*Call) error {
	return func(c *Call) error {
		var in ApprovalDecision
		if err := c.Decode(&in); err != nil {
			return err
		}
		hash, err := hex.DecodeString(in.ContentHash)
		if err != nil {
			return problem.Invalid(problem.Field{Field: "content_hash", Message: "must be hexadecimal"})
		}
		return s.moveApproval(c, func(tx pgx.Tx, now time.Time) (query.Approval, error) {
			return approvals.Decide(c.Ctx(), tx, now, c.Actor(), approvals.Decision{
				ApprovalID: c.ID("id"), UserID: c.Principal.UserID, Verdict: verdict, Hash: hash, Reason: in.Reason,
			})
		})
	}
}

func (s *Server) delegateApproval(c *Call) error {
	var in ApprovalDelegation
	if err := c.Decode(&in); err != nil {
		return err
	}
	return s.moveApproval(c, func(tx pgx.Tx, now time.Time) (query.Approval, error) {
		return approvals.Delegate(c.Ctx(), tx, now, c.Actor(), approvals.Delegation{
			ApprovalID: c.ID("id"), UserID: c.Principal.UserID, To: in.To, Reason: in.Reason,
		})
	})
}

// moveApproval carries out what a decider wants, in their name.
func (s *Server) moveApproval(c *Call, move func(pgx.Tx, time.Time) (query.Approval, error)) error {
	if c.Principal.UserID == uuid.Nil {
		return problem.Forbidden("Decisions are taken by people: use an API key that belongs to an active user.")
	}
	var moved query.Approval
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		moved, err = move(tx, s.clock.Now().Truncate(time.Microsecond))
		return err
	})
	var refused *approvals.RefusedError
	switch {
	case errors.Is(err, approvals.ErrUnknown):
		return problem.NotFound("approval", c.Param("id"))
	case errors.As(err, &refused) && refused.Forbidden:
		return problem.New(http.StatusForbidden, refused.Code, "This is not yours to decide", refused.Detail)
	case errors.As(err, &refused):
		return problem.Conflict(refused.Code, refused.Detail)
	case err != nil:
		return err
	}
	s.wake()
	return s.showApproval(c, moved)
}
