package delivery

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/perdura/perdura/templates"
)

// accountFacts adds what a message about an account may speak of, as the books have it now. Where they have changed since
// the message was decided on, its fence keeps it from leaving.
func (c *Core) accountFacts(ctx context.Context, contact uuid.UUID, v templates.Values) error {
	if c.books == nil || contact == uuid.Nil {
		return nil
	}
	a, err := c.books.Account(ctx, c.pool, c.now(), contact, nil)
	if err != nil {
		return fmt.Errorf("look up what an account holds: %w", err)
	}
	if due, since, numbers := a.Told(); due.Minor > 0 {
		v["account.due"], v["account.since"] = templates.Money{Minor: due.Minor, Currency: due.Currency}, since
		if numbers != "" {
			v["account.invoices"] = numbers
		}
	}
	if a.Credit.Minor > 0 {
		v["account.credit"] = templates.Money{Minor: a.Credit.Minor, Currency: a.Credit.Currency}
	}
	return nil
}
