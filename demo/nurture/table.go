package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// tell prints what happened to everybody and why, and how the books stand.
func (t *town) tell(out io.Writer, b *books) {
	mine := map[string][]entry{}
	for _, e := range b.ledger {
		mine[e.Contact] = append(mine[e.Contact], e)
	}
	fmt.Fprintf(out, "\n%-4s %-3s %-40s %5s %6s  %-14s %s\n", "lead", "in", "habit", "mails", "opened", "journey", "why")
	endings := map[string]map[habit]int{}
	for _, p := range t.people {
		ending, why := b.fate(p, mine[p.contact])
		if endings[ending] == nil {
			endings[ending] = map[habit]int{}
		}
		endings[ending][p.habit]++
		row := fmt.Sprintf("%-4d %-3s %-40s %5d %6d  %-14s %s", p.number, p.country, p.habit, p.received, p.opened, ending, why)
		fmt.Fprintln(out, strings.TrimRight(row, " "))
	}
	fmt.Fprintf(out, "\nHow the journeys stand after the month:\n")
	names := make([]string, 0, len(endings))
	for name := range endings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		total, parts := 0, []string{}
		for h, n := range endings[name] {
			total += n
			parts = append(parts, fmt.Sprintf("%d × %s", n, h))
		}
		slices.Sort(parts)
		fmt.Fprintf(out, "  %-14s %3d   %s\n", name, total, strings.Join(parts, ", "))
	}
	fmt.Fprintf(out, "\nWhat the policy gate and the providers answered: %s\n", b.answers())
	fmt.Fprintf(out, "Ledger against outbox: %d messages sent, %d lost, %d sent twice, %d not in the ledger, %d in doubt\n",
		b.sent, len(b.lost), len(b.twice), len(b.unbooked), b.doubtful)
}

// fate says how somebody's journey stands, and the last reason that the ledger or the run gives for it.
func (b *books) fate(p *person, messages []entry) (ending, why string) {
	runs := b.journeys[p.contact]
	if len(runs) == 0 {
		return "not nurtured", "no journey began"
	}
	last := runs[0]
	ending = cmp.Or(last.Outcome, "goes on")
	if last.Outcome == "" {
		why = cmp.Or(last.Step, "on its way")
	}
	refused := map[string]int{}
	for _, m := range messages {
		if m.Reason != "" {
			refused[m.State+" "+m.Reason]++
		}
	}
	var notes []string
	for reason, n := range refused {
		notes = append(notes, fmt.Sprintf("%s ×%d", reason, n))
	}
	slices.Sort(notes)
	if len(notes) > 0 {
		why = strings.TrimPrefix(why+"; the ledger: "+strings.Join(notes, ", "), "; ")
	}
	return ending, why
}

// answers counts the ledger's rows by state and reason.
func (b *books) answers() string {
	count := map[string]int{}
	for _, e := range b.ledger {
		count[strings.TrimSpace(e.State+" "+e.Reason)]++
	}
	var lines []string
	for what, n := range count {
		lines = append(lines, fmt.Sprintf("%d %s", n, what))
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}
