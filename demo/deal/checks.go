package main

import (
	"context"
	"strings"
)

// checkCommissions holds the rows of a deal against the plan: nine parts for the owner, one for the manager. The prices are
// such that nothing has to be rounded, and that no tier is reached.
func (b *books) checkCommissions(d *deal) {
	want := map[string]int64{}
	if d.stands.State == "won" {
		total := d.stands.Amount.Minor * int64(b.plan.RateBP) / 10_000
		want["earned owner"], want["earned manager"] = total*9/10, total/10
	}
	if d.turn == refunds {
		for _, who := range []string{" owner", " manager"} {
			want["clawed-back"+who] = -want["earned"+who] * refund(d.stands.Amount) / d.stands.Amount.Minor
		}
	}
	got := map[string]int64{}
	for _, row := range b.commissions[d.id] {
		who := d.who(row)
		_, twice := got[who]
		b.must(!twice, "%s: two rows %s", d.company, who)
		got[who] += row.Amount.Minor
	}
	b.must(len(got) == len(want), "%s: there are %d rows of commission, instead of %d", d.company, len(got), len(want))
	for who, minor := range want {
		b.must(got[who] == minor, "%s: %s is %s, by the plan %s", d.company, who, euros(got[who]), euros(minor))
	}
}

// who tells what a row is, and for whom.
func (d *deal) who(row earning) string {
	switch row.User {
	case d.owner:
		return row.Kind + " owner"
	case d.manager:
		return row.Kind + " manager"
	}
	return row.Kind + " somebody else"
}

// checkMail holds what the ledger says was sent to the customer against what came, message by message.
func (b *books) checkMail(d *deal) {
	arrived, templates := map[string]int{}, map[string]int{}
	for _, m := range b.mails[d.id] {
		id, _, _ := strings.Cut(strings.Trim(m.ProviderID, "<>"), "@")
		arrived[id]++
	}
	for _, l := range b.letters[d.id] {
		templates[l.Template]++
		n := arrived[l.ID]
		b.must(n <= 1, "%s: a mail (%s) came %d times", d.company, l.Template, n)
		b.must(l.State == "sent" && n == 1 || l.State == "unknown", "%s: a mail (%s) is %s and came %d times", d.company, l.Template, l.State, n)
		delete(arrived, l.ID)
	}
	b.must(len(arrived) == 0, "%s: %d mails came that the ledger does not know", d.company, len(arrived))
	inForce := 0
	for _, c := range b.contracts[d.id] {
		if c.State == "in-force" {
			inForce++
		}
	}
	b.must(templates["contract-invitation"] == len(b.contracts[d.id]), "%s: %d invitations for %d contracts", d.company, templates["contract-invitation"], len(b.contracts[d.id]))
	b.must(templates["contract-copy"] == inForce, "%s: %d copies of %d contracts in force", d.company, templates["contract-copy"], inForce)
}

// checkRuns waits until the processes have ended, and looks how: none may have failed or be left over.
func (b *books) checkRuns(ctx context.Context, t *team) error {
	type run struct {
		State   string `json:"state"`
		Outcome string `json:"outcome"`
	}
	for process, want := range map[string]map[string]int{
		"deal":                 {"won": 7, "lost": 3},
		"deal-closure":         {"won": 7, "lost": 1, "back": 2},
		"signature":            {"signed": 7, "declined": 1, "expired": 1},
		"deal-loss":            {"recycled": 3},
		"commission-claw-back": {"clawed-back": 1},
	} {
		got := map[string]int{}
		if err := wait(ctx, "the end of all runs of "+process, func() (bool, error) {
			runs, err := list[run](ctx, t.house, "/v1/processes/"+process+"/runs")
			clear(got)
			ended := 0
			for _, r := range runs {
				if r.State != "running" && r.State != "waiting" {
					ended++
					got[r.Outcome]++
				}
			}
			return ended == len(runs), err
		}); err != nil {
			return err
		}
		for outcome, n := range want {
			b.must(got[outcome] == n, "%d runs of %s ended %s, instead of %d", got[outcome], process, outcome, n)
			delete(got, outcome)
		}
		b.must(len(got) == 0, "some runs of %s ended otherwise: %v", process, got)
	}
	return nil
}
