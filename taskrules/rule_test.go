package taskrules_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/taskrules"
)

func number(n float64) *float64 { return &n }

func TestFires(t *testing.T) {
	t.Parallel()
	facts := taskrules.Facts{"event.word": "detractor", "lead.score": "81", "lead.tier": "hot", "deal.amount_minor": "250000"}
	hot := taskrules.Condition{Fact: "lead.tier", In: []string{"Hot", "warm"}}
	for name, test := range map[string]struct {
		rule taskrules.Rule
		want bool
	}{
		"no condition":       {taskrules.Rule{}, true},
		"switched off":       {taskrules.Rule{Off: true}, false},
		"one of several":     {taskrules.Rule{When: []taskrules.Condition{hot}}, true},
		"the other way":      {taskrules.Rule{When: []taskrules.Condition{{Fact: "lead.tier", In: []string{"hot"}, Not: true}}}, false},
		"at least":           {taskrules.Rule{When: []taskrules.Condition{{Fact: "lead.score", Min: number(81)}}}, true},
		"more than it is":    {taskrules.Rule{When: []taskrules.Condition{{Fact: "lead.score", Min: number(82)}}}, false},
		"at most":            {taskrules.Rule{When: []taskrules.Condition{{Fact: "deal.amount_minor", Max: number(250_000)}}}, true},
		"all have to be met": {taskrules.Rule{When: []taskrules.Condition{hot, {Fact: "event.word", In: []string{"promoter"}}}}, false},
		"not known":          {taskrules.Rule{When: []taskrules.Condition{{Fact: "deal.stage", In: []string{"offer"}}}}, false},
		"not known, and not": {taskrules.Rule{When: []taskrules.Condition{{Fact: "deal.stage", In: []string{"offer"}, Not: true}}}, true},
		"not a number":       {taskrules.Rule{When: []taskrules.Condition{{Fact: "lead.tier", Min: number(0)}}}, false},
	} {
		require.Equal(t, test.want, test.rule.Fires(facts), name)
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	about := taskrules.About{ContactID: uuid.New(), LeadID: uuid.New(), DealID: uuid.New()}
	by := tasks.Rule{Name: "hot", Version: 2, EventID: uuid.New()}
	r := taskrules.Rule{Task: taskrules.Template{Kind: "call", Title: "Call", For: tasks.Team, Team: "sales", Within: "3d", Priority: tasks.High}}
	require.Equal(t, tasks.Brief{
		Kind: "call", Title: "Call", For: tasks.Team, Team: "sales", Days: 3, Priority: tasks.High, Rule: &by,
		ContactID: about.ContactID, LeadID: about.LeadID, DealID: about.DealID,
	}, r.Brief(by, about))
	r.Task.Within = "90m"
	b := r.Brief(by, about)
	require.Equal(t, 90*time.Minute, b.Within)
	require.Zero(t, b.Days)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		fields []string
	}{
		"right":            {`{"on":"survey.answered","when":[{"fact":"event.word","in":["detractor"]}],"task":{"kind":"call","title":"Call","for":"owner"}}`, nil},
		"nothing":          {`{}`, []string{"on", "task.kind", "task.title", "task.for"}},
		"without end":      {`{"on":"task.opened","task":{"kind":"call","title":"Call","for":"owner"}}`, []string{"on"}},
		"an unknown fact":  {`{"on":"a.b","when":[{"fact":"lead.shoe","in":["9"]}],"task":{"kind":"call","title":"Call","for":"owner"}}`, []string{"when[0]"}},
		"an empty test":    {`{"on":"a.b","when":[{"fact":"lead.tier"}],"task":{"kind":"call","title":"Call","for":"owner"}}`, []string{"when[0]"}},
		"no user":          {`{"on":"a.b","task":{"kind":"call","title":"Call","for":"user"}}`, []string{"task.user"}},
		"a team too many":  {`{"on":"a.b","task":{"kind":"call","title":"Call","for":"owner","team":"sales"}}`, []string{"task.team"}},
		"a span":           {`{"on":"a.b","task":{"kind":"call","title":"Call","for":"owner","within":"soon","priority":"asap"}}`, []string{"task.within", "task.priority"}},
		"an unknown field": {`{"on":"a.b","whenever":1}`, []string{""}},
	} {
		var fields []string
		for _, p := range taskrules.Kind.Check(json.RawMessage(test.body)) {
			fields = append(fields, p.Field)
		}
		require.Equal(t, test.fields, fields, name)
	}
}
