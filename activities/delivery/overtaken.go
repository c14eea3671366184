package delivery

import "context"

// Overtaken is the reason of a message that did not leave because what it speaks of changed meanwhile.
const Overtaken = "overtaken"

// unlessOvertaken hands a message over while nothing can change what it speaks of: a change that is committed before is
// seen here, and one that comes during the provider's call waits for its end. handOver releases as soon as the provider
// has answered: what it settles may itself be such a change.
func (c *Core) unlessOvertaken(ctx context.Context, o Order, row *entry, handOver func(release func()) (Receipt, error)) (Receipt, error) {
	stands, release, err := c.fences.Hold(ctx, o.Fence)
	if err != nil {
		return Receipt{}, err
	}
	defer release()
	if stands {
		return handOver(release)
	}
	if row.State == Unknown || row.HandedAt != nil { // it may have left before the change
		return c.leaveUnknown(ctx, row)
	}
	if err := c.Withdraw(ctx, Withdrawal{Key: o.Key, MessageID: row.ID, Reason: Overtaken}); err != nil {
		return Receipt{}, err
	}
	row.State, row.Reason = withdrawn, Overtaken
	return receiptOf(row), nil
}
