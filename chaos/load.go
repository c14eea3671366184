package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/bench/instance"
)

// Kinds of requests.
const (
	leads    = "lead"
	mails    = "message"
	works    = "task completed"
	moves    = "deal changed"
	arrivals = "delivery told"
)

// request is one that was made until it was answered for good.
type request struct {
	kind     string
	id       string // of what it made or changed
	accepted bool
	status   int
	tries    int
	took     time.Duration
}

// load makes requests. What it knows of the house is what it was answered.
type load struct {
	h      *house
	caller *instance.Instance

	mu       sync.Mutex
	random   *rand.Rand
	done     []request
	captured []string // leads whose work nobody has done yet
	people   []string // contacts
	sold     []string // contacts with a deal that nobody has looked up yet
	deals    []string
	number   int
}

func newLoad(h *house, seed uint64) *load {
	return &load{h: h, caller: &instance.Instance{Addresses: h.api}, random: rand.New(rand.NewPCG(seed, 2))}
}

// patience is how long one request is repeated.
const patience = 5 * time.Minute

// run makes requests at a rate until ctx ends, and waits for the last answers.
func (l *load) run(ctx context.Context, rate float64) error {
	if err := l.openPolicy(ctx); err != nil {
		return err
	}
	var under sync.WaitGroup
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			under.Wait()
			return nil
		case <-tick.C:
		}
		under.Go(func() { l.one(context.WithoutCancel(ctx)) })
	}
}

// one makes the next request: mostly a lead, or something about what earlier ones made.
func (l *load) one(ctx context.Context) {
	switch draw := l.draw(10); {
	case draw < 4:
		l.lead(ctx)
	case draw < 6:
		l.message(ctx)
	case draw < 8:
		l.complete(ctx)
	case draw < 9:
		l.change(ctx)
	default:
		l.delivery(ctx)
	}
}

func (l *load) lead(ctx context.Context) {
	l.mu.Lock()
	l.number++
	n := l.number
	l.mu.Unlock()
	name := fmt.Sprintf("%s%d", words[n%len(words)], n)
	var made struct{ ID string }
	r := l.make(ctx, leads, http.MethodPost, "/v1/leads", map[string]any{
		"email": name + "@" + name + ".example.com", "first_name": "Somebody", "last_name": name, "company": name + " Ltd", "source": "website", "channel": "form",
		"message": "Please call.", "consent": map[string]bool{"email_marketing": true},
	}, &made)
	r.id = made.ID
	l.note(r)
	if r.accepted {
		l.mu.Lock()
		l.captured = append(l.captured, made.ID)
		l.mu.Unlock()
	}
}

// words make names that do not resemble each other.
var words = []string{"amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "kelp", "lotus", "maple", "north", "otter", "pearl", "quartz", "river", "stone", "tidal"}

// complete does somebody's work: a lead is accepted, and becomes a deal.
func (l *load) complete(ctx context.Context) {
	id, ok := l.take(&l.captured)
	if !ok {
		l.lead(ctx)
		return
	}
	var lead struct {
		TaskID    string `json:"task_id"`
		ContactID string `json:"contact_id"`
	}
	if _, err := l.insist(ctx, http.MethodGet, "/v1/leads/"+id, nil, &lead); err != nil || lead.TaskID == "" {
		l.give(&l.captured, id) // it is not captured yet
		return
	}
	l.give(&l.people, lead.ContactID)
	r := l.make(ctx, works, http.MethodPost, "/v1/tasks/"+lead.TaskID+"/complete", map[string]any{"outcome": "accepted"}, nil)
	r.id = id
	l.note(r)
	if r.accepted {
		l.give(&l.sold, lead.ContactID)
	}
}

func (l *load) message(ctx context.Context) {
	person, ok := l.take(&l.people) // each person once: no two messages stand in each other's way
	if !ok {
		l.complete(ctx)
		return
	}
	var made struct{ ID string }
	r := l.make(ctx, mails, http.MethodPost, "/v1/messages", map[string]any{
		"contact_id": person, "template": "nurture-intro-1", "department": "marketing", "channel": "email"}, &made)
	r.id = made.ID
	l.note(r)
}

func (l *load) change(ctx context.Context) {
	l.lookUp(ctx)
	id, ok := l.take(&l.deals)
	if !ok {
		l.complete(ctx)
		return
	}
	l.give(&l.deals, id)
	path, body := "/log", map[string]any{"kind": "call"}
	if l.draw(2) == 0 {
		path, body = "/amend", map[string]any{"amount": map[string]any{"amount_minor": 1000 + l.draw(100_000), "currency": "EUR"}}
	}
	r := l.make(ctx, moves, http.MethodPost, "/v1/deals/"+id+path, body, nil)
	r.id = id
	l.note(r)
}

// lookUp finds the deal of somebody whose lead was accepted.
func (l *load) lookUp(ctx context.Context) {
	contact, ok := l.take(&l.sold)
	if !ok {
		return
	}
	var deals struct{ Items []struct{ ID string } }
	if _, err := l.insist(ctx, http.MethodGet, "/v1/deals?contact="+contact, nil, &deals); err != nil || len(deals.Items) == 0 {
		l.give(&l.sold, contact) // it is not there yet
		return
	}
	l.give(&l.deals, deals.Items[0].ID)
}

func (l *load) delivery(ctx context.Context) {
	person, ok := l.take(&l.people)
	if !ok {
		l.complete(ctx)
		return
	}
	order := "order-" + uuid.NewString()
	r := l.make(ctx, arrivals, http.MethodPost, "/v1/events", map[string]any{
		"specversion": "1.0", "id": order, "source": "/chaos", "type": "order.delivery-due", "subject": person,
		"data": map[string]any{"order_id": order, "contact_id": person, "arrives_on": time.Now().AddDate(0, 0, 3).Format(time.DateOnly)}}, nil)
	r.id = order
	l.note(r)
}

// make makes a request of a kind, under one key however often it has to be repeated.
func (l *load) make(ctx context.Context, kind, method, path string, body any, into any) request {
	began := time.Now()
	r := request{kind: kind}
	answer, err := l.persist(ctx, method, path, body, &r.tries)
	r.took, r.status = time.Since(began), answer.Status
	r.accepted = err == nil && answer.Status < http.StatusMultipleChoices
	if r.accepted && into != nil {
		_ = answer.Decode(into)
	}
	return r
}

func (l *load) insist(ctx context.Context, method, path string, body any, into any) (instance.Answer, error) {
	var tries int
	answer, err := l.persist(ctx, method, path, body, &tries)
	if err == nil && answer.Status >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	if err == nil && into != nil {
		err = answer.Decode(into)
	}
	return answer, err
}

func (l *load) persist(ctx context.Context, method, path string, body any, tries *int) (instance.Answer, error) {
	var header []string
	if method != http.MethodGet {
		header = []string{"Idempotency-Key", uuid.NewString()}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		*tries++
		bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
		answer, err := l.caller.Call(bounded, method, l.h.api.API+path, body, header...)
		cancel()
		if err == nil && !again(answer) {
			return answer, nil
		}
		if time.Now().After(deadline) {
			return answer, fmt.Errorf("%s %s: no answer within %s: %w", method, path, patience, err)
		}
	}
}

// again says that an answer is none: a server that dies or comes up, or one at work on the same call.
func again(a instance.Answer) bool {
	var problem struct{ Type string }
	return a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests ||
		a.Status == http.StatusConflict && a.Decode(&problem) == nil && problem.Type == "/problems/in-progress"
}

// openPolicy lets messages leave at any hour, as often as they are asked for: what is tested is that they leave once.
func (l *load) openPolicy(ctx context.Context) error {
	const path = "/v1/definitions/contact-policy/default"
	var policy struct{ Body map[string]any }
	if _, err := l.insist(ctx, http.MethodGet, path, nil, &policy); err != nil {
		return err
	}
	for _, rule := range []string{"hours", "caps", "newcomers"} {
		policy.Body[rule] = []any{}
	}
	policy.Body["collisions"] = map[string]any{"window_minutes": 0, "max_per_day": 0, "overflow": "shift"}
	_, err := l.insist(ctx, http.MethodPut, path, map[string]any{"body": policy.Body, "note": "anything goes"}, nil)
	return err
}

func (l *load) note(r request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, r)
}

func (l *load) draw(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.IntN(n)
}

// take removes one at random.
func (l *load) take(from *[]string) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(*from) == 0 {
		return "", false
	}
	i := l.random.IntN(len(*from))
	id := (*from)[i]
	(*from)[i] = (*from)[len(*from)-1]
	*from = (*from)[:len(*from)-1]
	return id, true
}

func (l *load) give(to *[]string, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*to = append(*to, id)
}
