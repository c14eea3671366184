package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// ending is how everything ended, one line for each deal, without ids and times: what must be the same whatever happened
// to the machines.
type ending []string

func (t *team) ended(b *books) ending {
	var lines ending
	for _, d := range t.deals {
		parts := []string{d.company, d.ending(), d.path(), d.stands.Amount.String(), fmt.Sprint(d.stands.Discount)}
		for _, a := range b.approvals[d.id] {
			parts = append(parts, "approval "+a.State)
		}
		for _, c := range b.contracts[d.id] {
			parts = append(parts, "contract "+c.State+" "+c.Amount.String())
		}
		var earned []string
		for _, row := range b.commissions[d.id] {
			earned = append(earned, d.who(row)+" "+row.Amount.String())
		}
		slices.Sort(earned)
		lines = append(lines, strings.Join(append(parts, earned...), ", "))
	}
	return lines
}

func (e ending) text() string { return strings.Join(e, "\n") + "\n" }

func (e ending) digest() string {
	sum := sha256.Sum256([]byte(e.text()))
	return hex.EncodeToString(sum[:])
}
