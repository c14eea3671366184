package main

import "github.com/perdura/perdura/money"

// turn is what is special about a deal.
type turn string

const (
	ordinary   turn = ""
	refused    turn = "the manager refuses the first discount"
	expires    turn = "the customer never signs"
	declines   turn = "the customer declines"
	early      turn = "lost before a proposal"
	stumbles   turn = "moves on before its time"
	refunds    turn = "the customer gets money back"
	bandMiddle      = 80 // thousandths: a discount that needs nobody
)

// role is what somebody plays in one of the ten deals: who buys, for how much, at which discount in thousandths, and what
// is special about it. Whatever is outside the band of the standard pipeline (100) the manager decides on.
type role struct {
	first, company string
	list           int64 // in cents
	discount       int
	turn           turn
}

var cast = []role{
	{"Ada", "Bakery", 420_000, 0, ordinary},
	{"Ben", "Brewery", 800_000, 50, ordinary},
	{"Cleo", "Dairy", 650_000, bandMiddle, refunds},
	{"Dan", "Foundry", 900_000, 200, ordinary},
	{"Eva", "Garage", 1_200_000, 250, ordinary},
	{"Finn", "Hotel", 330_000, 0, stumbles},
	{"Gus", "Library", 750_000, 300, refused},
	{"Hana", "Nursery", 500_000, 50, expires},
	{"Ivo", "Observatory", 1_000_000, 100, declines},
	{"June", "Pharmacy", 280_000, 0, early},
}

// want is how a deal of this kind ends: won, or lost for a reason.
func (r role) want() string {
	switch r.turn {
	case expires:
		return "lost: no-decision"
	case declines:
		return "lost: price"
	case early:
		return "lost: no-budget"
	}
	return "won"
}

// refund is what of a price the customer of a refund gets back.
func refund(price money.Amount) int64 { return price.Minor * 2 / 5 }

func euros(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "EUR"} }

// at is the price at a discount.
func (r role) at(discount int) int64 { return r.list * int64(1000-discount) / 1000 }
