package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
)

// person is somebody new every time, so that each lead takes the whole way.
type person struct {
	ID, first, last, company string
}

var syllables = []string{"ka", "lo", "mi", "ter", "san", "vu", "rod", "bel", "ni", "gor", "ash", "wen", "dru", "pol", "zim", "que"}

func somebody() person {
	word := func() string {
		w := ""
		for range 4 {
			w += syllables[rand.IntN(len(syllables))]
		}
		return w
	}
	return person{ID: uuid.NewString(), first: word(), last: word(), company: word()}
}

func (p person) email() string {
	return fmt.Sprintf("%s.%s.%s@%s.example", p.first, p.last, p.ID[:8], p.company)
}

// lead is what Perdura takes.
func (p person) lead() map[string]any {
	return map[string]any{
		"email": p.email(), "first_name": p.first, "last_name": p.last, "company": p.company,
		"source": "website", "channel": "form", "country": "ES", "language": "es", "message": "Please send me an offer.",
	}
}

// plain is what the others take.
func (p person) plain() map[string]any {
	return map[string]any{
		"id": p.ID, "email": p.email(), "name": p.first + " " + p.last, "company": p.company, "country": "ES", "message": "Please send me an offer.",
	}
}
