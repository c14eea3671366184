package approvals

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/money"
)

var users = []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}

// seats are those of the users in turn, by their states.
func seats(states ...string) (out []query.ApprovalSeat) {
	for i, s := range states {
		out = append(out, query.ApprovalSeat{UserID: users[i], State: s})
	}
	return out
}

func TestResult(t *testing.T) {
	t.Parallel()
	const w, y, n = Waiting, Approved, Rejected
	three := users[:3]
	for name, test := range map[string]struct {
		rule  Rule
		seats []query.ApprovalSeat
		want  string
	}{
		"single: nobody yet":         {Rule{{Mode: Single, Of: three}}, seats(w, w, w), Open},
		"single: the first yes":      {Rule{{Mode: Single, Of: three}}, seats(w, y, w), Approved},
		"single: the first no":       {Rule{{Mode: Single, Of: three}}, seats(w, n, w), Rejected},
		"all: one is missing":        {Rule{{Mode: All, Of: three}}, seats(y, y, w), Open},
		"all":                        {Rule{{Mode: All, Of: three}}, seats(y, y, y), Approved},
		"all: one rejection":         {Rule{{Mode: All, Of: three}}, seats(w, n, w), Rejected},
		"quorum: not yet":            {Rule{{Mode: Quorum, Quorum: 2, Of: three}}, seats(y, w, w), Open},
		"quorum: in spite of one no": {Rule{{Mode: Quorum, Quorum: 2, Of: three}}, seats(y, n, y), Approved},
		"quorum: still in reach":     {Rule{{Mode: Quorum, Quorum: 2, Of: three}}, seats(w, n, w), Open},
		"quorum: out of reach":       {Rule{{Mode: Quorum, Quorum: 2, Of: three}}, seats(y, n, n), Rejected},
		"two groups: one is missing": {Rule{{Mode: Single, Of: users[:1]}, {Mode: Single, Of: users[1:3]}}, seats(y, w, w), Open},
		"two groups":                 {Rule{{Mode: Single, Of: users[:1]}, {Mode: Single, Of: users[1:3]}}, seats(y, w, y), Approved},
		"two groups: one no":         {Rule{{Mode: Single, Of: users[:1]}, {Mode: Single, Of: users[1:3]}}, seats(y, n, w), Rejected},
		"the same in both groups":    {Rule{{Mode: Single, Of: users[:1]}, {Mode: All, Of: users[:1]}}, seats(y), Approved},
	} {
		require.Equal(t, test.want, test.rule.Result(test.seats), name)
	}
}

// Whoever holds a seat in the end decides for the one who was chosen.
func TestASeatThatWasHandedOn(t *testing.T) {
	t.Parallel()
	list := seats(Delegated, Delegated, Waiting)
	list[1].FromUserID = uuid.NullUUID{UUID: users[0], Valid: true}
	list[2].FromUserID = uuid.NullUUID{UUID: users[1], Valid: true}
	rule := Rule{{Mode: All, Of: users[:1]}}
	require.Equal(t, Open, rule.Result(list))
	list[2].State = Approved
	require.Equal(t, Approved, rule.Result(list))
	list[2].State = Rejected
	require.Equal(t, Rejected, rule.Result(list))
}

// Decisions only ever bring an approval nearer to its end: once decided, no further decision changes the result.
func TestAResultStands(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]string{Single, All, Quorum}).Draw(t, "mode")
		g := Group{Mode: mode, Of: users}
		if mode == Quorum {
			g.Quorum = rapid.IntRange(1, len(users)).Draw(t, "quorum")
		}
		list := seats(Waiting, Waiting, Waiting, Waiting)
		for _, i := range rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "order") {
			before := Rule{g}.Result(list)
			list[i].State = rapid.SampledFrom([]string{Approved, Rejected}).Draw(t, "decision")
			after := Rule{g}.Result(list)
			if before == Approved && mode == Quorum || before == Rejected {
				require.Equal(t, before, after)
			}
		}
		require.NotEqual(t, Open, Rule{g}.Result(list), "when all have decided it is decided")
	})
}

func TestStepsApplyByAmountAndDiscount(t *testing.T) {
	t.Parallel()
	step := Step{AboveMinor: 1000, Currency: "EUR", AbovePermille: 200}
	for name, test := range map[string]struct {
		minor    int64
		currency string
		permille int
		want     bool
	}{
		"within both":                {1000, "EUR", 200, false},
		"too much":                   {1001, "EUR", 0, true},
		"too cheap":                  {1, "EUR", 201, true},
		"cannot be compared":         {1, "USD", 0, true},
		"nothing in the one it says": {0, "EUR", 0, false},
	} {
		require.Equal(t, test.want, step.applies(money.Amount{Minor: test.minor, Currency: test.currency}, test.permille), name)
	}
	require.True(t, Step{}.applies(money.Amount{}, 0))
	require.False(t, Step{AbovePermille: 10}.applies(money.Amount{Minor: 5, Currency: "USD"}, 10))
}

func TestPoliciesAreChecked(t *testing.T) {
	t.Parallel()
	standard, err := Policies.At(t.Context(), nil, "price", 0)
	require.NoError(t, err)
	require.Empty(t, checkPolicy(standard))
	for field, spoil := range map[string]func(*Policy){
		"steps":                     func(p *Policy) { p.Steps = nil },
		"steps[0].mode":             func(p *Policy) { p.Steps[0].Mode = "most" },
		"steps[0].quorum":           func(p *Policy) { p.Steps[0].Quorum = 1 },
		"steps[0].deciders":         func(p *Policy) { p.Steps[0].Deciders = nil },
		"steps[0].deciders[0]":      func(p *Policy) { p.Steps[0].Deciders[0].Role = "admin" },
		"steps[1].deciders[0].role": func(p *Policy) { p.Steps[1].Deciders[0].Role = "king" },
		"steps[1].currency":         func(p *Policy) { p.Steps[1].Currency = "" },
		"steps[1].above_permille":   func(p *Policy) { p.Steps[1].AbovePermille = 1001 },
		"expires_after":             func(p *Policy) { p.ExpiresAfter = "0d"; p.Reminders, p.EscalateAfter = nil, "" },
		"reminders[1]":              func(p *Policy) { p.Reminders[1] = "7d" },
		"escalate_after":            func(p *Policy) { p.EscalateAfter = "9d" },
	} {
		raw, err := json.Marshal(standard)
		require.NoError(t, err)
		var p Policy
		require.NoError(t, json.Unmarshal(raw, &p))
		spoil(&p)
		var fields []string
		for _, problem := range checkPolicy(p) {
			fields = append(fields, problem.Field)
		}
		require.Equal(t, []string{field}, fields)
	}
}

func TestTheHashIsThatOfTheContentAndNotOfItsForm(t *testing.T) {
	t.Parallel()
	hash := func(s string) string {
		h, err := Hash(json.RawMessage(s))
		require.NoError(t, err, s)
		return string(h)
	}
	same := hash(`{"b": [1, 2], "a": {"y": "<x>", "x": -3}}`)
	require.Equal(t, same, hash("{\"a\":{\"x\":-3,\"y\":\"<x>\"},\n\"b\":[1,2]}"))
	require.NotEqual(t, same, hash(`{"b": [2, 1], "a": {"y": "<x>", "x": -3}}`))
	require.NotEqual(t, same, hash(`{"b": [1, 2], "a": {"y": "<x>", "x": 3}}`))
	canonical, err := Canonical(json.RawMessage(`{"b": 1, "a": "<>&"}`))
	require.NoError(t, err)
	require.Equal(t, `{"a":"<>&","b":1}`, string(canonical))
	for _, bad := range []string{``, `{`, `{} {}`, `{"a": 1.5}`, `[1e2]`, `{"a": {"b": [-0]}}`, `[01]`} {
		_, err := Hash(json.RawMessage(bad))
		require.Error(t, err, bad)
	}
}
