package commissioning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/commission"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// The kinds of rows in commissions.
const (
	earned = "earned"
	clawed = "clawed-back"
)

// Commissioning implements the contracts of this package on PostgreSQL.
type Commissioning struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	q     *query.Queries
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Commissioning {
	return &Commissioning{pool, c, query.New()}
}

// Activities lists what a worker registers.
func (c *Commissioning) Activities() []process.Implementation {
	return []process.Implementation{Book.Implement(c.Book), Reverse.Implement(c.Reverse), ClawBack.Implement(c.ClawBack)}
}

// Book implements the contract Book.
func (c *Commissioning) Book(ctx context.Context, dealID uuid.UUID) (Booked, error) {
	var out Booked
	err := db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		deal, err := c.deal(ctx, tx, dealID)
		if err != nil {
			return err
		}
		if deal.State != dealing.Won || deal.ClosedAt == nil {
			return process.Refused(NotWon, "the deal is not won: nobody earns by it")
		}
		if !deal.OwnerID.Valid || deal.AmountMinor <= 0 {
			return nil // nobody earns by it
		}
		// For all that is booked for the owner, not only for this deal: the next one's tiers count it.
		if err := c.q.LockCommissions(ctx, tx, deal.OwnerID.UUID.String()); err != nil {
			return fmt.Errorf("lock the commissions of user %s: %w", deal.OwnerID.UUID, err)
		}
		rows, err := c.q.ListDealCommissions(ctx, tx, dealID)
		if err != nil {
			return fmt.Errorf("read the commissions of deal %s: %w", dealID, err)
		}
		if len(rows) == 0 {
			if rows, err = c.work(ctx, tx, deal); err != nil {
				return err
			}
		}
		for _, r := range rows {
			if r.Kind == earned {
				out.People, out.TotalMinor, out.Currency = out.People+1, out.TotalMinor+r.AmountMinor, r.Currency
			}
		}
		return nil
	})
	return out, err
}

func (c *Commissioning) deal(ctx context.Context, tx pgx.Tx, id uuid.UUID) (query.GetDealForCommissionRow, error) {
	deal, err := c.q.GetDealForCommission(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return deal, process.NotFound("deal", id.String())
	}
	if err != nil {
		return deal, fmt.Errorf("read deal %s: %w", id, err)
	}
	return deal, nil
}

// work applies the plan of the owner's team, and writes a row for everybody who earns.
func (c *Commissioning) work(ctx context.Context, tx pgx.Tx, deal query.GetDealForCommissionRow) ([]query.Commission, error) {
	owner, err := c.q.GetUser(ctx, tx, deal.OwnerID.UUID)
	if err != nil {
		return nil, fmt.Errorf("read the owner of deal %s: %w", deal.ID, err)
	}
	name := owner.Team
	plan, version, err := commission.Plans.Current(ctx, tx, name)
	if errors.Is(err, definitions.ErrUnknown) {
		name = commission.Standard
		plan, version, err = commission.Plans.Current(ctx, tx, name)
	}
	if err != nil {
		return nil, err
	}
	since, until := plan.PeriodOf(*deal.ClosedAt)
	before, err := c.q.WonBefore(ctx, tx, query.WonBeforeParams{OwnerID: owner.ID, Currency: deal.Currency, Since: since, Until: until, DealID: deal.ID})
	if err != nil {
		return nil, fmt.Errorf("add up what was won before deal %s: %w", deal.ID, err)
	}
	users, shares, err := c.people(ctx, tx, plan, owner)
	if err != nil {
		return nil, err
	}
	now := c.now()
	var rows []query.Commission
	total := plan.Earned(money.Amount{Minor: deal.AmountMinor, Currency: deal.Currency}, before)
	for i, minor := range commission.Share(total, shares) {
		row := query.Commission{
			ID: uuid.Must(uuid.NewV7()), Key: process.Key(ctx), DealID: deal.ID, UserID: users[i], Kind: earned, AmountMinor: minor, Currency: deal.Currency,
			BaseMinor: deal.AmountMinor, OwnerID: owner.ID, WonAt: *deal.ClosedAt, Plan: name, PlanVersion: int32(version), CreatedAt: now,
		}
		if err := c.add(ctx, tx, row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, audit.Append(ctx, tx, now, did(ctx, "commission.book", deal.ID))
}

// people are those who share, with their shares. Who is not there leaves theirs to the others; somebody who is meant twice
// has both.
func (c *Commissioning) people(ctx context.Context, tx pgx.Tx, plan commission.Plan, owner query.User) (users []uuid.UUID, shares []int, err error) {
	at := map[uuid.UUID]int{}
	for _, split := range plan.Splits {
		user := split.User
		switch split.Who {
		case commission.Owner:
			user = owner.ID
		case commission.Manager:
			user = owner.ManagerID.UUID // the zero id is nobody's
		}
		there := user == owner.ID
		if !there {
			if there, err = c.q.IsActiveUser(ctx, tx, user); err != nil {
				return nil, nil, fmt.Errorf("look for a person of the commission plan: %w", err)
			}
		}
		if !there {
			continue
		}
		i, known := at[user]
		if !known {
			i = len(users)
			at[user] = i
			users, shares = append(users, user), append(shares, 0)
		}
		shares[i] += split.Share
	}
	return users, shares, nil
}

func (c *Commissioning) add(ctx context.Context, tx pgx.Tx, r query.Commission) error {
	if err := c.q.AddCommission(ctx, tx, query.AddCommissionParams{
		ID: r.ID, Key: r.Key, DealID: r.DealID, UserID: r.UserID, Kind: r.Kind, AmountMinor: r.AmountMinor, Currency: r.Currency, BaseMinor: r.BaseMinor,
		OwnerID: r.OwnerID, WonAt: r.WonAt, Plan: r.Plan, PlanVersion: r.PlanVersion, CreatedAt: r.CreatedAt,
	}); err != nil {
		return fmt.Errorf("write a commission of deal %s: %w", r.DealID, err)
	}
	return nil
}

// Reverse implements the contract Reverse.
func (c *Commissioning) Reverse(ctx context.Context, dealID uuid.UUID) (struct{}, error) {
	return struct{}{}, db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		now := c.now()
		reversed, err := c.q.ReverseCommissions(ctx, tx, query.ReverseCommissionsParams{DealID: dealID, Now: now})
		if err != nil {
			return fmt.Errorf("reverse the commissions of deal %s: %w", dealID, err)
		}
		if len(reversed) == 0 {
			return nil
		}
		return audit.Append(ctx, tx, now, did(ctx, "commission.reverse", dealID))
	})
}

func (c *Commissioning) now() time.Time { return c.clock.Now().Truncate(time.Microsecond) }

func did(ctx context.Context, action string, deal uuid.UUID) audit.Record {
	return audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: action, ResourceKind: "deal", ResourceID: deal.String(), Fields: []string{"commissions"}}
}
