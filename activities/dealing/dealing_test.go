package dealing_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process"
)

func TestALeadBecomesADeal(t *testing.T) {
	t.Parallel()
	r := setup(t)
	ctx := step()
	first, err := r.deals.OpenForLead(ctx, r.lead)
	require.NoError(t, err)
	require.Equal(t, dealing.DealOpened, first.Result)
	again, err := r.deals.OpenForLead(ctx, r.lead)
	require.NoError(t, err)
	require.Equal(t, first, again, "the same step opens one deal")
	other, err := r.deals.OpenForLead(step(), r.lead)
	require.NoError(t, err)
	require.Equal(t, dealing.Opened{DealID: first.DealID, Result: dealing.DealThere}, other)

	require.Equal(t, []string{"deal.opened"}, r.events(first.DealID))
	require.Equal(t, map[string]string{"qualification-call": "open"}, r.taskKinds(first.DealID))
	require.Equal(t, r.owner, dbtest.One[uuid.UUID](t, r.pool, `select assignee_id from tasks`))
	v := r.look(first.DealID)
	require.Equal(t, 100+50+30+80, v.Probability, "hot, with a high score, and recommended")
	require.Equal(t, "0.2600", dbtest.One[string](t, r.pool, `select probability::text from sales_pipeline`))
	require.Equal(t, int64(500_000), dbtest.One[int64](t, r.pool, `select amount_minor from sales_pipeline`))
	require.Equal(t, "Example Ltd", dbtest.One[string](t, r.pool, `select name from sales_pipeline`))
	require.True(t, dbtest.One[bool](t, r.pool, `select close_on = (created_at at time zone 'UTC')::date + 60 from sales_pipeline`))
	require.Equal(t, 1, dbtest.One[int](t, r.pool, `select count(*)::int from deal_history where what = 'open' and no = 1`))
}

func TestLeadsThatBecomeNoDeal(t *testing.T) {
	t.Parallel()
	r := setup(t)
	dbtest.Exec(t, r.pool, `update leads set contact_id = null`)
	out, err := r.deals.OpenForLead(step(), r.lead)
	require.NoError(t, err)
	require.Equal(t, dealing.Opened{Result: dealing.NotWanted}, out)
	dbtest.Exec(t, r.pool, `update leads set contact_id = $1`, r.contact)
	r.define(func(p *deals.Pipeline) { p.Entry.Automatic = false })
	out, err = r.deals.OpenForLead(step(), r.lead)
	require.NoError(t, err)
	require.Equal(t, dealing.Opened{Result: dealing.NotWanted}, out)
}

// define writes the next version of the pipeline, and returns it.
func (r *room) define(change func(*deals.Pipeline)) deals.Pipeline {
	r.t.Helper()
	p := deals.Standard()
	change(&p)
	raw := marshal(r.t, p)
	require.Empty(r.t, deals.Kind.Check(raw))
	require.NoError(r.t, db.InTx(context.Background(), r.pool, func(tx pgx.Tx) error {
		_, err := definitions.Put(context.Background(), tx, time.Now(), definitions.Change{Kind: "pipeline", Name: deals.StandardName, Body: raw, Author: "test"})
		return err
	}))
	return p
}

func TestWithWhatADealCannotBegin(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for field, o := range map[string]dealing.Opening{
		"contact":              {ContactID: uuid.New()},
		"lead":                 {LeadID: uuid.New()},
		"owner":                {ContactID: r.contact, OwnerID: uuid.New()},
		"close_on":             {ContactID: r.contact, CloseOn: "2026-02-30"},
		"attributes":           {ContactID: r.contact, Attributes: deals.Attributes{"need": "Ada Lovelace"}},
		"amount.amount_minor":  {ContactID: r.contact, Amount: euros(-1)},
		"list_amount.currency": {ContactID: r.contact, Amount: euros(1), List: dollars(1)},
	} {
		_, err := r.open(o)
		var wrong *dealing.WrongOpening
		require.True(t, errors.As(err, &wrong), "%s: %v", field, err)
		require.Equal(t, field, wrong.Fields[0].Field)
	}
	require.Zero(t, dbtest.One[int](t, r.pool, `select count(*)::int from sales_pipeline`))
}

func TestALeadHasOneOpenDealHoweverManyAsk(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var wg sync.WaitGroup
	results := make([]dealing.Opened, 8)
	for i := range results {
		wg.Go(func() {
			var err error
			results[i], err = r.open(dealing.Opening{LeadID: r.lead})
			require.NoError(t, err)
		})
	}
	wg.Wait()
	opened := 0
	for _, o := range results {
		require.Equal(t, results[0].DealID, o.DealID)
		if o.Result == dealing.DealOpened {
			opened++
		}
	}
	require.Equal(t, 1, opened)
}

func TestAMoveNeedsWhatTheStageAsksFor(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	ctx := step()
	v, err := r.deals.Move(ctx, dealing.Moving{DealID: deal, To: "needs-analysis", ActorID: r.owner})
	require.NoError(t, err)
	require.False(t, v.Accepted)
	require.Equal(t, deals.CriteriaUnmet, v.Code)
	require.Len(t, v.Unmet, 3)
	r.advance(deal)
	again, err := r.deals.Move(ctx, dealing.Moving{DealID: deal, To: "needs-analysis", ActorID: r.owner})
	require.NoError(t, err)
	require.Equal(t, v, again, "a repeat gets the verdict of the first")
	r.finish(deal)
	before := r.look(deal)
	v, err = r.deals.Move(step(), dealing.Moving{DealID: deal, To: "needs-analysis", ActorID: r.owner})
	require.NoError(t, err)
	require.True(t, v.Accepted)
	require.Equal(t, "needs-analysis", v.Stage)
	require.Greater(t, v.Probability, before.Probability)
	require.Zero(t, v.ManagerID, "small moves are the owner's")
	require.Equal(t, map[string]string{"qualification-call": "completed", "needs-workshop": "open", "competitor-check": "open"}, r.taskKinds(deal))
	require.Equal(t, []string{"deal.opened", "deal.moved"}, r.events(deal))
	require.Equal(t, r.owner, dbtest.One[uuid.UUID](t, r.pool, `select actor_id from deal_history where accepted and what = 'move'`))
	require.Equal(t, 1, dbtest.One[int](t, r.pool, `select count(*)::int from audit_logs where action = 'deal.move' and resource_id = $1`, deal.String()),
		"what changed nothing is in the history only")
}

func TestTheWayBackAndForthRepeatsNoWork(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	r.advance(deal, "needs-analysis", "proposal")
	n := len(r.taskKinds(deal))
	v, err := r.deals.Move(step(), dealing.Moving{DealID: deal, To: "needs-analysis"})
	require.NoError(t, err)
	require.Equal(t, deals.ReasonMissing, v.Code)
	v, err = r.deals.Move(step(), dealing.Moving{DealID: deal, To: "qualification", Reason: "scope-changed"})
	require.NoError(t, err)
	require.True(t, v.Accepted)
	require.Len(t, r.taskKinds(deal), n)
	require.Equal(t, "scope-changed", dbtest.One[string](t, r.pool, `select reason from deal_history where stage_after = 'qualification' and no > 1 and what = 'move' and accepted`))
}

func TestTheLastStageBeginsTheClosing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	r.advance(deal, wholeWay...)
	v := r.look(deal)
	require.Equal(t, deals.Closing, v.State)
	require.Zero(t, v.StalledAt)
	require.Contains(t, r.events(deal), "deal.closing")
	for name, ask := range map[string]func() (dealing.Verdict, error){
		"move": func() (dealing.Verdict, error) {
			return r.deals.Move(step(), dealing.Moving{DealID: deal, To: "proposal", Reason: "mistake"})
		},
		"lose": func() (dealing.Verdict, error) {
			return r.deals.Lose(step(), dealing.Losing{DealID: deal, Reason: "price"})
		},
	} {
		v, err := ask()
		require.NoError(t, err)
		require.Equal(t, deals.InClosing, v.Code, name)
	}
	terms, err := r.deals.ReadTerms(step(), deal)
	require.NoError(t, err)
	require.Equal(t, dealing.Terms{DealID: deal, ContactID: r.contact, OwnerID: r.owner, Revision: 1, Amount: *euros(100_000), InBand: true,
		Policy: "price", Template: "contract"}, terms)
}

func TestOtherTermsAreAnotherRevision(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	day := "2027-01-31"
	v, err := r.deals.Amend(step(), dealing.Amending{DealID: deal, Amount: euros(80_000), CloseOn: &day})
	require.NoError(t, err)
	require.True(t, v.Accepted)
	require.Equal(t, 2, v.Revision)
	v, err = r.deals.Amend(step(), dealing.Amending{DealID: deal, Amount: euros(80_000), CloseOn: &day, Attributes: deals.Attributes{"need": "fleet"}})
	require.NoError(t, err)
	require.Equal(t, 2, v.Revision, "what stands there already changes no terms")
	require.Equal(t, []string{"deal.opened", "deal.amended"}, r.events(deal))
	terms, err := r.deals.ReadTerms(step(), deal)
	require.NoError(t, err)
	require.Equal(t, 200, terms.DiscountPermille)
	require.False(t, terms.InBand)
	require.True(t, terms.Gone, "it is not being closed")
	require.Zero(t, terms.RequesterID, "a program set this price")
	_, err = r.deals.Amend(step(), dealing.Amending{DealID: deal, ActorID: r.manager, List: euros(110_000)})
	require.NoError(t, err)
	_, err = r.deals.Amend(step(), dealing.Amending{DealID: deal, ActorID: r.owner, Attributes: deals.Attributes{"seats": 1.0}})
	require.NoError(t, err)
	terms, err = r.deals.ReadTerms(step(), deal)
	require.NoError(t, err)
	require.Equal(t, r.manager, terms.RequesterID, "whoever set the price asks for it, not whoever touched the deal last")

	bad := "31.1.2027"
	for field, a := range map[string]dealing.Amending{
		"amount.currency": {Amount: dollars(1)}, "close_on": {CloseOn: &bad}, "attributes": {Attributes: deals.Attributes{"need": "Ada Lovelace"}},
		"list_amount.amount_minor": {List: euros(-1)},
	} {
		a.DealID = deal
		v, err := r.deals.Amend(step(), a)
		require.NoError(t, err)
		require.Equal(t, deals.BadTerms, v.Code)
		require.Equal(t, field, v.Unmet[0].Field)
	}
	require.Equal(t, int64(80_000), dbtest.One[int64](t, r.pool, `select amount_minor from sales_pipeline`))
	require.Equal(t, "fleet", dbtest.One[string](t, r.pool, `select attributes ->> 'need' from sales_pipeline`))
}

func TestInteractionsCountOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal, call := r.deal(), uuid.New()
	for range 3 {
		_, err := r.deals.Log(step(), dealing.Logging{DealID: deal, Kind: "call", InteractionID: call})
		require.NoError(t, err)
	}
	require.Equal(t, 100, r.look(deal).Probability)
	for range 2 {
		_, err := r.deals.Log(step(), dealing.Logging{DealID: deal, Kind: "meeting"})
		require.NoError(t, err)
	}
	require.Equal(t, 140, r.look(deal).Probability, "three are being in touch")
	require.Equal(t, 3, dbtest.One[int](t, r.pool, `select count(*)::int from interactions where contact_id = $1 and kind like 'deal.%'`, r.contact))
	v, err := r.deals.Log(step(), dealing.Logging{DealID: deal, Kind: "Called Ada"})
	require.NoError(t, err)
	require.Equal(t, deals.BadTerms, v.Code)
}

func TestLosing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	v, err := r.deals.Lose(step(), dealing.Losing{DealID: deal, Reason: "bad mood"})
	require.NoError(t, err)
	require.Equal(t, deals.ReasonMissing, v.Code)
	v, err = r.deals.Lose(step(), dealing.Losing{DealID: deal, Reason: "price"})
	require.NoError(t, err)
	require.Equal(t, deals.Lost, v.State)
	require.Equal(t, r.manager, v.ManagerID)
	require.Zero(t, v.Probability)
	require.Equal(t, map[string]string{"qualification-call": "cancelled"}, r.taskKinds(deal))
	require.Equal(t, []string{"deal.opened", "deal.lost"}, r.events(deal))
	v, err = r.deals.Move(step(), dealing.Moving{DealID: deal, To: "needs-analysis"})
	require.NoError(t, err)
	require.Equal(t, deals.Ended, v.Code)
}

func TestHowAClosingEnds(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]struct{ state, stage, event string }{
		dealing.Won:  {deals.Won, "closing", "deal.won"},
		dealing.Lost: {deals.Lost, "closing", "deal.lost"},
		dealing.Back: {deals.Open, "negotiation", "deal.moved"},
	} {
		t.Run(result, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			deal := r.deal()
			r.advance(deal, wholeWay...)
			_, err := r.deals.Amend(step(), dealing.Amending{DealID: deal, Amount: euros(95_000)})
			require.NoError(t, err)
			_, err = r.deals.Close(step(), dealing.Closing{DealID: deal, Revision: 1, Result: dealing.Won})
			require.Equal(t, dealing.Changed, process.Code(err), "it is not won on terms that have changed")
			ctx := step()
			for range 2 {
				_, err = r.deals.Close(ctx, dealing.Closing{DealID: deal, Revision: 2, Result: result, Reason: "price"})
				require.NoError(t, err)
			}
			v := r.look(deal)
			require.Equal(t, want.state, v.State)
			require.Equal(t, want.stage, v.Stage)
			told := r.events(deal)
			require.Equal(t, []string{want.event, "deal.closed"}, told[len(told)-2:])
			_, err = r.deals.Close(step(), dealing.Closing{DealID: deal, Revision: 2, Result: dealing.Lost})
			require.Equal(t, dealing.Changed, process.Code(err))
		})
	}
}

func TestAWonDealIsClosedAgain(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	r.advance(deal, wholeWay...)
	c := dealing.Closing{DealID: deal, Revision: 1, Result: dealing.Won}
	_, err := r.deals.Reopen(step(), c)
	require.NoError(t, err)
	require.Equal(t, deals.Closing, r.look(deal).State, "what was not won is not reopened")
	_, err = r.deals.Close(step(), c)
	require.NoError(t, err)
	ctx := step()
	for range 2 {
		_, err = r.deals.Reopen(ctx, c)
		require.NoError(t, err)
	}
	require.Equal(t, deals.Closing, r.look(deal).State)
	told := r.events(deal)
	require.Equal(t, []string{"deal.won", "deal.closed", "deal.amended", "deal.reopened"}, told[len(told)-4:])
}

func TestStalledDealsCallTheOwnerAndThenTheManager(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	at := r.look(deal).StalledAt
	later := r.later(30 * 24 * time.Hour)
	ctx := step()
	first, err := later.Stall(ctx, dealing.Stalling{DealID: deal, StalledAt: at})
	require.NoError(t, err)
	require.Equal(t, r.owner, first.UserID)
	require.False(t, first.Touched)
	require.False(t, first.Next.IsZero())
	again, err := later.Stall(ctx, dealing.Stalling{DealID: deal, StalledAt: at})
	require.NoError(t, err)
	require.Equal(t, first, again)
	second, err := later.Stall(ctx, dealing.Stalling{DealID: deal, StalledAt: at, Called: 1}) // the key of a look whose result was lost
	require.NoError(t, err)
	require.Equal(t, r.manager, second.UserID)
	require.Equal(t, r.manager, dbtest.One[uuid.UUID](t, r.pool, `select assignee_id from tasks where id = $1 and kind = 'deal-stalled'`, second.TaskID))
	require.Zero(t, second.Next)
	third, err := later.Stall(step(), dealing.Stalling{DealID: deal, StalledAt: at, Called: 1})
	require.NoError(t, err)
	require.Equal(t, second.TaskID, third.TaskID, "one task is enough")
	require.Equal(t, "0.0500", dbtest.One[string](t, r.pool, `select probability::text from sales_pipeline`), "weeks at one stage tell")

	_, err = later.Log(step(), dealing.Logging{DealID: deal, Kind: "call"})
	require.NoError(t, err)
	touched, err := later.Stall(step(), dealing.Stalling{DealID: deal, StalledAt: at})
	require.NoError(t, err)
	require.True(t, touched.Touched)
	require.True(t, touched.Next.After(at))
}

// A deal stays on its version of the pipeline until it moves.
func TestADealMovesOntoTheNewestVersion(t *testing.T) {
	t.Parallel()
	r := setup(t)
	deal := r.deal()
	r.define(func(p *deals.Pipeline) {
		p.Stages[1].Criteria = append(p.Stages[1].Criteria, deals.Criterion{Kind: deals.AttributeTrue, Name: "new_rule"})
		p.Stages[1].Probability = 300
	})
	require.Equal(t, 0, dbtest.One[int](t, r.pool, `select pipeline_version from sales_pipeline`))
	r.advance(deal, "needs-analysis")
	require.Equal(t, 1, dbtest.One[int](t, r.pool, `select pipeline_version from sales_pipeline`))
	require.Equal(t, 300, r.look(deal).Probability)
	second := r.deal()
	r.advance(second)
	r.finish(second)
	v, err := r.deals.Move(step(), dealing.Moving{DealID: second, To: "needs-analysis"})
	require.NoError(t, err)
	require.Equal(t, []deals.Unmet{{Field: "attributes.new_rule", Message: "has to be true"}}, v.Unmet)
}

func TestUnknownDeals(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for name, ask := range map[string]func() error{
		"look":  func() error { _, err := r.deals.Look(step(), uuid.New()); return err },
		"terms": func() error { _, err := r.deals.ReadTerms(step(), uuid.New()); return err },
		"move":  func() error { _, err := r.deals.Move(step(), dealing.Moving{DealID: uuid.New()}); return err },
	} {
		require.True(t, process.IsType(ask(), process.TypeNotFound), name)
	}
}
