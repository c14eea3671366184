package api

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Approval is a decision that people have to take. ContentHash binds what they saw to what they say.
type Approval struct {
	ID            uuid.UUID         `json:"id"`
	Kind          string            `json:"kind"`
	SubjectKind   string            `json:"subject_kind"`
	SubjectID     uuid.UUID         `json:"subject_id"`
	Revision      int32             `json:"revision" jsonschema_description:"of the subject's terms"`
	Content       json.RawMessage   `json:"content" jsonschema_description:"what is to be approved"`
	ContentHash   string            `json:"content_hash" jsonschema_description:"SHA-256 of the content, its members sorted by name and without blanks, in hexadecimal"`
	Policy        string            `json:"policy"`
	PolicyVersion int32             `json:"policy_version"`
	Rule          json.RawMessage   `json:"rule" jsonschema_description:"groups of deciders; each has to agree: one of them, all, or a quorum"`
	RequestedBy   *uuid.UUID        `json:"requested_by,omitempty"`
	State         string            `json:"state" jsonschema:"enum=open,enum=approved,enum=rejected,enum=voided,enum=expired,enum=withdrawn"`
	Reason        string            `json:"reason,omitempty"`
	Seats         []ApprovalSeat    `json:"seats"`
	ExpiresAt     time.Time         `json:"expires_at"`
	DecidedAt     *time.Time        `json:"decided_at,omitempty"`
	CreatedAt     time.Time         `json:"created_at"`
	Links         map[string]string `json:"links"`
}

// ApprovalSeat is that of one decider. One that was handed on stays on record.
type ApprovalSeat struct {
	User        uuid.UUID  `json:"user"`
	State       string     `json:"state" jsonschema:"enum=waiting,enum=approved,enum=rejected,enum=delegated"`
	Why         string     `json:"why" jsonschema:"enum=policy,enum=delegated,enum=absent,enum=escalated"`
	From        *uuid.UUID `json:"from,omitempty" jsonschema_description:"whose seat it was"`
	Reason      string     `json:"reason,omitempty"`
	ContentHash string     `json:"content_hash,omitempty" jsonschema_description:"of what the decider had before them"`
	DecidedAt   *time.Time `json:"decided_at,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
}

type approvalFilter struct {
	Paging
	Assignee uuid.UUID `json:"assignee,omitzero" jsonschema_description:"a user's id: their seats; of open approvals, those that wait for them"`
	State    string    `json:"state,omitempty" jsonschema:"enum=open,enum=approved,enum=rejected,enum=voided,enum=expired,enum=withdrawn"`
}

func (s *Server) approvalOperations() []*Operation {
	decided := []Answer{answer[Approval](200, "The approval as it stands now.")}
	rules := "The API key has to belong to a user who holds a waiting seat, and never to the one who asked (403). " +
		"content_hash is that of the content which the decider saw; another one is answered with 409, and so is whatever comes too late."
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/approvals", ID: "listApprovals", Tag: "approvals", Access: access.ApprovalsRead, Query: typeOf[approvalFilter](),
			Summary: "List approvals, the newest first", Answers: []Answer{answer[Page[Approval]](200, "A page of approvals.")}, Handle: s.listApprovals,
		},
		{
			Method: http.MethodGet, Path: "/v1/approvals/{id}", ID: "getApproval", Tag: "approvals", Access: access.ApprovalsRead,
			Summary: "Read what is to be approved, by whom, and what was decided", Answers: []Answer{answer[Approval](200, "The approval.")}, Handle: s.getApproval,
		},
		{
			Method: http.MethodPost, Path: "/v1/approvals/{id}/approve", ID: "approveApproval", Tag: "approvals", Access: access.ApprovalsDecide,
			Summary: "Agree", Description: rules, Body: jsonBody(exampleDecision), Answers: decided, Handle: s.decideApproval(approvals.Approved),
		},
		{
			Method: http.MethodPost, Path: "/v1/approvals/{id}/reject", ID: "rejectApproval", Tag: "approvals", Access: access.ApprovalsDecide,
			Summary: "Refuse", Description: rules, Body: jsonBody(exampleDecision), Answers: decided, Handle: s.decideApproval(approvals.Rejected),
		},
		{
			Method: http.MethodPost, Path: "/v1/approvals/{id}/delegate", ID: "delegateApproval", Tag: "approvals", Access: access.ApprovalsDecide,
			Summary: "Give one's seat to somebody else", Description: "Whose seat it was stays on record.",
			Body: jsonBody(ApprovalDelegation{To: uuid.Max, Reason: "knows the customer"}), Answers: decided, Handle: s.delegateApproval,
		},
	}
}

func (s *Server) listApprovals(c *Call) error {
	var f approvalFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("approvals", f.Assignee, f.State)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListApprovalPageParams{Assignee: db.NullID(f.Assignee), State: db.NullText(f.State), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.After, arg.AfterAt, arg.AfterID = true, place.At, place.ID
	}
	rows, err := query.New().ListApprovalPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list approvals: %w", err)
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	seats, err := query.New().ListApprovalSeats(c.Ctx(), s.pool, ids)
	if err != nil {
		return fmt.Errorf("list the seats of approvals: %w", err)
	}
	view := func(a query.Approval) Approval { return approvalView(a, seats) }
	return c.OK(page(list, f.limit(), rows, view, func(a query.Approval) timePlace { return timePlace{a.CreatedAt, a.ID} }))
}

func (s *Server) getApproval(c *Call) error {
	a, err := query.New().GetApproval(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("approval", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read an approval: %w", err)
	}
	return s.showApproval(c, a)
}

func (s *Server) showApproval(c *Call, a query.Approval) error {
	seats, err := query.New().ListApprovalSeats(c.Ctx(), s.pool, []uuid.UUID{a.ID})
	if err != nil {
		return fmt.Errorf("read the seats of an approval: %w", err)
	}
	return c.OK(approvalView(a, seats))
}

func approvalView(a query.Approval, seats []query.ApprovalSeat) Approval {
	self := link("v1/approvals", a.ID.String())
	v := Approval{
		ID: a.ID, Kind: a.Kind, SubjectKind: a.SubjectKind, SubjectID: a.SubjectID, Revision: a.Revision, Content: a.Content,
		ContentHash: hex.EncodeToString(a.ContentHash), Policy: a.Policy, PolicyVersion: a.PolicyVersion, Rule: a.Rule, RequestedBy: id(a.RequestedBy),
		State: a.State, Reason: db.Text(a.Reason), Seats: []ApprovalSeat{}, ExpiresAt: a.ExpiresAt.UTC(), DecidedAt: utc(a.DecidedAt), CreatedAt: a.CreatedAt.UTC(),
		Links: map[string]string{"self": self},
	}
	for _, s := range seats {
		if s.ApprovalID == a.ID {
			v.Seats = append(v.Seats, ApprovalSeat{
				User: s.UserID, State: s.State, Why: s.Why, From: id(s.FromUserID), Reason: db.Text(s.Reason),
				ContentHash: hex.EncodeToString(s.ContentHash), DecidedAt: utc(s.DecidedAt), CreatedAt: s.CreatedAt.UTC(),
			})
		}
	}
	if a.State == approvals.Open {
		for _, verb := range []string{"approve", "reject", "delegate"} {
			v.Links[verb] = self + "/" + verb
		}
	}
	return v
}
