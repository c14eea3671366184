package collection_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/collection"
)

const day = 24 * time.Hour

var (
	monday   = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	customer = uuid.New()
	invoice  = uuid.New()
	second   = uuid.New()
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

// scene is a house with one customer who owes 120 euros by the standard plan. The books are those of the test; what is
// judged of them is judged by the real thing.
type scene struct {
	*processtest.Env
	t    *testing.T
	plan collecting.Plan

	mu      sync.Mutex
	account collecting.Account
	version int64
	refuse  map[provider.Channel]string // reasons
	before  func(messages.Message)      // in the moment before a message would leave
	after   func(messages.Message)      // in the moment after
	answers map[string]answer           // of people, by kind of task; kinds without one wait
	given   map[uuid.UUID]tasks.Brief
	ending  string

	left  []string // day and template of what left
	asked []string // day and kind of the tasks
	off   int      // tasks called off
	last  uuid.UUID
}

type answer struct {
	after   time.Duration
	outcome string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, refuse: map[provider.Channel]string{}, answers: map[string]answer{}, given: map[uuid.UUID]tasks.Brief{}}
	raw, _ := collecting.Plans.Standard(collecting.PlanStandard)
	require.NoError(t, json.Unmarshal(raw, &s.plan))
	s.account = collecting.Account{
		Known: true, Zone: time.UTC, Paid: map[uuid.UUID]int64{},
		Due: []collecting.Owed{{InvoiceID: invoice, Left: eur(12000), DueOn: monday.AddDate(0, 0, -1)}},
	}
	s.Env = processtest.New(t, collection.Process, s.people("task"), s.people("approval"))
	s.SetStartTime(monday)
	processtest.Stub(s.Env, collecting.Look, s.look)
	processtest.Stub(s.Env, messages.Send, s.send)
	processtest.Stub(s.Env, messages.Withdraw, processtest.Returns[messages.Withdrawal](struct{}{}))
	processtest.Stub(s.Env, tasks.Give, func(b tasks.Brief) (tasks.Opened, error) { return tasks.Opened{TaskID: s.give(b.Kind, b)}, nil })
	processtest.Stub(s.Env, tasks.CallOff, func(tasks.Named) (struct{}, error) { s.off++; return struct{}{}, nil })
	processtest.Stub(s.Env, approving.Ask, func(r approving.Request) (approving.Asked, error) {
		return approving.Asked{ApprovalID: s.give("approval", tasks.Brief{Kind: "approval", Context: map[string]string{"amount": r.Amount.String()}})}, nil
	})
	processtest.Stub(s.Env, approving.Withdraw, processtest.Returns[uuid.UUID](approving.Standing{State: work.Withdrawn}))
	processtest.Stub(s.Env, collecting.Break, func(collecting.Promise) (struct{}, error) {
		s.changes(func(a *collecting.Account) { a.Promise, a.Broken = nil, a.Broken+1 })
		return struct{}{}, nil
	})
	processtest.Stub(s.Env, collecting.Settle, func(d collecting.Dispute) (struct{}, error) { s.disputes(d, false); return struct{}{}, nil })
	processtest.Stub(s.Env, collecting.Contest, func(d collecting.Dispute) (struct{}, error) { s.disputes(d, true); return struct{}{}, nil })
	processtest.Stub(s.Env, collecting.WriteOffDebt, func(l collecting.Loss) (collecting.Written, error) {
		s.mu.Lock()
		stands := l.Fence.Version == s.version
		s.mu.Unlock()
		if stands {
			s.changes(func(a *collecting.Account) { a.Due = nil })
		}
		return collecting.Written{Done: stands}, nil
	})
	processtest.Stub(s.Env, collecting.Close, func(e collecting.Ending) (struct{}, error) { s.ending = e.Outcome; return struct{}{}, nil })
	return s
}

func (s *scene) look(f collecting.File) (collecting.Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	require.True(s.t, f.Since.IsZero() || !f.Now.Before(f.Since))
	out := collecting.Judge(s.plan, f, s.account)
	out.Plan, out.Fence = collecting.PlanStandard, fence.Token{Kind: "account", ID: customer, Version: s.version}
	return out, nil
}

func (s *scene) send(m messages.Message) (messages.Receipt, error) {
	if s.before != nil {
		s.before(m)
	}
	receipt := s.leave(m)
	if s.after != nil {
		s.after(m)
	}
	return receipt, nil
}

func (s *scene) leave(m messages.Message) messages.Receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Fence.Version != s.version {
		return messages.Receipt{State: messages.Refused, Reason: messages.Overtaken}
	}
	channel := m.Channel
	if channel == "" {
		channel = provider.Email
	}
	if reason := s.refuse[channel]; reason != "" {
		return messages.Receipt{State: messages.Refused, Reason: reason}
	}
	s.last = uuid.New()
	s.left = append(s.left, s.when()+" "+m.Template)
	return messages.Receipt{MessageID: s.last, State: messages.Sent, Channel: channel}
}

// when is the day of now, from 0.
func (s *scene) when() string { return fmt.Sprint(int(s.Now().Sub(monday) / day)) }

func (s *scene) give(kind string, b tasks.Brief) uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := uuid.New()
	s.given[id] = b
	s.asked = append(s.asked, s.when()+" "+kind)
	return id
}

// people is a process that ends as somebody of the house answers.
func (s *scene) people(name string) process.Definition {
	type input struct {
		TaskID     uuid.UUID `json:"task_id"`
		ApprovalID uuid.UUID `json:"approval_id"`
	}
	return process.New(name, func(ctx workflow.Context, in input) (work.Done, error) {
		id := in.TaskID
		if id == uuid.Nil {
			id = in.ApprovalID
		}
		limit := process.Forever()
		a, there := s.task(id)
		if there {
			limit = process.For(a.after)
		}
		if process.AwaitAny(ctx, "Somebody answers", limit) == "" {
			return work.Done{}, temporal.NewCanceledError()
		}
		if name == "approval" {
			return work.Done{Status: a.outcome}, nil
		}
		return work.Done{Status: work.Completed, Outcome: a.outcome}, nil
	}, process.OneRunPer(func(in input) string { return in.TaskID.String() + in.ApprovalID.String() }))
}

func (s *scene) task(id uuid.UUID) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.answers[s.given[id].Kind]
	return a, there
}

// changes lets the books change and tells the run.
func (s *scene) changes(change func(*collecting.Account)) {
	s.mu.Lock()
	change(&s.account)
	s.version++
	s.mu.Unlock()
	processtest.Signal(s.Env, collection.Changed, "", collection.News{})
}

func (s *scene) later(after time.Duration, change func(*collecting.Account)) {
	s.After(after, func() { s.changes(change) })
}

func (s *scene) disputes(d collecting.Dispute, disputed bool) {
	s.changes(func(a *collecting.Account) {
		for i := range a.Due {
			for _, id := range d.Invoices {
				if a.Due[i].InvoiceID == id {
					a.Due[i].Disputed = disputed
				}
			}
		}
	})
}

// paid is a payment of the first invoice.
func paid(minor int64) func(*collecting.Account) {
	return func(a *collecting.Account) {
		a.Paid[invoice] += minor
		a.Promise = nil
		for i := range a.Due {
			if a.Due[i].InvoiceID != invoice {
				continue
			}
			if a.Due[i].Left.Minor -= minor; a.Due[i].Left.Minor <= 0 {
				a.Credit = eur(-a.Due[i].Left.Minor)
				a.Due = append(a.Due[:i:i], a.Due[i+1:]...)
			}
			return
		}
	}
}

func promised(on time.Time) func(*collecting.Account) {
	return func(a *collecting.Account) {
		a.Promise = &collecting.Pledge{PromiseID: uuid.New(), On: on.Truncate(day)}
	}
}

func (s *scene) reacts(after time.Duration, kind journey.Kind) {
	s.After(after, func() {
		processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: s.last, Kind: kind})
	})
}

func (s *scene) opens(after time.Duration) {
	s.After(after, func() { processtest.Signal(s.Env, collection.Visited, "", collection.Visit{}) })
}

// end runs the collection to its end and returns the outcome.
func (s *scene) end() string {
	s.t.Helper()
	s.Run(collection.Process, collection.Input{ContactID: customer, InvoiceID: invoice})
	require.NoError(s.t, s.GetWorkflowError())
	var out collection.Outcome
	require.NoError(s.t, s.GetWorkflowResult(&out))
	require.Equal(s.t, out.Status, s.ending)
	return out.Status
}

// lasted is how many days the run took.
func (s *scene) lasted() time.Duration { return s.Ended().At.Sub(monday).Round(time.Hour) }
