package routing

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
)

// The strategies of a rule.
const (
	RoundRobin  = "round_robin"  // who has waited longest
	LeastLoaded = "least_loaded" // who carries the smallest share of their capacity
)

// Roster is the active representatives of some teams and what they carry, kept up to date while leads are given out.
type Roster struct {
	people []*query.ListTeamLoadsRow
	given  map[uuid.UUID]int
	latest time.Time
}

// NewRoster takes the representatives as they were read under the teams' locks.
func NewRoster(rows []query.ListTeamLoadsRow) *Roster {
	r := &Roster{given: map[uuid.UUID]int{}}
	for i := range rows {
		r.people = append(r.people, &rows[i])
		if at := rows[i].LastAssignedAt; at != nil && at.After(r.latest) {
			r.latest = *at
		}
	}
	return r
}

// Give chooses the representative for a lead by the first of the rules whose team has somebody free: active there,
// below capacity, responsible for the country and not among those to leave out. It is false when nobody is.
func (r *Roster) Give(rules []query.AssignmentRule, country string, except []uuid.UUID, now time.Time) (uuid.UUID, bool) {
	for _, rule := range rules {
		var best *query.ListTeamLoadsRow
		for _, p := range r.people {
			if p.Team != rule.Team || p.OpenLeads >= p.Capacity || !serves(p.Territories, country) || slices.Contains(except, p.ID) {
				continue
			}
			if best == nil || before(p, best, rule.Strategy) {
				best = p
			}
		}
		if best != nil {
			r.take(best, now)
			return best.ID, true
		}
	}
	return uuid.Nil, false
}

// take books the lead. The instants of a roster are all different, so that the order is clear within one clock reading.
func (r *Roster) take(p *query.ListTeamLoadsRow, now time.Time) {
	if !now.After(r.latest) {
		now = r.latest.Add(time.Microsecond) // what PostgreSQL can tell apart
	}
	r.latest = now
	p.OpenLeads++
	p.LastAssignedAt = &now
	r.given[p.ID]++
}

// Given lists what Give booked: by representative, how many and when last.
func (r *Roster) Given(each func(id uuid.UUID, leads int, last time.Time)) {
	for _, p := range r.people {
		if n := r.given[p.ID]; n > 0 {
			each(p.ID, n, *p.LastAssignedAt)
		}
	}
}

// serves reports whether somebody with these territories takes leads from the country. Unknown countries are everybody's.
func serves(territories []string, country string) bool {
	return country == "" || lists(territories, country)
}

func before(a, b *query.ListTeamLoadsRow, strategy string) bool {
	if strategy == LeastLoaded {
		// Shares compared without division: a.open/a.capacity < b.open/b.capacity.
		x, y := int64(a.OpenLeads)*int64(b.Capacity), int64(b.OpenLeads)*int64(a.Capacity)
		if x != y {
			return x < y
		}
	}
	switch x, y := a.LastAssignedAt, b.LastAssignedAt; {
	case x == nil || y == nil:
		return x == nil && y != nil // the list is in the order of ids, which breaks the tie
	default:
		return x.Before(*y)
	}
}
