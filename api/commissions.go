package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/money"
)

// Commission is what one person earns by one deal, or what was clawed back of it: then the amount is negative.
type Commission struct {
	ID          uuid.UUID    `json:"id"`
	Deal        uuid.UUID    `json:"deal"`
	User        uuid.UUID    `json:"user"`
	Kind        string       `json:"kind" jsonschema:"enum=earned,enum=clawed-back"`
	Amount      money.Amount `json:"amount"`
	Base        money.Amount `json:"base" jsonschema_description:"of the deal, or of its refund"`
	Plan        string       `json:"plan"`
	PlanVersion int32        `json:"plan_version"`
	WonAt       time.Time    `json:"won_at"`
	CreatedAt   time.Time    `json:"created_at"`
	ReversedAt  *time.Time   `json:"reversed_at,omitempty" jsonschema_description:"it counts no more: the deal was not won after all"`
}

type commissionFilter struct {
	Paging
	User uuid.UUID `json:"user,omitzero" jsonschema_description:"a user's id"`
	Deal uuid.UUID `json:"deal,omitzero" jsonschema_description:"a deal's id"`
}

// commissionPlace is a commission's place in the list.
type commissionPlace struct {
	At time.Time `json:"t"`
	ID uuid.UUID `json:"i"`
}

func (s *Server) commissionOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodGet, Path: "/v1/commissions", ID: "listCommissions", Tag: "deals", Access: access.CommissionsRead, Query: typeOf[commissionFilter](),
		Summary: "List commissions and what was clawed back, the newest first",
		Answers: []Answer{answer[Page[Commission]](200, "A page of commissions.")}, Handle: s.listCommissions,
	}}
}

func (s *Server) listCommissions(c *Call) error {
	var f commissionFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("commissions", f.User, f.Deal)
	place, err := readCursor[commissionPlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListCommissionPageParams{UserID: db.NullID(f.User), DealID: db.NullID(f.Deal), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.After, arg.AfterAt, arg.AfterID = true, place.At, place.ID
	}
	rows, err := query.New().ListCommissionPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list commissions: %w", err)
	}
	view := func(r query.Commission) Commission {
		return Commission{
			ID: r.ID, Deal: r.DealID, User: r.UserID, Kind: r.Kind, Amount: money.Amount{Minor: r.AmountMinor, Currency: r.Currency},
			Base: money.Amount{Minor: r.BaseMinor, Currency: r.Currency}, Plan: r.Plan, PlanVersion: r.PlanVersion,
			WonAt: r.WonAt.UTC(), CreatedAt: r.CreatedAt.UTC(), ReversedAt: utc(r.ReversedAt),
		}
	}
	return c.OK(page(list, f.limit(), rows, view, func(r query.Commission) commissionPlace { return commissionPlace{r.CreatedAt, r.ID} }))
}
