package routing_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/db/query"
)

var now = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func somebody(team string, open, capacity int32, waited time.Duration, territories ...string) query.ListTeamLoadsRow {
	row := query.ListTeamLoadsRow{ID: uuid.New(), Team: team, OpenLeads: open, Capacity: capacity, Territories: territories}
	if waited > 0 {
		at := now.Add(-waited)
		row.LastAssignedAt = &at
	}
	return row
}

func TestMatching(t *testing.T) {
	t.Parallel()
	rules := []query.AssignmentRule{
		{Name: "fair", Sources: []string{"fair"}, Team: "events"},
		{Name: "french calls", Countries: []string{"FR"}, Channels: []string{"call"}, Team: "france"},
		{Name: "rest", Team: "sales"},
	}
	for name, test := range map[string]struct {
		lead routing.Lead
		want []string
	}{
		"nothing known": {routing.Lead{}, []string{"sales"}},
		"fair":          {routing.Lead{Source: "FAIR", Channel: "form"}, []string{"events", "sales"}},
		"french call":   {routing.Lead{Country: "fr", Channel: "call", Source: "fair"}, []string{"events", "france", "sales"}},
		"french form":   {routing.Lead{Country: "FR", Channel: "form"}, []string{"sales"}},
	} {
		require.Equal(t, test.want, routing.Teams(routing.Matching(rules, test.lead)), name)
	}
}

func TestGive(t *testing.T) {
	t.Parallel()
	people := []query.ListTeamLoadsRow{
		somebody("sales", 0, 9, time.Hour),
		somebody("sales", 5, 9, 2*time.Hour),
		somebody("sales", 9, 9, 9*time.Hour), // full
		somebody("sales", 8, 9, 0, "AT"),     // never had one
		somebody("north", 0, 1, time.Hour),
	}
	rule := func(team, strategy string) []query.AssignmentRule {
		return []query.AssignmentRule{{Team: team, Strategy: strategy}}
	}
	for name, test := range map[string]struct {
		rules   []query.AssignmentRule
		country string
		except  []uuid.UUID
		want    int // index, or -1 for nobody
	}{
		"who never had one":     {rule("sales", routing.RoundRobin), "", nil, 3},
		"who waited longest":    {rule("sales", routing.RoundRobin), "DE", nil, 1},
		"the smallest share":    {rule("sales", routing.LeastLoaded), "AT", nil, 0},
		"not whom to leave out": {rule("sales", routing.LeastLoaded), "DE", []uuid.UUID{people[0].ID}, 1},
		"the next rule's team":  {append(rule("south", routing.RoundRobin), rule("north", routing.RoundRobin)...), "", nil, 4},
		"nobody":                {rule("south", routing.RoundRobin), "", nil, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := append([]query.ListTeamLoadsRow(nil), people...)
			got, found := routing.NewRoster(rows).Give(test.rules, test.country, test.except, now)
			require.Equal(t, test.want >= 0, found)
			if found {
				require.Equal(t, people[test.want].ID, got)
			}
		})
	}
}

// At one reading of the clock many leads are given out, each still in turn, up to everybody's capacity.
func TestGivingManyAtOneInstant(t *testing.T) {
	t.Parallel()
	people := []query.ListTeamLoadsRow{somebody("sales", 0, 3, 0), somebody("sales", 0, 5, 0), somebody("sales", 1, 5, 0)}
	roster := routing.NewRoster(people)
	rules := []query.AssignmentRule{{Team: "sales", Strategy: routing.RoundRobin}}
	var order []uuid.UUID
	for range 12 {
		id, found := roster.Give(rules, "", nil, now)
		require.True(t, found)
		order = append(order, id)
	}
	require.Equal(t, order[:3], order[3:6])
	_, found := roster.Give(rules, "", nil, now)
	require.False(t, found)
	given := map[uuid.UUID]int{}
	var last []time.Time
	roster.Given(func(id uuid.UUID, leads int, at time.Time) {
		given[id] = leads
		last = append(last, at)
	})
	require.Equal(t, map[uuid.UUID]int{people[0].ID: 3, people[1].ID: 5, people[2].ID: 4}, given)
	require.Len(t, last, 3)
	require.NotEqual(t, last[1], last[2])
}

func TestLockKeysAreInOneOrder(t *testing.T) {
	t.Parallel()
	require.Equal(t, routing.LockKeys([]string{"a", "b", "c"}), routing.LockKeys([]string{"c", "a", "b", "a"}))
}
