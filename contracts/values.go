package contracts

import (
	"maps"
	"slices"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/templates"
)

// Facts are what a contract may speak of. Zero values are missing; a discount is never missing.
type Facts struct {
	Seller           string
	CustomerName     string
	CustomerCompany  string
	CustomerEmail    string
	CustomerAddress  string
	OwnerName        string
	DealName         string
	Amount           money.Amount
	List             money.Amount
	DiscountPermille int
	CloseOn          time.Time
	Date             time.Time // of the contract
}

// variables by name, with how each is written in a language; an empty text is a missing value.
var variables = map[string]func(Facts, string) string{
	"seller.name":      func(f Facts, _ string) string { return f.Seller },
	"customer.name":    func(f Facts, _ string) string { return f.CustomerName },
	"customer.company": func(f Facts, _ string) string { return f.CustomerCompany },
	"customer.email":   func(f Facts, _ string) string { return f.CustomerEmail },
	"customer.address": func(f Facts, _ string) string { return f.CustomerAddress },
	"owner.name":       func(f Facts, _ string) string { return f.OwnerName },
	"deal.name":        func(f Facts, _ string) string { return f.DealName },
	"deal.amount":      func(f Facts, tag string) string { return amount(tag, f.Amount) },
	"deal.list_amount": func(f Facts, tag string) string { return amount(tag, f.List) },
	"deal.discount": func(f Facts, tag string) string {
		return message.NewPrinter(language.Make(tag)).Sprint(number.Percent(float64(f.DiscountPermille)/1000, number.MaxFractionDigits(1)))
	},
	"deal.close_on": func(f Facts, tag string) string { return templates.Write(tag, templates.Day, f.CloseOn) },
	"contract.date": func(f Facts, tag string) string { return templates.Write(tag, templates.Day, f.Date) },
}

// amount is empty for nothing: a contract about no money is not complete.
func amount(tag string, a money.Amount) string {
	if a.Minor == 0 {
		return ""
	}
	return templates.Write(tag, templates.Amount, templates.Money{Minor: a.Minor, Currency: a.Currency})
}

// Variables lists the names of everything that a template may speak of.
func Variables() []string { return slices.Sorted(maps.Keys(variables)) }

// Missing lists the variables that the template speaks of and that have no value, sorted.
func (t Template) Missing(f Facts) []string {
	var names []string
	for _, text := range t.texts() {
		for _, name := range spoken(text) {
			if write, known := variables[name]; !known || write(f, t.Language) == "" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (t Template) texts() []string {
	texts := []string{t.Title}
	for _, c := range t.Clauses {
		texts = append(texts, c.Heading, c.Text)
	}
	return texts
}

// fill puts the values into a text of the template.
func (t Template) fill(text string, f Facts) string {
	return printable(slot.ReplaceAllStringFunc(text, func(m string) string {
		write, known := variables[slot.FindStringSubmatch(m)[1]]
		if !known {
			return ""
		}
		return write(f, t.Language)
	}))
}
