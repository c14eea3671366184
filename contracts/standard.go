package contracts

import "github.com/perdura/perdura/definitions"

var standard = Template{
	Language: "en", Title: "Contract of supply", Valid: "14d", Countersign: "5d", Reminders: []definitions.Span{"2d", "5d"},
	Clauses: []Clause{
		{"Subject", "{{seller.name}} (the Supplier) supplies to {{customer.company}}, represented by {{customer.name}} (the Customer), what was offered as “{{deal.name}}”."},
		{"Price", "The price is {{deal.amount}}. It is lowered by {{deal.discount}} from the list price of {{deal.list_amount}}, and does not include taxes that the law adds.\n\nThe price is due within 30 days of the invoice."},
		{"Time of supply", "The Supplier supplies until {{deal.close_on}}, unless the parties agree on another day in writing."},
		{"Warranty and liability", "What is defective is mended or supplied anew within a reasonable time. Either party is liable for what it causes by intent or gross negligence; the liability that the law prescribes for injury to persons is not limited."},
		{"Confidentiality", "Each party keeps to itself what it learns of the other’s business in carrying out this contract."},
		{"Form", "This contract is signed electronically. Each party receives the document together with the record of how it was signed. Changes need the same form."},
	},
}
