package approvals

import (
	"slices"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
)

// States of an approval, and of a seat (waiting, delegated).
const (
	Open      = "open"
	Approved  = "approved"
	Rejected  = "rejected"
	Voided    = "voided"    // what was to be approved has changed
	Expired   = "expired"   // nobody decided in time
	Withdrawn = "withdrawn" // nobody needs the decision any more

	Waiting   = "waiting"
	Delegated = "delegated" // handed on: the seat of whoever got it counts
)

// Why somebody has a seat.
const (
	ByPolicy   = "policy"
	ByDelegate = "delegated"
	ByAbsence  = "absent"
	ByOverdue  = "escalated"
)

// Group is a step of a policy with its deciders: those who were chosen first, whoever decides for them now.
type Group struct {
	Mode   string      `json:"mode"`
	Quorum int         `json:"quorum,omitempty"`
	Of     []uuid.UUID `json:"of"`
}

// Rule is what an approval takes: every group has to agree.
type Rule []Group

// Result is what the decisions so far come to: Open, Approved or Rejected.
func (r Rule) Result(seats []query.ApprovalSeat) string {
	result := Approved
	for _, g := range r {
		switch g.result(seats) {
		case Rejected:
			return Rejected
		case Open:
			result = Open
		}
	}
	return result
}

func (g Group) result(seats []query.ApprovalSeat) string {
	n := map[string]int{}
	for _, user := range g.Of {
		n[holder(seats, user).State]++
	}
	needed := map[string]int{Single: 1, All: len(g.Of), Quorum: g.Quorum}[g.Mode]
	switch {
	case g.Mode != Quorum && n[Rejected] > 0, n[Approved]+n[Waiting] < needed:
		return Rejected
	case n[Approved] >= needed:
		return Approved
	}
	return Open
}

// reachable says whether so many deciders can agree at all.
func (g Group) reachable() bool { return len(g.Of) > 0 && g.Quorum <= len(g.Of) }

// holder is the seat of whoever decides for a user: theirs, or where it was handed on to.
func holder(seats []query.ApprovalSeat, user uuid.UUID) query.ApprovalSeat {
	for range seats { // a seat is handed on to somebody who had none, so there is no circle
		i := slices.IndexFunc(seats, func(s query.ApprovalSeat) bool { return s.UserID == user })
		if i < 0 || seats[i].State != Delegated {
			return at(seats, i)
		}
		next := slices.IndexFunc(seats, func(s query.ApprovalSeat) bool { return s.FromUserID.Valid && s.FromUserID.UUID == user })
		if next < 0 {
			break
		}
		user = seats[next].UserID
	}
	return query.ApprovalSeat{}
}

func at(seats []query.ApprovalSeat, i int) query.ApprovalSeat {
	if i < 0 {
		return query.ApprovalSeat{}
	}
	return seats[i]
}

// seatOf finds a user's seat.
func seatOf(seats []query.ApprovalSeat, user uuid.UUID) (query.ApprovalSeat, bool) {
	i := slices.IndexFunc(seats, func(s query.ApprovalSeat) bool { return s.UserID == user })
	return at(seats, i), i >= 0
}
