package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/perdura/perdura/appointments"
)

// late is how much real time a reminder may take: a minute of the business is seven milliseconds here.
const late = 3 * time.Second

// wanted is how an appointment of a role must have ended, the first and the second.
var wanted = map[role][]string{
	keeps: {"held"}, kept: {"held"}, moves: {"held"}, movesTwice: {"held"}, cancels: {"cancelled"}, cancelsLate: {"cancelled"}, misses: {"no-show"},
	missesTwice: {"no-show", "no-show"}, rebooks: {"no-show", "held"}, travelsEast: {"held"}, travelsWest: {"held"}, atTheLastDay: {"held"},
}

// about are the letters about an appointment, in the order in which they left. One without an invitation is found by its time.
func (b *books) about(v *visit) (list []letter) {
	for _, l := range b.letters[v.person.email] {
		if l.uid == appointments.UID(v.ID) || l.uid == "" && b.missed(v.person, *l.SentAt) == v {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b letter) int { return a.SentAt.Compare(*b.SentAt) })
	return list
}

// missed is the appointment that a message without an invitation speaks of: the last that a person did not come to.
func (b *books) missed(who *person, at time.Time) (last *visit) {
	for _, v := range who.visits {
		if v.State == "no-show" && v.Start.Before(at) {
			last = v
		}
	}
	return last
}

// judge checks one appointment and what was said about it.
func (p *play) judge(b *books, v *visit) {
	who := fmt.Sprintf("customer %d (%s)", v.person.number, v.person.role)
	at := slices.Index(v.person.visits, v)
	if want := wanted[v.person.role]; at >= len(want) || want[at] != v.State {
		b.wrong("%s: appointment %d is %s, not %v", who, at+1, v.State, want)
	}
	reminders, last := 0, ""
	for _, l := range b.about(v) {
		if l.uid == "" {
			continue
		}
		if l.sequence < last {
			b.wrong("%s: an invitation of version %s came after %s", who, l.sequence, last)
		}
		last = l.sequence
		for _, c := range v.changes {
			if l.start.Equal(c.start) && l.SentAt.After(c.until) && l.method != "CANCEL" {
				b.wrong("%s: %s about %s left at %s, after that was changed at %s", who, l.Template, c.start, l.SentAt, c.until)
			}
		}
		if l.Template == "appointment-reminder" && l.start.Equal(v.Start) {
			reminders++
			if early, behind := v.reminds.Sub(*l.SentAt), l.SentAt.Sub(v.reminds); early > 0 || p.house.clock.Span(behind) > late {
				b.wrong("%s: the reminder was due at %s and left at %s", who, v.reminds, l.SentAt)
			}
		}
	}
	want := 1
	if v.reminds.IsZero() || v.person.role == cancels {
		want = 0
	}
	if reminders != want {
		b.wrong("%s: %d reminders of the appointment at %s instead of %d", who, reminders, v.Start, want)
	}
	if last != fmt.Sprint(len(v.changes)) {
		b.wrong("%s: the last invitation has version %q after %d changes", who, last, len(v.changes))
	}
}
