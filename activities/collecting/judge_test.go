package collecting

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/money"
)

var (
	begun     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	one       = uuid.MustParse("00000000-0000-7000-8000-000000000001")
	two       = uuid.MustParse("00000000-0000-7000-8000-000000000002")
	berlin, _ = time.LoadLocation("Europe/Berlin")
	plan      = standardPlan()
)

func standardPlan() Plan {
	raw, _ := Plans.Standard(PlanStandard)
	var p Plan
	_ = json.Unmarshal(raw, &p)
	return p
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func owes(left int64) Account {
	return Account{Known: true, Zone: berlin, Due: []Owed{{InvoiceID: one, Left: eur(left), DueOn: begun.AddDate(0, 0, -10)}}, Paid: map[uuid.UUID]int64{}}
}

func file(step int, after time.Duration) File {
	return File{Plan: PlanStandard, Step: step, Since: begun, Now: begun.Add(after), Invoices: []uuid.UUID{one}}
}

func said(f File) File {
	f.Said = []Saying{{MessageID: one, Channel: provider.Email}}
	return f
}

func TestTheStepsOfThePlan(t *testing.T) {
	t.Parallel()
	opened := func(f File) File { f.Opened = true; return f }
	closed := func(f File, channels ...provider.Channel) File { f.Closed = channels; return f }
	for name, tc := range map[string]struct {
		file File
		want Next
	}{
		"the first mail":               {file(0, 0), Next{Do: Say, At: begun, Channel: provider.Email, Template: "dunning-friendly"}},
		"silence so far":               {said(file(1, 2*day)), Next{Do: Wait, Step: 1, At: begun.Add(3 * day), Channel: provider.SMS, Template: "dunning-firm"}},
		"silence for three days":       {said(file(1, 3*day)), Next{Do: Say, Step: 1, At: begun.Add(3 * day), Channel: provider.SMS, Template: "dunning-firm"}},
		"opened: no text":              {opened(said(file(1, day))), Next{Do: Wait, Step: 2, At: begun.Add(4 * day)}},
		"opened and not paid: a call":  {opened(said(file(1, 4*day))), Next{Do: Phone, Step: 2, At: begun.Add(4 * day)}},
		"no address: on to the text":   {closed(file(0, 3*day), provider.Email), Next{Do: Say, Step: 1, At: begun.Add(3 * day), Channel: provider.SMS, Template: "dunning-firm"}},
		"no way at all: a call now":    {closed(file(0, 0), provider.Email, provider.SMS), Next{Do: Phone, Step: 2, At: begun.Add(4 * day)}},
		"the notice":                   {said(file(3, 5*day)), Next{Do: Say, Step: 3, At: begun.Add(5 * day), Channel: provider.Email, Template: "dunning-final"}},
		"the last wait":                {said(file(4, 6*day)), Next{Do: Wait, Step: 4, At: begun.Add(7 * day)}},
		"over":                         {said(file(4, 7*day)), Next{Do: ProposeOff}},
		"over, and decided":            {func() File { f := said(file(4, 7*day)); f.Kept = true; return f }(), Next{Do: HandOver}},
		"nobody reached, nothing said": {func() File { f := closed(file(3, day), provider.Email, provider.SMS); f.Missed = true; return f }(), Next{Do: GiveUp}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Judge(plan, tc.file, owes(12000))
			require.Equal(t, Owing, s.Stands)
			require.Equal(t, tc.want, s.Next)
		})
	}
}

func TestHowACustomerStands(t *testing.T) {
	t.Parallel()
	on := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)
	lapses := time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC) // midnight in Berlin, after the clocks went forward
	for name, tc := range map[string]struct {
		account func(*Account)
		now     time.Time
		want    string
	}{
		"owing":                          {func(*Account) {}, begun, Owing},
		"paid":                           {func(a *Account) { a.Due, a.Paid = nil, map[uuid.UUID]int64{one: 12000} }, begun, Settled},
		"taken back":                     {func(a *Account) { a.Due = nil }, begun, TakenOff},
		"disputed":                       {func(a *Account) { a.Due[0].Disputed = true }, begun, Disputed},
		"bankrupt":                       {func(a *Account) { a.Bankrupt = true }, begun, Bankrupt},
		"bankrupt, whatever they said":   {func(a *Account) { a.Bankrupt, a.Promise = true, &Pledge{one, on} }, begun, Bankrupt},
		"promised":                       {func(a *Account) { a.Promise = &Pledge{one, on} }, begun, Promised},
		"within the grace":               {func(a *Account) { a.Promise = &Pledge{one, on} }, lapses.Add(-time.Nanosecond), Promised},
		"the grace has passed":           {func(a *Account) { a.Promise = &Pledge{one, on} }, lapses, Lapsed},
		"paid in spite of the lapse":     {func(a *Account) { a.Promise, a.Due, a.Paid = &Pledge{one, on}, nil, map[uuid.UUID]int64{one: 1} }, lapses, Settled},
		"disputed in spite of a promise": {func(a *Account) { a.Promise, a.Due[0].Disputed = &Pledge{one, on}, true }, begun, Disputed},
		"gone":                           {func(a *Account) { a.Known = false }, begun, Gone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, f := owes(12000), file(0, 0)
			tc.account(&a)
			f.Now = tc.now
			require.Equal(t, tc.want, Judge(plan, f, a).Stands)
		})
	}
}

func TestPartsAreThankedFor(t *testing.T) {
	t.Parallel()
	a := owes(7000)
	a.Paid[one] = 5000
	s := Judge(plan, said(file(1, day)), a)
	require.Equal(t, Next{Do: Thank, Template: ThanksPart}, s.Next)
	require.Equal(t, eur(7000), s.Due)
	require.Equal(t, int64(5000), s.Paid)
	require.Equal(t, Wait, Judge(plan, func() File { f := said(file(1, day)); f.Paid = 5000; return f }(), a).Next.Do, "once")
	require.Equal(t, Say, Judge(plan, file(0, 0), a).Next.Do, "nobody thanks where nothing was said: the first mail names the rest")
	// An invoice that joins the others brings along what was paid of it before.
	a = owes(7000)
	a.Due = append(a.Due, Owed{InvoiceID: two, Left: eur(100), DueOn: begun.AddDate(0, 0, -1)})
	a.Paid[two] = 900
	s = Judge(plan, said(file(1, day)), a)
	require.Equal(t, Wait, s.Next.Do)
	require.Equal(t, []Claim{{one, eur(7000)}, {two, eur(100)}}, s.Claims)
	require.Equal(t, eur(7100), s.Due)
}

func TestEachBrokenPromiseMakesItFirmer(t *testing.T) {
	t.Parallel()
	a := owes(7000)
	a.Broken = 3
	f := said(file(0, 0))
	f.BrokenBefore, f.Answered = 2, 0
	require.Equal(t, Next{Do: AnswerBroken, Template: BrokenPromise}, Judge(plan, f, a).Next)
	f.Answered = 1
	require.Equal(t, "dunning-firm", Judge(plan, f, a).Next.Template)
	a.Broken, f.Answered = 9, 7
	require.Equal(t, "dunning-final", Judge(plan, f, a).Next.Template)
	f.Answered = 0
	f.Closed = []provider.Channel{provider.Email, provider.SMS}
	require.Equal(t, PhoneBroken, Judge(plan, f, a).Next.Do)
	p := plan
	p.OnBroken = ""
	p.Steps = []Step{{Channel: Email, Tone: Friendly, When: Always, Broken: BrokenNever}, {Channel: Call, When: Always, Broken: BrokenOnly}}
	f.Closed = nil
	require.Equal(t, 1, Judge(p, f, a).Next.Step)
	a.Broken = 2
	require.Equal(t, 0, Judge(p, f, a).Next.Step)
}

func TestADisputeAboutAPartIsSettledAsideOnce(t *testing.T) {
	t.Parallel()
	a := owes(7000)
	a.Due = append(a.Due, Owed{InvoiceID: two, Left: eur(100), DueOn: begun, Disputed: true})
	f := file(0, 0)
	s := Judge(plan, f, a)
	require.Equal(t, AskDispute, s.Next.Do)
	require.Equal(t, []uuid.UUID{two}, s.Disputed)
	require.Equal(t, eur(7000), s.Due, "it is not collected")
	f.Disputed = s.Disputed
	require.Equal(t, Say, Judge(plan, f, a).Next.Do)
}

func TestWhatIsProposedToBeWrittenOff(t *testing.T) {
	t.Parallel()
	p := plan
	p.WriteOff = WriteOff{FromMinor: 1000, ToMinor: 5000}
	for minor, want := range map[int64]string{999: HandOver, 1000: ProposeOff, 5000: ProposeOff, 5001: HandOver} {
		require.Equal(t, want, Judge(p, said(file(4, 0)), owes(minor)).Next.Do, minor)
	}
	p.WriteOff = WriteOff{Never: true}
	require.Equal(t, HandOver, Judge(p, said(file(4, 0)), owes(1)).Next.Do)
}

func TestWhomAPlanSuits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		match   Match
		segment string
		due     money.Amount
		want    bool
	}{
		{Match{}, "", eur(1), true},
		{Match{Segments: []string{"customer"}}, "customer", eur(1), true},
		{Match{Segments: []string{"customer"}}, "partner", eur(1), false},
		{Match{Currency: "EUR", FromMinor: 10, ToMinor: 20}, "", eur(10), true},
		{Match{Currency: "EUR", FromMinor: 10, ToMinor: 20}, "", eur(20), true},
		{Match{Currency: "EUR", FromMinor: 10, ToMinor: 20}, "", eur(21), false},
		{Match{Currency: "EUR", FromMinor: 10}, "", eur(1 << 40), true},
		{Match{Currency: "JPY"}, "", eur(10), false},
	} {
		require.Equal(t, tc.want, tc.match.suits(tc.segment, tc.due), "%+v", tc)
	}
}
