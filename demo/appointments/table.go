package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/perdura/perdura/process/calendar"
)

// short are the templates in a word.
var short = strings.NewReplacer("appointment-", "")

// tell prints who got what, when they got it by their own clock, and why.
func (p *play) tell(out io.Writer, b *books) {
	fmt.Fprintf(out, "\n%-3s %-42s %-20s %-17s %-11s %s\n", "who", "what they do", "where", "appointment", "ended", "what they got (local time; r: due)")
	for _, v := range b.visits {
		zone, err := calendar.LoadZone(v.person.zone)
		if err != nil {
			zone = time.UTC
		}
		var got []string
		for _, l := range b.about(v) {
			word := short.Replace(l.Template) + " " + l.SentAt.In(zone).Format("Mon 15:04")
			if l.Template == "appointment-reminder" && l.start.Equal(v.Start) {
				word += " (r: " + v.reminds.In(zone).Format("15:04 MST") + ")"
			}
			if l.sequence != "" {
				word += " v" + l.sequence
			}
			got = append(got, word)
		}
		fmt.Fprintf(out, "%-3d %-42s %-20s %-17s %-11s %s\n", v.person.number, v.person.role, v.person.zone, v.Start.In(zone).Format("Mon 15:04 MST"), v.State, strings.Join(got, ", "))
	}
}

// verdict prints what was checked, and errs when something is not as it must be.
func (p *play) verdict(out io.Writer, b *books) error {
	refused := map[string]int{}
	for _, e := range b.ledger {
		if e.State != "sent" {
			refused[strings.TrimSpace(e.State+" "+e.Reason)]++
		}
	}
	fmt.Fprintf(out, "\nThe race: %d clients, %d × 201, %d × 409. Appointments: %d, nobody gives two at a time.\n", racers, p.raced[201], p.raced[409], len(b.all))
	fmt.Fprintf(out, "Ledger against outbox: %d messages sent; not sent: %v.\n", b.sent, refused)
	if len(b.problems) == 0 {
		fmt.Fprintln(out, "All is as it must be: no word about an old time after a change, each reminder once and by the clock where the person is.")
		return nil
	}
	for _, problem := range b.problems {
		fmt.Fprintln(out, "WRONG:", problem)
	}
	return errors.New("not all is as it must be")
}
