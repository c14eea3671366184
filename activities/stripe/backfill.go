package stripe

import (
	"context"
	"errors"
	"time"

	stripego "github.com/stripe/stripe-go/v85"

	books "github.com/perdura/perdura/billing/stripe"
)

const (
	// pageSize is the most that Stripe lists at once.
	pageSize = 100
	// overlap is read again each time: an event may be listed later than one that was made after it.
	overlap = time.Hour
	// rest is how long Stripe is left alone, in real time, in which it lives whatever the clock of the house says.
	rest = time.Hour
)

// Backfill implements the contract of the same name. Stripe lists the newest first; the books take events in any order.
func (s *Stripe) Backfill(ctx context.Context, g Gap) (Filled, error) {
	if s.o.APIKey == "" {
		return Filled{State: Off}, nil
	}
	params := &stripego.EventListParams{Types: stripego.StringSlice(books.Types())}
	params.Limit = stripego.Int64(pageSize)
	params.Single = true
	if g.Since > 0 {
		params.CreatedRange = &stripego.RangeQueryParams{GreaterThanOrEqual: g.Since - int64(overlap.Seconds())}
	}
	if g.After != "" {
		params.StartingAfter = &g.After
	}
	list := s.client.V1Events.List(ctx, params)
	out := Filled{State: ThatsAll}
	for told, err := range list.All(ctx) {
		if err != nil {
			return Filled{}, failure("list", err)
		}
		out.Read++
		out.After, out.Newest = told.ID, max(out.Newest, told.Created)
		e := books.Event{ID: told.ID, Type: string(told.Type), Created: told.Created}
		e.Data.Object = told.Data.Raw
		taken, err := s.take(ctx, s.o.Clock.At, e)
		switch {
		case errors.Is(err, books.ErrGarbage):
			continue // the webhook would refuse it, too
		case err != nil:
			return Filled{}, err
		case taken.Reason != "":
			out.Waiting++
		}
		out.Booked += min(taken.Booked, 1)
	}
	if out.Booked > 0 {
		s.poke()
	}
	if list.Meta().HasMore {
		out.State = More
	} else {
		out.Next = s.o.Clock.Now().Add(s.o.Clock.Stretch(rest))
	}
	return out, nil
}
