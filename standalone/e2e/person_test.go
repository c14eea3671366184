package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
)

// person is somebody who shows interest. Every one is new: no two resemble each other.
type person struct {
	first, last, company, email, phone string
}

// phones counts the numbers given out. The range is one that is never given to anybody (Ofcom, numbers for drama use).
var phones atomic.Int64

func newPerson() person {
	p := person{first: word(6), last: word(9), company: word(10)}
	p.email = p.first + "." + p.last + "@" + p.company + ".example.com"
	return p
}

// reachable is a new person with a telephone.
func reachable() person {
	p := newPerson()
	p.phone = fmt.Sprintf("+447700900%03d", phones.Add(1)%1000)
	return p
}

// word is made-up and pronounceable, n letters long.
func word(n int) string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	letters := make([]byte, n)
	for i := range letters {
		set := consonants
		if i%2 == 1 {
			set = vowels
		}
		letters[i] = set[rand.IntN(len(set))]
	}
	letters[0] -= 'a' - 'A'
	return string(letters)
}

// submission is what a form sends about a person.
type submission map[string]any

// fills in the form: one that is scored high.
func (p person) fills(channel string) submission {
	s := submission{
		"first_name": p.first, "last_name": p.last, "company": p.company, "email": p.email,
		"source": "website", "channel": channel, "country": "GB",
		"message": "We would like to see a demonstration and a price for forty people.",
	}
	if p.phone != "" {
		s["phone"] = p.phone
	}
	return s
}

func (s submission) with(field string, value any) submission {
	changed := submission{field: value}
	for name, v := range s {
		if name != field {
			changed[name] = v
		}
	}
	return changed
}

func (s submission) without(field string) submission {
	changed := submission{}
	for name, v := range s {
		if name != field {
			changed[name] = v
		}
	}
	return changed
}
