package collecting

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/money"
)

// Account is what the books say of a customer.
type Account struct {
	// Token is the version that all of it was read on.
	Token    fence.Token
	Known    bool
	Segment  string
	Zone     *time.Location
	Bankrupt bool
	// Due are the overdue invoices with something left to pay, disputed ones among them; Later those whose day is to come.
	Due   []Owed
	Later []Owed
	// Paid is what was paid of the invoices of the file and of those that are due.
	Paid map[uuid.UUID]int64
	// Broken counts the promises that were ever broken; Promise is the one that counts now, if any.
	Broken  int
	Promise *Pledge
	Credit  money.Amount
}

// Owed is one invoice with something left to pay. DueOn is a day, at midnight UTC.
type Owed struct {
	InvoiceID uuid.UUID
	Number    string
	Left      money.Amount
	DueOn     time.Time
	PayURL    string
	Disputed  bool
}

// Pledge is a promise. On is a day, at midnight UTC.
type Pledge struct {
	PromiseID uuid.UUID
	On        time.Time
}

// collectable are the invoices that are not disputed, the oldest first, and disputed the others.
func (a Account) collectable() (open, disputed []Owed) {
	for _, o := range slices.SortedFunc(slices.Values(a.Due), func(x, y Owed) int {
		return cmp.Or(x.DueOn.Compare(y.DueOn), slices.Compare(x.InvoiceID[:], y.InvoiceID[:]))
	}) {
		if o.Disputed {
			disputed = append(disputed, o)
		} else {
			open = append(open, o)
		}
	}
	return open, disputed
}

// sum is what some invoices come to in the currency of the first.
func sum(list []Owed) (total money.Amount) {
	for i, o := range list {
		if i == 0 {
			total.Currency = o.Left.Currency
		}
		if o.Left.Currency == total.Currency {
			total.Minor += o.Left.Minor
		}
	}
	return total
}

func ids(list []Owed) (out []uuid.UUID) {
	for _, o := range list {
		out = append(out, o.InvoiceID)
	}
	return out
}

func claims(list []Owed) (out []Claim) {
	for _, o := range list {
		out = append(out, Claim{o.InvoiceID, o.Left})
	}
	return out
}

// paidOf is what was paid of the invoices that a file knows, and of all. Currencies do not matter: it is only compared with
// what it was before.
func (a Account) paidOf(known []uuid.UUID) (ofThem, ofAll int64) {
	for id, minor := range a.Paid {
		ofAll += minor
		if slices.Contains(known, id) {
			ofThem += minor
		}
	}
	return ofThem, ofAll
}

// Told is what a message says of an account: what is overdue and not disputed, in the currency of the oldest invoice, the
// day since which, and the numbers of the invoices.
func (a Account) Told() (due money.Amount, since time.Time, numbers string) {
	open, _ := a.collectable()
	if len(open) == 0 {
		return due, since, ""
	}
	var known []string
	for _, o := range open {
		if o.Number != "" {
			known = append(known, o.Number)
		}
	}
	return sum(open), open[0].DueOn, strings.Join(known, ", ")
}

// Judge says how a customer stands and, where they owe, what the plan says.
func Judge(p Plan, f File, a Account) Standing {
	f = f.begun(a)
	open, disputed := a.collectable()
	paid, all := a.paidOf(f.Invoices)
	s := Standing{
		Fence: a.Token, Plan: f.Plan, Version: f.Version, BrokenBefore: f.BrokenBefore, Since: f.Since, Due: sum(open), Claims: claims(open), Disputed: ids(disputed),
		Paid: all, Broken: max(0, a.Broken-f.BrokenBefore), Credit: a.Credit, Team: p.Team, Finance: p.Finance,
	}
	switch {
	case !a.Known:
		s.Stands = Gone
	case a.Bankrupt:
		s.Stands = Bankrupt
	case len(a.Due) == 0 && paid > 0:
		s.Stands = Settled
	case len(a.Due) == 0:
		s.Stands = TakenOff
	case len(open) == 0:
		s.Stands = Disputed
	case a.Promise != nil:
		s.Stands, s.PromiseID, s.Until = Promised, a.Promise.PromiseID, a.lapses(p)
		if !f.Now.Before(s.Until) {
			s.Stands = Lapsed
		}
	default:
		s.Stands, s.Next = Owing, next(p, f, s, paid > f.Paid)
	}
	return s
}

// lapses is the first instant at which the promised day and its grace have passed where the customer lives.
func (a Account) lapses(p Plan) time.Time {
	on := a.Promise.On
	return time.Date(on.Year(), on.Month(), on.Day()+p.GraceDays+1, 0, 0, 0, 0, a.Zone).UTC()
}

// next is what is to be done about a customer who owes; paid says that they have just paid a part.
func next(p Plan, f File, s Standing, paid bool) Next {
	switch {
	case paid && len(f.Said) > 0:
		return Next{Do: Thank, Template: ThanksPart}
	case s.Broken > f.Answered && p.OnBroken == OnBrokenMessage && !allClosed(f):
		return Next{Do: AnswerBroken, Template: BrokenPromise}
	case s.Broken > f.Answered && p.OnBroken != "":
		return Next{Do: PhoneBroken}
	case slices.ContainsFunc(s.Disputed, func(id uuid.UUID) bool { return !slices.Contains(f.Disputed, id) }):
		return Next{Do: AskDispute}
	case f.Kept:
		return Next{Do: HandOver}
	}
	for i := f.Step; i < len(p.Steps); i++ {
		if n, ok := p.step(i, f, s); ok {
			return n
		}
	}
	if len(f.Said) == 0 && f.Missed {
		return Next{Do: GiveUp}
	}
	if at := f.Since.Add(p.WriteOff.Wait.Duration()); f.Now.Before(at) {
		return Next{Do: Wait, At: at, Step: len(p.Steps)}
	}
	if !p.WriteOff.Never && within(s.Due.Minor, p.WriteOff.FromMinor, p.WriteOff.ToMinor) {
		return Next{Do: ProposeOff}
	}
	return Next{Do: HandOver}
}

// step is what a step of the plan comes to; ok is false when it is not for this customer.
func (p Plan) step(i int, f File, s Standing) (n Next, ok bool) {
	step := p.Steps[i]
	at := f.Since.Add(step.Wait.Duration())
	come := !f.Now.Before(at)
	via := step.via()
	switch {
	case step.Broken == BrokenOnly && s.Broken == 0, step.Broken == BrokenNever && s.Broken > 0:
		return n, false
	case via != "" && slices.Contains(f.Closed, via):
		return n, false
	case step.When == NotOpened && f.Opened, step.When == OpenedOnly && !f.Opened && come:
		return n, false
	case via == "" && len(f.Said) == 0 && len(f.Closed) > 0:
		come = true // no message came through: somebody calls before more time passes
	}
	n = Next{Do: Phone, Step: i, At: at}
	if via != "" {
		n.Do, n.Channel, n.Template = Say, via, step.template(s.Broken)
	}
	if !come {
		n.Do = Wait
	}
	return n, true
}

// allClosed says that no message leads to the customer any more.
func allClosed(f File) bool {
	return slices.Contains(f.Closed, provider.Email) && slices.Contains(f.Closed, provider.SMS)
}

// begun completes a file that nobody has looked into yet.
func (f File) begun(a Account) File {
	if f.Since.IsZero() {
		f.Since, f.BrokenBefore = f.Now, a.Broken
		f.Paid, _ = a.paidOf(f.Invoices)
	}
	return f
}
