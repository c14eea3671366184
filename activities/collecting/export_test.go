package collecting

import "context"

// LookAt, WriteOff and CloseOff are the activities' code, for tests.
func (c *Collecting) LookAt(ctx context.Context, f File) (Standing, error) { return c.look(ctx, f) }

func (c *Collecting) WriteOff(ctx context.Context, l Loss) (Written, error) {
	return c.writeOff(ctx, l)
}

func (c *Collecting) CloseOff(ctx context.Context, e Ending) error {
	_, err := c.close(ctx, e)
	return err
}

func (c *Collecting) BreakOff(ctx context.Context, p Promise) (struct{}, error) {
	return c.breakPromise(ctx, p)
}

func (c *Collecting) ContestOff(ctx context.Context, d Dispute) (struct{}, error) {
	return c.contest(ctx, d)
}

func (c *Collecting) SettleOff(ctx context.Context, d Dispute) (struct{}, error) {
	return c.settle(ctx, d)
}
