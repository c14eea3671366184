package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/perdura/perdura/commission"
	"github.com/perdura/perdura/money"
)

// books are what the house keeps of the deals at the end, and what in them is not as it must be.
type books struct {
	after       forecast
	lost        int64
	plan        commission.Plan
	contracts   map[string][]contract // by deal, as all that follow
	approvals   map[string][]approval
	commissions map[string][]earning
	letters     map[string][]letter
	mails       map[string][]mail
	wrong       []string
}

// earning is one row of the commissions.
type earning struct {
	User   uuid.UUID    `json:"user"`
	Kind   string       `json:"kind"`
	Amount money.Amount `json:"amount"`
}

// letter is one row of the send ledger about a customer.
type letter struct {
	ID         string `json:"id"`
	Template   string `json:"template"`
	State      string `json:"state"`
	ProviderID string `json:"provider_id"`
}

// audit reads the books and holds them against each other.
func (t *team) audit(ctx context.Context) (*books, error) {
	b := &books{contracts: map[string][]contract{}, approvals: map[string][]approval{}, commissions: map[string][]earning{},
		letters: map[string][]letter{}, mails: map[string][]mail{}}
	for _, d := range t.deals {
		if err := b.read(ctx, d); err != nil {
			return nil, err
		}
	}
	approvals, err := list[approval](ctx, t.house, "/v1/approvals")
	for _, a := range approvals {
		b.approvals[a.SubjectID] = append(b.approvals[a.SubjectID], a)
	}
	if err != nil {
		return nil, err
	}
	if b.after, err = t.forecast(ctx); err != nil {
		return nil, err
	}
	losses, err := get[struct {
		ByReason []struct {
			Amount money.Amount `json:"amount"`
		} `json:"by_reason"`
	}](ctx, t.house, "/v1/losses")
	for _, l := range losses.ByReason {
		b.lost += l.Amount.Minor
	}
	if err != nil {
		return nil, err
	}
	plan, err := get[struct{ Body commission.Plan }](ctx, t.house, "/v1/definitions/commission-plan/"+commission.Standard)
	if err != nil {
		return nil, err
	}
	b.plan = plan.Body
	b.checkSums(t)
	for _, d := range t.deals {
		b.checkEnding(d)
		b.checkCommissions(d)
		b.checkMail(d)
	}
	return b, b.checkRuns(ctx, t)
}

// read collects what there is about a deal.
func (b *books) read(ctx context.Context, d *deal) (err error) {
	if err := d.stand(ctx); err != nil {
		return err
	}
	if b.contracts[d.id], err = list[contract](ctx, d.house, "/v1/contracts", "deal", d.id); err != nil {
		return err
	}
	if b.commissions[d.id], err = list[earning](ctx, d.house, "/v1/commissions", "deal", d.id); err != nil {
		return err
	}
	if b.letters[d.id], err = list[letter](ctx, d.house, "/v1/messages", "contact", d.contact); err != nil {
		return err
	}
	b.mails[d.id], err = d.mails(ctx)
	return err
}

// must notes what is not as it must be.
func (b *books) must(right bool, format string, args ...any) {
	if !right {
		b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
	}
}

// verdict errs when something is not as it must be.
func (b *books) verdict() error {
	if len(b.wrong) > 0 {
		return errors.New("not everything is as it must be:\n  " + strings.Join(b.wrong, "\n  "))
	}
	fmt.Println("\nEverything is as it must be.")
	return nil
}

// checkSums holds forecast and losses against the deals, one by one.
func (b *books) checkSums(t *team) {
	var list, won, lost int64
	for _, d := range t.deals {
		list += d.list
		switch d.stands.State {
		case "won":
			won += d.stands.Amount.Minor
		case "lost":
			lost += d.stands.Amount.Minor
		}
	}
	open, before := b.after.open(), t.before.open()
	b.must(before.deals == len(t.deals) && before.minor == list, "at the beginning the forecast has %d deals of %s, of %s in all", before.deals, euros(before.minor), euros(list))
	b.must(open.deals == 0 && open.minor == 0, "at the end the forecast still has %d deals of %s", open.deals, euros(open.minor))
	b.must(b.after.won() == won, "the forecast says that %s were won, the deals say %s", euros(b.after.won()), euros(won))
	b.must(b.lost == lost, "the losses are %s, by the deals %s", euros(b.lost), euros(lost))
}

// checkEnding looks at one deal, its contracts and its approvals.
func (b *books) checkEnding(d *deal) {
	b.must(d.ending() == d.want(), "%s: %s, instead of %s", d.company, d.ending(), d.want())
	var contracts, approvals, wanted []string
	for _, c := range b.contracts[d.id] {
		contracts = append(contracts, c.State)
		b.must(c.Amount == d.stands.Amount, "%s: the contract is about %s, the deal about %s", d.company, c.Amount, d.stands.Amount)
	}
	switch {
	case d.stands.State == "won":
		wanted = []string{"in-force"}
	case d.turn == expires:
		wanted = []string{"expired"}
	case d.turn == declines:
		wanted = []string{"declined"}
	}
	b.must(slices.Equal(contracts, wanted), "%s: its contracts are %v, instead of %v", d.company, contracts, wanted)
	for _, a := range b.approvals[d.id] {
		approvals = append(approvals, a.State)
	}
	wanted = nil
	if d.turn == refused {
		wanted = []string{"rejected"}
	} else if d.discount > band {
		wanted = []string{"approved"}
	}
	b.must(slices.Equal(approvals, wanted), "%s: its approvals are %v, instead of %v", d.company, approvals, wanted)
}
